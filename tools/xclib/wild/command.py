# SPDX-License-Identifier: ISC
"""xc wild run, xc wild report."""

import os
from pathlib import Path

from ..chosen import seed_of
from ..errors import OptionError
from ..place import defaults, digest
from ..pool import Signals
from ..progress import Progress
from ..store import Store, StoreError, load
from ..values import checked, parse_positive, parse_seed
from .build import IMAGES, ROOT, check_checkout
from .draw import draw
from .engine import Engine, all_mistakes, files_of
from .rules import RULES
from .text import told
from .trial import LUCKY, SURVIVED

NAME = "wild"
HELP = "mistakes made by rule in the guest's source: which of them the suite sees"
FILES = ("guest/kern/*.c", "guest/arch/x86_64/*.c")
COUNT = 200


def add_commands(commands):
    run = commands.add_parser("run", help="make mistakes, and run the cases over each",
                              allow_abbrev=False)
    run.add_argument("--count", type=checked(parse_positive), metavar="N", default=COUNT,
                     help=f"mistakes that change code (default: {COUNT})")
    run.add_argument("--seed", type=checked(parse_seed), metavar="N",
                     help="default: drawn, and told")
    run.add_argument("--vcpus", type=checked(parse_positive), metavar="N", default=4,
                     help="of the multiprocessor image (default: 4)")
    run.add_argument("--files", metavar="GLOB", action="append",
                     help=f"source to change; repeatable (default: {' '.join(FILES)})")
    run.add_argument("--cases", metavar="GLOB", action="append",
                     help="cases to run; repeatable (default: all but benchmarks)")
    run.add_argument("--rules", metavar="RULE[,RULE...]",
                     help=f"default: all of {', '.join(RULES)}")
    run.add_argument("--no-reach", action="store_true", help="do not look first what each case "
                     "reaches: all are run over each mistake, the quickest first")
    run.add_argument("--all", action="store_true", help="run each case that reaches the changed "
                     "function, once, and not only until one sees it: which sees what alone")
    run.add_argument("-o", "--output", metavar="FILE", help="the result file")
    run.add_argument("--resume", metavar="FILE", help="go on with a result file")
    run.add_argument("--left", metavar="FILE", help="only the mistakes that were not killed in "
                     "that result file, over the cases as they are now")
    run.add_argument("--build", metavar="DIR", help="build directory with xcvm and the images")
    run.add_argument("-j", "--jobs", type=checked(parse_positive), metavar="N",
                     default=os.cpu_count() or 1, help="at once (default: one a CPU)")
    run.add_argument("-q", "--quiet", action="store_true", help="no progress")
    run.set_defaults(main=run_wild)
    report = commands.add_parser("report", help="the tables of result files", allow_abbrev=False)
    report.add_argument("files", metavar="FILE", nargs="+")
    report.set_defaults(main=run_report)


def _rules(options):
    names = options.rules.split(",") if options.rules else list(RULES)
    for name in names:
        if name not in RULES:
            raise OptionError(f"--rules {name}: there is no such rule; there are "
                              f"{', '.join(RULES)}")
    return names


def _check_files(path, header):
    for file, was in header["files"].items():
        if digest(ROOT / file) != was:
            raise StoreError(f"{path}: {file} has changed since: begin anew")


def _begin_left(options, build):
    """What another run has left over; its seed, files and rules say which mistakes they are."""
    header, rows = load(options.left)
    if header.get("tool") != "wild":
        raise StoreError(f"{options.left}: is no result file of xc wild")
    _check_files(options.left, header)
    left = [row["n"] for row in rows if row["outcome"] in (LUCKY, SURVIVED)]
    if not left:
        raise OptionError(f"--left {options.left}: all mistakes were killed")
    header = {key: value for key, value in header.items() if key not in ("record", "format")}
    return Store.create(options.output or f"xc-wild-{header['seed']}-left.jsonl",
                        {**header, "only": left, "build": str(build)})


def _begin(options, build):
    if options.all and options.no_reach:
        raise OptionError("--all: goes by what each case reaches: leave --no-reach out")
    if options.left:
        return _begin_left(options, build)
    files = files_of(options.files or FILES)
    if not files:
        raise OptionError(f"--files {' '.join(options.files)}: no C file of the checkout matches")
    header = {"tool": "wild", "seed": seed_of(options), "vcpus": options.vcpus,
              "files": {file: digest(ROOT / file) for file in files}, "rules": _rules(options),
              "cases": options.cases or ["*"],
              "reach": not options.no_reach, "all": options.all,
              "build": str(build)}
    return Store.create(options.output or f"xc-wild-{header['seed']}.jsonl", header)


def _open(options, build):
    if not options.resume:
        return _begin(options, build)
    store = Store.resume(options.resume)
    if store.header.get("tool") != "wild":
        raise StoreError(f"{options.resume}: is no result file of xc wild")
    _check_files(options.resume, store.header)
    return store


def run_wild(options):
    check_checkout()
    xcvm, image = defaults(options.build)
    build = Path(image).parent.resolve()
    for path in (xcvm, *(build / name for name, _ in IMAGES)):
        if not Path(path).exists():
            raise OptionError(f"{path}: is not there: run `make` first, or give --build")
    with Signals() as signals:
        store = _open(options, build)
        try:
            _drive(options, store, xcvm, signals)
        finally:
            store.close()
    for line in told(store.header, store.rows):
        print(line)
    print(f"\n{store.path}" + ("  (stopped: go on with --resume)" if signals.stop else ""))
    return 128 + signals.stop if signals.stop else 0


def _drive(options, store, xcvm, signals):
    header = store.header
    found, spans = all_mistakes(header["files"])
    known = {row["n"] for row in store.rows}
    waiting = [(number, mistake) for number, mistake in enumerate(draw(
        [mistake for mistake in found if mistake.rule in header["rules"]], header["seed"]))
        if number not in known and ("only" not in header or number in header["only"])]
    engine = Engine(store, os.path.abspath(xcvm), waiting, spans,
                    min(options.count, len(header.get("only", waiting))))
    progress = Progress(engine.status, quiet=options.quiet)
    try:
        engine.run(options.jobs, signals, progress)
    finally:
        progress.close()


def run_report(options):
    for number, path in enumerate(options.files):
        header, rows = load(path)
        if number:
            print()
        for line in told(header, rows):
            print(line)
    return 0
