# SPDX-License-Identifier: ISC
"""xc explore run, xc explore replay, xc explore report."""

import os
import subprocess
from pathlib import Path

from ..chosen import check_params, choose, seed_of
from ..errors import OptionError
from ..place import defaults, digest
from ..pool import Pool, Signals
from ..progress import Progress
from ..store import Store, StoreError, load
from ..table import list_cases
from ..values import checked, parse_duration, parse_param, parse_positive, parse_seed
from .engine import GOOD, Engine
from .plan import DEFAULT, MODELS, OURS, parse_strategies, units
from .text import told

NAME = "explore"
HELP = "orders of cases on the model machine: find one that fails, and replay it"
CASES = ("explore_*",)
IMAGE = "xcguest-explore.elf"
FOUND = 1


def _add_place(parser):
    parser.add_argument("--build", metavar="DIR", help="build directory with xcvm and the image")
    parser.add_argument("--xcvm", metavar="PATH", help="the VMM")
    parser.add_argument("--image", metavar="PATH", help=f"default: {IMAGE} beside it")


def add_commands(commands):
    run = commands.add_parser("run", help="explore the orders of cases", allow_abbrev=False)
    run.add_argument("case", metavar="CASE", nargs="*",
                     help=f"a case, or a pattern (default: {' '.join(CASES)})")
    run.add_argument("--model", choices=MODELS, help="memory model (default: tso)")
    run.add_argument("--strategy", type=checked(parse_strategies), metavar="LIST",
                     help=f"out of random, pct:D, delay:D, freeze (default: {DEFAULT})")
    run.add_argument("--budget", type=checked(parse_duration), metavar="TIME",
                     help="for all together, wall clock (default: 60s)")
    run.add_argument("--cpus", type=checked(parse_positive), metavar="N",
                     help="model CPUs (default: as few as the case wants, 2 at least)")
    run.add_argument("--param", type=checked(parse_param), metavar="NAME=V", action="append",
                     help="a case parameter; repeatable")
    run.add_argument("--seed", type=checked(parse_seed), metavar="N",
                     help="default: drawn, and told")
    run.add_argument("-j", "--jobs", type=checked(parse_positive), metavar="N",
                     default=os.cpu_count() or 1, help="at once (default: one a CPU)")
    run.add_argument("-o", "--output", metavar="FILE", help="the result file")
    run.add_argument("--resume", metavar="FILE", help="go on with a result file")
    run.add_argument("--brief", action="store_true",
                     help="at the end tell only of cases that can fail, and the totals")
    run.add_argument("-q", "--quiet", action="store_true", help="no progress")
    _add_place(run)
    run.set_defaults(main=run_explore)
    replay = commands.add_parser("replay", help="the order of a schedule, again, and shown",
                                 allow_abbrev=False)
    replay.add_argument("schedule", metavar="FILE")
    replay.add_argument("--continue", dest="prefix", action="store_true",
                        help="of another build: as far as it fits")
    _add_place(replay)
    replay.set_defaults(main=run_replay)
    report = commands.add_parser("report", help="what a result file says", allow_abbrev=False)
    report.add_argument("files", metavar="FILE", nargs="+")
    report.set_defaults(main=run_report)


def _paths(options, header=None):
    xcvm, image = defaults(options.build)
    if header and options.build is None:
        xcvm, image = header["xcvm"], header["image"]
    else:
        image = image.with_name(IMAGE)
    found = os.path.abspath(options.xcvm or xcvm), os.path.abspath(options.image or image)
    for path in found:
        if not Path(path).exists():
            raise OptionError(f"{path}: is not there: run `make` first, or give --build")
    return found


def _begin(options, xcvm, image):
    for name, _ in options.param or []:
        if name in OURS:
            raise OptionError(f"--param {name}: is for xc to say: see --model, --strategy and "
                              "--budget")
    if options.seed is None:
        options.seed = seed_of(options)
    header = {"tool": "explore", "seed": options.seed, "model": options.model or "tso",
              "strategies": ",".join(map(str, options.strategy or parse_strategies(DEFAULT))),
              "budget": options.budget or 60, "cpus": options.cpus,
              "params": options.param or [], "cases": options.case or list(CASES),
              "jobs": options.jobs, "xcvm": xcvm, "image": image, "digest": digest(image)}
    return Store.create(options.output or f"xc-explore-{options.seed}.jsonl", header)


def _open(options):
    if not options.resume:
        return _begin(options, *_paths(options))
    for name in ("case", "model", "strategy", "budget", "cpus", "param", "seed"):
        if getattr(options, name) not in (None, []):
            raise OptionError(f"{name if name == 'case' else '--' + name}: decided when "
                              f"{options.resume} was begun: leave it out")
    store = Store.resume(options.resume)
    if store.header.get("tool") != "explore":
        raise StoreError(f"{options.resume}: is no result file of xc explore")
    if digest(_paths(options, store.header)[1]) != store.header["digest"]:
        raise StoreError(f"{options.resume}: the image is another one since: begin anew")
    return store


def _drive(options, store, signals):
    header = store.header
    xcvm, image = _paths(options, header)
    cases = choose(list_cases(xcvm, image), header["cases"], image)
    check_params([tuple(param) for param in header["params"]], cases)
    known = [row["unit"] for row in store.rows]
    chosen = units(cases, header["cpus"], parse_strategies(header["strategies"]),
                   header["budget"], header["jobs"])
    if not chosen:
        raise OptionError(f"--cpus {header['cpus']}: none of the cases takes that many")
    waiting = [unit for unit in chosen if unit.key not in known]
    engine = Engine(store, xcvm, image, waiting)
    progress = Progress(engine.status, quiet=options.quiet)
    try:
        with Pool(options.jobs, signals) as pool:
            engine.run(pool, signals, progress)
    finally:
        progress.close()


def run_explore(options):
    with Signals() as signals:
        store = _open(options)
        try:
            _drive(options, store, signals)
        finally:
            store.close()
    for line in told(store.header, store.rows, options.brief):
        print(line)
    print(f"{store.path}, seed {store.header['seed']}" +
          ("  (stopped: go on with --resume)" if signals.stop else ""))
    if signals.stop:
        return 128 + signals.stop
    return FOUND if any(row["outcome"] not in GOOD for row in store.rows) else 0


def run_replay(options):
    xcvm, image = _paths(options)
    option = "--replay-prefix" if options.prefix else "--replay"
    return subprocess.call([xcvm, option, options.schedule, image])


def run_report(options):
    bad = False
    for number, path in enumerate(options.files):
        header, rows = load(path)
        if header.get("tool") != "explore":
            raise StoreError(f"{path}: is no result file of xc explore")
        if number:
            print()
        for line in told(header, rows):
            print(line)
        bad |= any(row["outcome"] not in GOOD for row in rows)
    return FOUND if bad else 0
