# SPDX-License-Identifier: ISC
"""The tables of a result file."""

import statistics
from collections import Counter, defaultdict

from ..grid import grid
from ..progress import clock_text, counted
from .rules import CONCURRENCY, SEQUENTIAL
from .trial import KILLED, LUCKY, NOT_BUILT, SAME, SURVIVED

OUTCOMES = (KILLED, LUCKY, SURVIVED)


def _share(rows):
    killed = sum(row["outcome"] == KILLED for row in rows)
    return f"{100 * killed / len(rows):.1f} %" if rows else "-"


def _table(title, rows, key):
    names = sorted({row[key] for row in rows})
    body = [[name, *(sum(row[key] == name and row["outcome"] == outcome for row in rows)
                     for outcome in OUTCOMES),
             _share([row for row in rows if row[key] == name])] for name in names]
    yield from grid([title, *OUTCOMES, "share"], body)


def _alone(rows):
    """What each case sees, where all were run: much, alone, or nothing that no other does."""
    sees = defaultdict(set)
    for number, row in enumerate(rows):
        for killer in row["killers"]:
            sees[killer["case"]].add(number)
    by = Counter(number for seen in sees.values() for number in seen)
    alone = {case: sum(by[number] == 1 for number in seen) for case, seen in sees.items()}
    yield from grid(["case", "sees", "alone"], sorted(
        ([case, len(seen), alone[case]] for case, seen in sees.items()),
        key=lambda row: (-row[2], -row[1], row[0])))
    # The fewest cases, taken greedily, that see all that is seen.
    left, needed = set(by), []
    while left:
        needed.append(max(sorted(sees), key=lambda case: len(sees[case] & left)))
        left -= sees[needed[-1]]
    yield ""
    yield (f"{counted(len(sees), 'case')} see {counted(len(by), 'mistake')}; "
           f"{len(needed)} of them see as many: {' '.join(sorted(needed))}")


def told(header, rows):
    """The lines of a report."""
    counted_rows = [row for row in rows if row["outcome"] in OUTCOMES]
    other = Counter(row["outcome"] for row in rows if row["outcome"] not in OUTCOMES)
    yield (f"wild, seed {header['seed']}, {header['vcpus']} vCPUs: "
           f"{counted(len(counted_rows), 'mistake')} that change code, "
           f"{other[SAME]} that do not, {other[NOT_BUILT]} that do not compile; "
           f"{clock_text(max((row['at'] for row in rows), default=0))}")
    for title, table in (("sequential", SEQUENTIAL), ("concurrency", CONCURRENCY)):
        own = [row for row in counted_rows if row["rule"] in table]
        times = [row["seconds"] for row in own if row["outcome"] == KILLED]
        yield (f"{title}: {_share(own)} of {len(own)} killed in "
               + ("one run of each case" if header.get("all") else "3 of 3 runs")
               + (f", median {statistics.median(times):.1f} s to kill" if times else ""))
    for title, key in (("rule", "rule"), ("file", "file")):
        yield ""
        yield from _table(title, counted_rows, key)
    yield ""
    if header.get("all"):
        yield from _alone(counted_rows)
    else:
        killers = Counter(row["killers"][-1]["case"] for row in counted_rows
                          if row["outcome"] == KILLED)
        yield from grid(["case", "killed"], killers.most_common(15))
    left = [row for row in counted_rows if row["outcome"] != KILLED]
    if left:
        yield ""
        yield "not seen, or by luck:"
    for row in sorted(left, key=lambda row: (row["file"], row["line"])):
        luck = "".join(f"  [{killer['case']} {killer['often']} of 3]" for killer in row["killers"])
        yield (f"  {row['outcome']:8}  {row['file']}:{row['line']} {row['function']}(): "
               f"{row['rule']}: {row['change']}{luck}")
