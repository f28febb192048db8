# SPDX-License-Identifier: ISC
"""xc perf: measure, tell, compare, draw, hand over."""

import sys

from ..chosen import check_params, choose, paths, seed_of
from ..errors import OptionError
from ..pool import Signals
from ..progress import Progress, counted
from ..table import list_cases
from ..values import short
from . import compare as comparing
from . import options as opt
from . import text
from .export import run_export
from .gather import Context
from .measure import Session, plan
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


def run_measure(options):
    xcvm, image = paths(options)
    cases = _cases(options, xcvm, image)
    params = options.param or []
    check_params(params, cases)
    for name, option in CONDITIONS.items():
        if name in dict(params):
            raise OptionError(f"--param {name}: say {option}, which holds for all measurements")
    common = {}
    if options.fence:
        common["icr_fence"] = int(options.fence == "on")
    if options.budget:
        common["budget_ms"] = options.budget
    items = plan(cases, options.vcpus or opt.powers(), params, common)
    if not items:
        raise OptionError("--vcpus: no chosen case runs with that many")
    output = options.output or opt.default_output()
    check_new(output)
    seed = seed_of(options)
    xcvm, image = short(xcvm), short(image)
    session = Session(items, options, xcvm, image, seed, Context(options, xcvm, image, seed))
    progress = Progress(session.status, quiet=options.quiet)
    progress.tell(f"{counted(len(items), 'measurement')}, "
                  f"{counted(options.repetitions, 'repetition')}, seed {seed}; result: {output}")
    with Signals() as signals:
        try:
            session.run(signals, progress)
        finally:
            progress.close()
        if signals.stop:
            print("xc: stopped: nothing was kept", file=sys.stderr)
            return 128 + signals.stop
        return _keep(session, output)


def _keep(session, output):
    """Write the result file; the exit code."""
    missing = [item.missing() for item in session.items if item.failed]
    for one in missing:
        print(f"xc: {one['case']}[{one['vcpus']}]: {one['verdict']}: {one['reason']}",
              file=sys.stderr)
    if len(missing) == len(session.items):
        print("xc: nothing could be measured, and nothing was kept", file=sys.stderr)
        return MISSING
    measured = [item.measured() for item in session.items if not item.failed]
    write(output, dump(session.context.finish(), measured, missing))
    print(f"{output}: {counted(len(measured), 'measurement')}"
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
    figures = comparing.compare(first, second, options.only, options.margin, options.confidence)
    for line in text.comparison(first, second, figures, forced, options.confidence, options.all):
        print(line)
    return WORSE if any(one.verdict == comparing.WORSE for one in figures) else SAME_OR_BETTER
