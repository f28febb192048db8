# SPDX-License-Identifier: ISC
"""xc model shrink."""

from ..chosen import add_place, check_params, choose, paths, seed_of
from ..errors import NoKvm, OptionError
from ..pool import Signals
from ..progress import Progress
from ..run import Stopped, case_command, run_case, shell
from ..table import list_cases
from ..values import (APICS, checked, parse_param, parse_positive, parse_seconds, parse_seed,
                      parse_words)
from .shrink import ALL, STEPS, mask_of, shrink

NAME = "model"
HELP = "cases that hold the kernel against a model: a round that fails, made small"
RED = ("fail", "crash", "hang")
ROUNDS = 100
OWN = ("rounds", "round", "keep")  # parameters that we set


def add_commands(commands):
    small = commands.add_parser("shrink", help="find a round that fails, and leave out all steps "
                                "that it does not need", allow_abbrev=False)
    small.add_argument("case", metavar="CASE")
    small.add_argument("--seed", type=checked(parse_seed), metavar="N",
                       help="default: drawn, and told")
    small.add_argument("--round", type=checked(parse_seed), metavar="N",
                       help="this round (default: the first that fails)")
    small.add_argument("--rounds", type=checked(parse_positive), metavar="N", default=ROUNDS,
                       help=f"rounds to look at (default: {ROUNDS})")
    small.add_argument("--tries", type=checked(parse_positive), metavar="N", default=1,
                       help="a sequence fails if it does in one of N runs (default: 1)")
    small.add_argument("--vcpus", type=checked(parse_positive), metavar="N", default=4)
    small.add_argument("--apic", type=checked(parse_words(APICS)), metavar="MODEL")
    small.add_argument("--param", type=checked(parse_param), metavar="NAME=VALUE",
                       action="append", default=[], help="a case parameter; repeatable")
    small.add_argument("--timeout", type=checked(parse_seconds), metavar="SECONDS", default=10,
                       help="from then on a run hangs (default: 10)")
    add_place(small)
    small.add_argument("-q", "--quiet", action="store_true", help="no progress")
    small.set_defaults(main=run_shrink)


class Round:
    """Runs of one case, a round and some of its steps each."""

    def __init__(self, options, xcvm, image, seed, signals):
        self.options, self.xcvm, self.image = options, xcvm, image
        self.seed, self.signals = seed, signals
        self.runs, self.said = 0, ""

    def _how(self, number, keep):
        params = [*self.options.param, ("round", number)]
        if keep != ALL:
            params.append(("keep", keep))
        return params

    def command(self, number, keep):
        return case_command(self.xcvm, self.image, self.options.case, self.options.vcpus,
                            self.seed, params=self._how(number, keep), apic=self._apic())

    def _apic(self):
        return self.options.apic[0] if self.options.apic else None

    def run(self, number, keep=ALL):
        """The Result of one run.  Raises Stopped, NoKvm, OptionError."""
        self.runs += 1
        result = run_case(self.xcvm, self.image, self.options.case, self.options.vcpus, self.seed,
                          self.options.timeout, self._how(number, keep), apic=self._apic(),
                          stopped=lambda: self.signals.stop)
        if "nokvm" in (result.refused, result.verdict):
            raise NoKvm(result.reason or result.stderr.strip())
        if result.verdict not in (*RED, "pass"):
            raise OptionError(f"{self.options.case}, round {number}, keep {keep:#x}: "
                              f"{result.verdict}: {result.reason or result.stderr.strip()}")
        return result

    def seen(self, number, verdict, keep=ALL):
        """A Result with that verdict (None: any that is red) in as many tries as there are."""
        for _ in range(self.options.tries):
            result = self.run(number, keep)
            if result.verdict == verdict or (verdict is None and result.verdict in RED):
                return result
        return None


def _check(case):
    missing = [name for name in OWN if name not in case.params]
    if missing:
        raise OptionError(f"{case.name} has no parameter {missing[0]}: it is no case against a "
                          "model: name one such as model_ipi")


def _first(rounds, options):
    """(number, Result) of the round that fails, or None."""
    numbers = range(options.rounds) if options.round is None else [options.round]
    for number in numbers:
        rounds.said = f"round {number}"
        result = rounds.seen(number, None)
        if result is not None:
            return number, result
    return None


def _steps_told(result):
    """The steps, as the guest told them before each."""
    text = "".join(event["text"] for event in result.report.of("console"))
    return [line.strip() for line in text.splitlines() if line.startswith("\ton(")]


def _tell(rounds, number, steps, result):
    keep = mask_of(steps)
    told = _steps_told(result)
    print(f"{rounds.options.case}, seed {rounds.seed}, round {number}: {result.verdict}, with "
          f"{len(steps)} of {STEPS} steps, after {rounds.runs} runs:\n")
    for line in told:
        print(f"\t{line}")
    print()
    for check in result.report.of("check"):
        print(f"{check['file']}:{check['line']}: {check['expr']}: {check['message']}")
    print(f"{result.reason}\n\nagain: {shell(rounds.command(number, keep))}")


def run_shrink(options):
    xcvm, image = paths(options)
    for name, _ in options.param:
        if name in OWN:
            raise OptionError(f"--param {name}: is what this command looks for: say --round")
    case = choose(list_cases(xcvm, image), [options.case], image)
    if len(case) != 1:
        raise OptionError(f"{options.case}: matches {len(case)} cases: name one")
    options.case = case[0].name
    _check(case[0])
    check_params(options.param, case)
    seed = seed_of(options)
    with Signals() as signals:
        rounds = Round(options, xcvm, image, seed, signals)
        progress = Progress(lambda: f"{options.case}: {rounds.said}, {rounds.runs} runs",
                            quiet=options.quiet)
        try:
            return _shrink(rounds, options, progress)
        except Stopped:
            return 128 + signals.stop
        finally:
            progress.close()


def _shrink(rounds, options, progress):
    found = _first(rounds, options)
    if found is None:
        what = f"round {options.round}" if options.round is not None \
            else f"{options.rounds} rounds"
        print(f"{options.case}, seed {rounds.seed}: {what}, and none fails")
        return 0
    number, last = found

    def fails(steps):
        nonlocal last
        progress.tick()
        rounds.said = f"round {number}, {len(steps)} steps"
        result = rounds.seen(number, found[1].verdict, mask_of(steps))
        last = result or last
        return result is not None

    steps = shrink(fails)
    progress.close()
    _tell(rounds, number, steps, last)
    return 1
