# SPDX-License-Identifier: ISC
"""Read a report (events, one JSON object a line) and hold every event against the schema."""

import functools
import json
from pathlib import Path

import jsonschema

from xclib import report

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "events.schema.json"


class ReportError(ValueError):
    """A report that is not what docs/events.schema.json says."""


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


def parse_report(data):
    """The Report in the bytes of an event stream."""
    return report.parse_report(data, event_problems)


def load_report(path):
    """The Report in a file."""
    return report.load_report(path, event_problems)


def read_events(path):
    """The events in a file, all of them valid; otherwise a ReportError that lists what is wrong."""
    found = load_report(path)
    if found.problems:
        raise ReportError(f"{path}:\n" + "\n".join(found.problems))
    return found.events
