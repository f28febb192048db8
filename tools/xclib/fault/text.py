# SPDX-License-Identifier: ISC
"""What a person reads of a campaign: tables, and each run that did not pass with its command."""

from ..grid import grid
from ..progress import counted
from ..run import shell
from .trial import GOOD, MEANING, OUTCOMES


def _groups(rows, labels):
    """Rows by label, in the order of appearance, and all of them last where there are several.  A
    row can have several labels."""
    groups = {}
    for row in rows:
        for label in labels(row):
            groups.setdefault(label, []).append(row)
    return {**groups, "all": rows} if len(groups) > 1 else groups


def outcome_table(rows, title, labels):
    """Lines: for each label, how many runs ended how."""
    seen = [outcome for outcome in OUTCOMES
            if outcome == "pass" or any(row["outcome"] == outcome for row in rows)]
    groups = _groups(rows, labels)
    yield from grid((title, "runs", "faulted", *seen), [
        (name, len(group), sum(row["injected"] > 0 for row in group),
         *(sum(row["outcome"] == outcome for row in group) for outcome in seen))
        for name, group in groups.items()])


def diagnosis_table(rows, title, labels):
    """Lines: for each label, the verdicts of the diagnoses; none when nothing hung."""
    hung = [row for row in rows if row["verdict"] == "hang"]
    if not hung:
        return
    groups = _groups(hung, labels)
    seen = {row["diagnosis"] or "no diagnosis": None for row in hung}
    lines = [(name, f"{diagnosis}:", number)
             for name, group in groups.items() for diagnosis in seen
             if (number := sum((row["diagnosis"] or "no diagnosis") == diagnosis
                               for row in group))]
    widths = [max(len(line[at]) for line in lines) for at in (0, 1)]
    yield f"{title}: the diagnosis of what hung"
    for name, diagnosis, number in lines:
        yield f"{name.ljust(widths[0])}  {diagnosis.ljust(widths[1])}  {number}"


def _story(row):
    """Two lines: what happened, and the command that repeats it."""
    where = f" ({row['host']})" if "host" in row else ""
    reason = f": {row['reason']}" if row["reason"] else ""
    return [f"{row['outcome']}: {row['case']}[{row['vcpus']}] {' '.join(row['faults'])}{where}"
            f"{reason}", f"    {shell(row['command'])}"]


def stories(rows, fail_on):
    """Lines: the failures, then the findings."""
    bad = [row for row in rows if row["outcome"] in fail_on]
    found = [row for row in rows if row["outcome"] not in GOOD and row["outcome"] not in fail_on]
    for title, chosen in (("failure", bad), ("finding", found)):
        if not chosen:
            continue
        yield ""
        yield counted(len(chosen), title)
        for outcome in dict.fromkeys(row["outcome"] for row in chosen):
            if outcome in MEANING:
                yield f"({outcome}: {MEANING[outcome]})"
        for row in sorted(chosen, key=lambda row: -OUTCOMES.index(row["outcome"])):
            yield from _story(row)


def by_kind(row):
    """A run with two kinds counts with each."""
    return row["kind"].split("+")


def summary(rows, fail_on, walks=(), title="walk"):
    """All of it, as lines; `walks` are the labels of a sweep's walks, and `title` what they are."""
    if not rows:
        yield "no runs"
        return
    if walks:
        def by_walk(row):
            return [walks[row["walk"]]]
        yield from outcome_table(rows, title, by_walk)
        table = list(diagnosis_table(rows, title, by_walk))
    else:
        yield from outcome_table(rows, "kind", by_kind)
        table = list(diagnosis_table(rows, "kind", by_kind))
    if table:
        yield ""
        yield from table
    yield from stories(rows, fail_on)
