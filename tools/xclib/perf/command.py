# SPDX-License-Identifier: ISC
"""xc perf: measure, tell, compare, draw, hand over."""

import os
import secrets
import sys

from ..chosen import check_params, choose, paths, seed_of
from ..errors import OptionError
from ..place import defaults
from ..pool import Signals
from ..progress import Progress, counted
from ..table import list_cases
from ..values import short
from . import compare as comparing
from . import options as opt
from . import text
from .export import run_export
from .gather import Context
from .measure import Build, Session
from .plot import run_html, run_plot
from .result import check_new, dump, load, write

NAME = "perf"
HELP = "what an interrupt and a cross-call cost, as distributions"

SAME_OR_BETTER, WORSE = 0, 1
MISSING = 1
CONDITIONS = {"icr_fence": "--fence", "budget_ms": "--budget"}


def add_commands(commands):
    for name, about, add, main in (
            ("run", "measure, into a result file", opt.add_measure, run_measure),
            ("report", "the tables of a result file", opt.add_report, run_report),
            ("compare", "whether B is another than A; code 1 when it is worse", opt.add_compare,
             run_compare),
            ("plot", "pictures of a result file", opt.add_plot, run_plot),
            ("html", "a result file as one page", opt.add_html, run_html),
            ("export", "in the forms that others read", opt.add_export, run_export)):
        command = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
        add(command)
        command.set_defaults(main=main)


def _cases(options, xcvm, image):
    """The chosen ones; without a choice, all that measure for as long as they are told to."""
    cases = list_cases(xcvm, image)
    if options.case:
        return choose(cases, options.case, image)
    found = [case for case in cases if case.kind == "bench" and "budget_ms" in case.params]
    if not found:
        raise OptionError(f"{image} holds no measurement")
    return found


def _common(options):
    """Parameters that hold for all measurements."""
    for name, option in CONDITIONS.items():
        if name in dict(options.param or []):
            raise OptionError(f"--param {name}: say {option}, which holds for all measurements")
    common = {"icr_fence": options.fence and int(options.fence == "on"),
              "budget_ms": options.budget}
    return {name: value for name, value in common.items() if value is not None}


def _build(options, xcvm, image, output, seed, session, prefix=""):
    """A Build, with all it measures."""
    cases, params = _cases(options, xcvm, image), options.param or []
    check_params(params, cases)
    check_new(output)
    xcvm, image = short(xcvm), short(image)
    build = Build(xcvm, image, output, Context(options, xcvm, image, seed, session), prefix)
    build.plan(cases, options.vcpus or opt.powers(), params, _common(options))
    if not build.items:
        raise OptionError("--vcpus: no chosen case runs with that many")
    return build


def _builds(options, seed):
    output = options.output or opt.default_output()
    session = secrets.token_hex(8)
    builds = [_build(options, *paths(options), output, seed, session)]
    if options.baseline:
        builds.append(_build(options, *map(os.path.abspath, defaults(options.baseline)),
                             options.baseline_output or opt.baseline_output(output), seed,
                             session, "baseline "))
    elif options.baseline_output:
        raise OptionError("--baseline-output: goes with --baseline alone")
    if len({os.path.abspath(build.output) for build in builds}) < len(builds):
        raise OptionError(f"--baseline-output {output}: is where the other result goes")
    return builds


def run_measure(options):
    seed = seed_of(options)
    options.repetitions = options.repetitions or (
        opt.BASELINE_REPETITIONS if options.baseline else opt.REPETITIONS)
    session = Session(_builds(options, seed), options, seed)
    progress = Progress(session.status, quiet=options.quiet)
    outputs = " and ".join(build.output for build in session.builds)
    progress.tell(f"{counted(sum(len(build.items) for build in session.builds), 'measurement')}, "
                  f"{counted(options.repetitions, 'repetition')}, seed {seed}; result: {outputs}")
    with Signals() as signals:
        try:
            session.run(signals, progress)
        finally:
            progress.close()
        if signals.stop:
            print("xc: stopped: nothing was kept", file=sys.stderr)
            return 128 + signals.stop
        return max([_keep(build) for build in session.builds])


def _keep(build):
    """Write the result file of a build; the exit code."""
    missing = [item.missing() for item in build.items if item.failed]
    for item in build.items:
        if item.failed:
            print(f"xc: {item.label}: {item.failed.verdict}: {item.failed.reason}",
                  file=sys.stderr)
    if len(missing) == len(build.items):
        print(f"xc: {build.output}: nothing could be measured, and nothing was kept",
              file=sys.stderr)
        return MISSING
    measured = [item.measured() for item in build.items if not item.failed]
    write(build.output, dump(build.context.finish(), measured, missing))
    print(f"{build.output}: {counted(len(measured), 'measurement')}"
          f"{f', {len(missing)} missing' if missing else ''}")
    return MISSING if missing else 0


def run_report(options):
    results = load(options.file)
    if text.scale_of(results, options.unit) is None:
        raise OptionError(f"--unit {options.unit}: {options.file} does not know the TSC's "
                          "frequency: leave it out")
    for line in text.report(results, options.only, options.unit, options.pairs):
        print(line)
    return 0


def run_compare(options):
    first, second = load(options.first), load(options.second)
    forced = comparing.check_alike(first, second, options.force)
    found = comparing.compare(first, second, options.only, options.margin, options.confidence)
    for line in text.comparison(first, second, found, forced, options.confidence, options.all):
        print(line)
    return WORSE if found.worse else SAME_OR_BETTER
