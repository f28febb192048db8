# SPDX-License-Identifier: ISC
"""Seeded mistakes: how soon each strategy finds them on the model machine; `make bench-explore`."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from support.mutant import Mutant, find_once  # noqa: E402
from xclib.explore.plan import MANY, STRATEGIES, parse_strategies  # noqa: E402
from xclib.table import list_cases  # noqa: E402

IMAGE = "xcguest-explore.elf"
BAD = ("fail", "crash", "hang")


@dataclass(frozen=True)
class Mistake:
    kind: str
    file: str
    old: str
    new: str
    case: str


def mistakes():
    rows = tomllib.loads((HERE / "mistakes.toml").read_text(encoding="utf-8"))["mistake"]
    return [Mistake(row["kind"], row["file"], row["from"], row["to"], row["case"])
            for row in rows]


def _events(command):
    done = subprocess.run([*command[:1], "--events", "-", *command[1:]], capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def explore(xcvm, image, case, strategy, seed, seconds):
    """(found, orders, seconds of CPU)."""
    params = {"orders": MANY, "explore_ms": int(1000 * seconds), "depth": strategy.depth,
              "strategy": STRATEGIES.index(strategy.name)}
    command = [str(xcvm), "--case", case.name, "--vcpus", str(max(2, case.min_vcpus)),
               "--seed", str(seed), "--timeout", str(int(seconds) + 60)]
    for name, value in params.items():
        command += ["--param", f"{name}={value}"]
    events = _events([*command, str(image)])
    figures = {event["name"]: event["value"] for event in events if event["event"] == "metric"}
    return (events[-1].get("verdict") in BAD, figures.get("orders", 1),
            figures.get("microseconds explored", 0) / 1e6)


def stress(xcvm, image, case, seconds):
    """(found, runs): the case on real vCPUs, again and again."""
    begun, runs = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        runs += 1
        events = _events([str(xcvm), "--case", case.name, "--timeout", "5",
                          "--vcpus", str(max(2, case.min_vcpus)), str(image)])
        if events[-1].get("verdict") in BAD:
            return True, runs
    return False, runs


def _one(options, mistake, cases, strategies):
    case = cases[mistake.case]
    row = {"kind": mistake.kind, "case": mistake.case, "file": mistake.file, "change": mistake.new}
    with tempfile.TemporaryDirectory(prefix="xcvm-mistake-") as folder:
        mutant = Mutant(Path(folder), options.build)
        mutant.change(mistake.file, mistake.old, mistake.new)
        image = mutant.image(IMAGE)
        for strategy in strategies:
            found = [explore(options.xcvm, image, case, strategy, seed, options.seconds)
                     for seed in range(1, options.seeds + 1)]
            row[str(strategy)] = {
                "found": sum(hit for hit, _, _ in found),
                "orders": statistics.median(orders for _, orders, _ in found),
                "seconds": statistics.median(took for _, _, took in found),
                "worst": max(took for _, _, took in found)}
        if options.stress:
            hit, runs = stress(options.xcvm, mutant.image("xcguest.elf"), case, options.stress)
            row["stress"] = {"found": int(hit), "runs": runs}
    return row


def _cell(options, figures):
    return (f"{figures['found']:2}/{options.seeds} {figures['orders']:8.0f} "
            f"{figures['worst']:7.3f}s")


def _table(options, rows, strategies):
    head = "".join(f"  {str(strategy) + ': found, orders, worst':>22}" for strategy in strategies)
    print(f"{'kind':25} {'case':28}{head}" + ("  stress" if options.stress else ""), flush=True)
    for row in rows:
        line = f"{row['kind']:25} {row['case']:28}"
        line += "".join(f"  {_cell(options, row[str(strategy)]):>22}" for strategy in strategies)
        if options.stress:
            line += f"  {'found' if row['stress']['found'] else 'not'} in {row['stress']['runs']}"
        yield line, row


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10, help="of each search, at most")
    parser.add_argument("--stress", type=float, default=2,
                        help="seconds of each case on real vCPUs; 0: none")
    parser.add_argument("--strategies", type=parse_strategies,
                        default=parse_strategies("delay:2,pct:3,random"))
    parser.add_argument("--from", dest="first", type=int, default=0, help="the Nth mistake on")
    parser.add_argument("--case", default="", help="only mistakes of cases whose name has this")
    options = parser.parse_args(argv)
    options.build = options.build.resolve()
    options.xcvm = options.build / "xcvm"
    cases = {case.name: case for case in list_cases(options.xcvm, options.build / IMAGE)}
    chosen = [mistake for mistake in mistakes()[options.first:] if options.case in mistake.case]
    for mistake in chosen:
        find_once((ROOT / mistake.file).read_text(encoding="utf-8"), mistake.old)
    rows = []
    lines = _table(options, (_one(options, mistake, cases, options.strategies)
                             for mistake in chosen), options.strategies)
    for line, row in lines:
        print(line, flush=True)
        rows.append(row)
    best = [max(row[str(strategy)]["found"] for strategy in options.strategies) for row in rows]
    kinds = {row["kind"] for row in rows}
    print(f"{len(rows)} mistakes of {len(kinds)} kinds: "
          f"{sum(found == options.seeds for found in best)} found from every seed, by a strategy")
    return 0 if all(found == options.seeds for found in best) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
