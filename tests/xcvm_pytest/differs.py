# SPDX-License-Identifier: ISC
"""Another kernel's implementation under test: what it is, and what differs by our decision."""

from xclib.table import TableError, foreign, list_cases

from .settings import settings

CATEGORY = "differs"


def under_test(config):
    """The implementations in place of ours in the session's images; [] if those cannot be read."""
    chosen = settings(config)
    found = {}
    for image in chosen.images or sorted(chosen.build.glob("*.elf")):
        try:
            entries = foreign(list_cases(chosen.xcvm, image))
        except TableError:
            continue  # collection will say it
        found.update({(entry["api"], entry["path"]): entry for entry in entries})
    return list(found.values())


def headers(config):
    return [f"under test: {entry['api']} of {entry['path']}, sha256 {entry['sha256']}"
            for entry in under_test(config)]


def differs(report):
    """Is it the report of a case that differs by decision?"""
    return report.skipped and dict(report.user_properties).get("verdict") == "differs"


def reason(report):
    """Without what pytest puts before it."""
    return report.longrepr[2].removeprefix("Skipped: ").removeprefix("differs by ")


def summary(reporter):
    """A line for each case: which decision, and what happened instead."""
    cases = {}
    for report in reporter.stats.get(CATEGORY, []):
        case, _, count = report.nodeid.rpartition("::")[2].partition("[")
        cases.setdefault(case, []).append((count.rstrip("]"), reason(report)))
    if not cases:
        return
    what = "1 case differs by decision: no failure" if len(cases) == 1 \
        else f"{len(cases)} cases differ by decision: no failures"
    reporter.section(f"{what}, see docs/dropin.md")
    for case, found in sorted(cases.items()):
        counts = ",".join(sorted({count for count, _ in found}, key=int))
        reporter.write_line(f"{case}[{counts}] {found[0][1]}")
