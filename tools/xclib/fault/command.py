# SPDX-License-Identifier: ISC
"""xc fault sweep, xc fault campaign, xc fault report."""

import os
import sys

from ..chosen import paths
from ..place import digest
from ..pool import Signals
from ..progress import Progress, clock_text, counted
from ..store import Store, StoreError, load
from ..table import list_cases
from ..values import short
from . import options as opt
from .begin import begin_campaign, begin_sweep, space_of, walks_of
from .engine import Engine
from .source import Draws, Walks
from .text import summary
from .trial import GOOD

NAME = "fault"
HELP = "injected faults: what the stacks make of them"


def add_commands(commands):
    sweep = commands.add_parser("sweep", help="one fault, at every eligible event in turn",
                                allow_abbrev=False)
    opt.add_sweep(sweep)
    sweep.set_defaults(main=run_sweep)
    campaign = commands.add_parser("campaign", help="faults drawn from a seed", allow_abbrev=False)
    opt.add_campaign(campaign)
    campaign.set_defaults(main=run_campaign)
    report = commands.add_parser("report", help="the tables of result files", allow_abbrev=False)
    report.add_argument("files", metavar="FILE", nargs="+")
    opt.add_fail_on(report)
    report.set_defaults(main=run_report)


# ---- running it ---------------------------------------------------------------------------------

def open_store(options, tool, begin):
    """(store, xcvm, image): a result file begun, or one to go on with."""
    if options.resume:
        store = Store.resume(options.resume)
        if store.header.get("tool") != tool:
            raise StoreError(f"{options.resume}: is of xc fault {store.header.get('tool')}")
        xcvm, image = paths(options, store.header)
        for what, path in (("xcvm", xcvm), ("image", image)):
            if digest(path) != store.header[f"{what}_sha256"]:
                raise StoreError(f"{options.resume}: was begun with another {what} than {path}: "
                                 "begin anew")
        return store, xcvm, image
    xcvm, image = paths(options)
    header = begin(options, xcvm, image)
    header = {"tool": tool, "xcvm": xcvm, "xcvm_sha256": digest(xcvm), "image": image,
              "image_sha256": digest(image), **header}
    path = options.output or f"xc-{tool}-{header['seed']}.jsonl"
    return Store.create(path, header), xcvm, image


def run_sweep(options):
    if options.resume:
        opt.check_resume(options, opt.SWEEP_CHOICE)
    store, xcvm, image = open_store(options, "sweep", begin_sweep)
    source = Walks(walks_of(store.header), options.jobs)
    engine = Engine(source, store, short(xcvm), short(image), options.fail_on, _spent(store))
    title = f"{counted(len(source.walks), 'walk')}, seed {store.header['seed']}"
    return _drive(engine, options, title)


def run_campaign(options):
    if options.resume:
        opt.check_resume(options, opt.CAMPAIGN_CHOICE)
    store, xcvm, image = open_store(options, "campaign", begin_campaign)
    header = store.header
    space = space_of(header, list_cases(xcvm, image))
    goal = options if options.count or options.time else None
    source = Draws(space, goal.count if goal else header["count"],
                   goal.time if goal else header["time"])
    engine = Engine(source, store, short(xcvm), short(image), options.fail_on, _spent(store))
    source.clock = engine.spent
    title = (f"{counted(len(space.cases), 'case')}, {','.join(map(str, space.vcpus))} vCPUs, apic "
             f"{','.join(space.apics)}, kinds {','.join(space.kinds)}, seed {space.seed}")
    return _drive(engine, options, title)


def _spent(store):
    return max((row["at"] for row in store.rows), default=0.0)


def _drive(engine, options, title):
    """Run it, tell of it; the exit code."""
    store = engine.store
    engine.source.restore(store.rows)
    progress = Progress(engine.status, quiet=options.quiet)
    progress.tell(f"{title}; {options.jobs} at a time; results: {store.path}")
    with Signals() as signals:
        try:
            engine.run(options.jobs, signals, progress)
        except BaseException:
            if not store.rows and not options.resume:
                os.unlink(store.path)
            raise
        finally:
            progress.close()
            store.close()
        for line in told(store.header, store.rows, options.fail_on):
            print(line)
        if signals.stop:
            print(f"xc: stopped: go on with: xc fault {store.header['tool']} --resume {store.path}",
                  file=sys.stderr)
            return 128 + signals.stop
    return code_of(store.rows, options.fail_on)


def code_of(rows, fail_on):
    return int(any(row["outcome"] in fail_on for row in rows))


# ---- telling of it ------------------------------------------------------------------------------

def _labels(header, rows):
    """The labels of a sweep's walks, with what kept one from its end."""
    walks = Walks(walks_of(header))
    walks.restore(rows)
    for walk in walks.walks:
        state = {None: " (stopped)", "complete": "", "cut": f" (cut at {walk.last})"}.get(
            walk.end, f" ({walk.end})")
        if walk.end == "complete" and walk.kept == 1 and not walk.place:
            state = " (no eligible event)"
        yield walk.label + state


def told(header, rows, fail_on):
    """The lines of a report."""
    rows = sorted(rows, key=lambda row: (row.get("walk", 0), row["n"]))
    bad = sum(row["outcome"] in fail_on for row in rows)
    found = sum(row["outcome"] not in GOOD for row in rows) - bad
    last = max((row["at"] for row in rows), default=0)
    yield (f"fault {header['tool']}, seed {header['seed']}: {counted(len(rows), 'run')} in "
           f"{clock_text(last)}, {counted(bad, 'failure')}, {counted(found, 'finding')}")
    yield ""
    walks = list(_labels(header, rows)) if header["tool"] == "sweep" else ()
    yield from summary(rows, fail_on, walks, "place" if header.get("at") else "walk")


def run_report(options):
    rows = []
    for number, path in enumerate(options.files):
        header, own = load(path)
        if number:
            print()
        for line in told(header, own, options.fail_on):
            print(line)
        rows += own
    return code_of(rows, options.fail_on)
