# SPDX-License-Identifier: ISC
"""Read a report (events, one JSON object a line) and hold every event against the schema."""

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "events.schema.json"


class ReportError(ValueError):
    """A report that is not what docs/events.schema.json says."""


@dataclass
class Report:
    """The events that could be read, and what is wrong with the rest."""

    events: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    def of(self, kind, **fields):
        """The events of a kind whose fields have these values."""
        return [event for event in self.events if event.get("event") == kind
                and all(event.get(name) == value for name, value in fields.items())]


@functools.cache
def schema():
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@functools.cache
def _validator(kind):
    """The validator of one kind of event, or of the whole schema for an unknown kind."""
    whole = schema()
    cls = jsonschema.Draft202012Validator
    if kind in whole["$defs"]:
        return cls({"$ref": f"#/$defs/{kind}", "$defs": whole["$defs"]})
    return cls(whole)


def event_problems(event):
    """What the schema has against one event: a list of sentences, empty when it is good."""
    kind = event.get("event") if isinstance(event, dict) else None
    known = schema()["properties"]["event"]["enum"]
    validator = _validator(kind if kind in known else None)
    return [f"{'.'.join(str(part) for part in error.absolute_path) or 'event'}: {error.message}"
            for error in validator.iter_errors(event)]


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member appears twice")
    return found


def parse_report(data):
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
        report.problems += [f"line {number}: {problem}" for problem in event_problems(event)]
        if isinstance(event, dict):
            report.events.append(event)
    return report


def load_report(path):
    """The Report in a file; a missing file is an empty report with that problem."""
    try:
        return parse_report(Path(path).read_bytes())
    except OSError as error:
        return Report(problems=[f"no report: {error.strerror}"])


def read_events(path):
    """The events in a file, all of them valid; otherwise a ReportError that lists what is wrong."""
    report = load_report(path)
    if report.problems:
        raise ReportError(f"{path}:\n" + "\n".join(report.problems))
    return report.events
