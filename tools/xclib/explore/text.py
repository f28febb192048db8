# SPDX-License-Identifier: ISC
"""What has been explored, told so that no bound is left out."""

from collections import defaultdict

from ..progress import counted
from .engine import GOOD

BASES = 8


def _sum(rows, name):
    return sum(row.get(name, 0) for row in rows)


def _covered(strategy, rows):
    """What a strategy has done of one case."""
    name, _, depth = strategy.partition(":")
    orders = counted(_sum(rows, "orders"), "order")
    if name == "random":
        return f"{orders} at random"
    if name == "pct":
        return f"{orders} by pct:{depth}"
    what = (f"at most {counted(int(depth), 'delay')}" if name == "delay"
            else "one CPU frozen at one point")
    if all(row.get("exhausted") for row in rows):
        orders = counted(_sum(rows, "pass_orders"), "order")
        return f"{orders}, all with {what} from {BASES} base orders"
    return f"{orders} with {what}, not exhausted"


def case_line(model, case, vcpus, rows):
    """One line of a case: how far, and what came of it."""
    by_strategy = defaultdict(list)
    for row in rows:
        by_strategy[row["unit"][2]].append(row)
    bad = [row for row in rows if row["outcome"] not in GOOD]
    skipped = [row for row in rows if row["outcome"] == "skip"]
    if skipped and not bad and len(skipped) == len(rows):
        return f"{case}: skipped: {skipped[0]['reason']}"
    shared = max(row.get("shared", 0) for row in rows)
    covered = "; ".join(_covered(strategy, found) for strategy, found in by_strategy.items())
    end = "none fails" if not bad else f"{bad[0]['outcome']}: {bad[0]['reason']}"
    return (f"{case}, {counted(vcpus, 'CPU')}: {covered}; {counted(shared, 'shared point')}, "
            f"{model}: {end}")


def told(header, rows, brief=False):
    """The lines of a report; brief: of the cases only those that can fail."""
    by_case = defaultdict(list)
    for row in rows:
        by_case[row["unit"][0], row["unit"][1]].append(row)
    lines = [case_line(header["model"], case, vcpus, found)
             for (case, vcpus), found in by_case.items()
             if not brief or any(row["outcome"] not in GOOD for row in found)]
    bad = [row for row in rows if row["outcome"] not in GOOD]
    seconds = _sum(rows, "microseconds") / 1e6
    orders, points = _sum(rows, "orders"), _sum(rows, "points")
    lines += [""] if lines else []
    speed = (f": {orders / seconds:.0f} orders a second and core, "
             f"{1e9 * seconds / max(points, 1):.0f} ns a point" if seconds > 0 else "")
    lines.append(f"{counted(orders, 'order')}, {counted(points, 'point')} in {seconds:.1f} s of "
                 f"CPU time{speed}")
    for row in bad:
        if "schedule" in row:
            lines.append(f"again: xc explore replay {row['schedule']}")
    names = sorted({row["unit"][0] for row in bad})
    lines.append(f"{counted(len(by_case), 'case')}: " +
                 (f"{len(names)} can fail: {', '.join(names)}" if names else
                  "no order that was tried fails"))
    return lines
