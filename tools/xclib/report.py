# SPDX-License-Identifier: ISC
"""Read a report: the events of a run, one JSON object a line."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Report:
    """The events that could be read, and what is wrong with the rest."""

    events: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    def of(self, kind, **fields):
        """The events of a kind whose fields have these values."""
        return [event for event in self.events if event.get("event") == kind
                and all(event.get(name) == value for name, value in fields.items())]


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member appears twice")
    return found


def event_problems(event):
    """What is wrong with the bare form of an event: a list of sentences, empty when it is good.

    The tests hold events against docs/events.schema.json instead.
    """
    if not isinstance(event, dict):
        return ["event: not an object"]
    if not isinstance(event.get("event"), str):
        return ["event: its kind is missing"]
    return []


def parse_report(data, problems_of=event_problems):
    """A Report from the bytes of an event stream; a bad line is a problem, not an exception."""
    report = Report()
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            report.problems.append(f"line {number}: cut off before its end")
        try:
            event = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant,
                               object_pairs_hook=_unique)
        except ValueError as error:
            report.problems.append(f"line {number}: not JSON: {error}")
            continue
        report.problems += [f"line {number}: {problem}" for problem in problems_of(event)]
        if isinstance(event, dict):
            report.events.append(event)
    return report


def load_report(path, problems_of=event_problems):
    """The Report in a file; a missing file is an empty report with that problem."""
    try:
        return parse_report(Path(path).read_bytes(), problems_of)
    except OSError as error:
        return Report(problems=[f"no report: {error.strerror}"])
