# SPDX-License-Identifier: ISC
"""The trace rings of one run as Chrome's trace events: a track a CPU, an arrow a call.

The rings hold the last that each CPU did; what is older is gone, so the other end of an arrow may
be missing, and then there is no arrow.
"""

import json

from ..errors import XcError
from ..report import load_report

SEND, IPI, RECEIVED, DISPATCH, DONE, RESEND = (
    "send", "ipi", "received", "dispatch", "done", "resend")
POINTS = (SEND, IPI, RECEIVED, RESEND)
PROCESS = 1
POINT_US = 1  # a moment gets a width, so that it can be seen and an arrow can end at it


class TraceError(XcError):
    """There is nothing to draw."""


def records(events):
    """(cpu, record) in the order of time."""
    # Looked at twice, a CPU may tell the same records again.
    found = {(event["cpu"], record["tsc"], record["what"], record["target"]): record
             for event in events if event["event"] == "vcpu" for record in event["trace"]}
    return sorted(((key[0], record) for key, record in found.items()),
                  key=lambda pair: pair[1]["tsc"])


def _name(record):
    function = record["function"]
    return function and (function.get("function") or function.get("addr"))


def _slices(found, time):
    """Events of the tracks: a slice from DISPATCH to DONE, a short one for everything else."""
    open_ = {}
    for cpu, record in found:
        what, name = record["what"], _name(record)
        at = {"pid": PROCESS, "tid": cpu, "ts": time(record["tsc"])}
        arguments = {"primitive": record["primitive"], "target": record["target"],
                     "tsc": record["tsc"]}
        if what == DISPATCH:
            open_.setdefault((cpu, record["primitive"], name), []).append((at, arguments))
        elif what == DONE:
            begun = open_.get((cpu, record["primitive"], name))
            if begun:
                start, arguments = begun.pop()
                yield {"ph": "X", "name": name or "?", "cat": record["primitive"], **start,
                       "dur": max(0, at["ts"] - start["ts"]), "args": arguments}
        elif what in POINTS:
            label = f"{what} {name}" if name else what
            yield {"ph": "X", "name": label, "cat": record["primitive"], **at, "dur": POINT_US,
                   "args": arguments}
    for (_, primitive, name), left in open_.items():
        for start, arguments in left:  # it had not ended when the run did
            yield {"ph": "B", "name": name or "?", "cat": primitive, **start, "args": arguments}


def _leads_to(sent, record, cpu):
    return (sent["target"] in (None, cpu) and sent["primitive"] == record["primitive"]
            and (record["what"] == RECEIVED or _name(sent) == _name(record)))


def arrows(found):
    """(sender, its record, target, its record): each send with the function's begin that it led to,
    each interrupt with its handler.  A call that several sends may have led to is the oldest's."""
    calls, interrupts, pairs = [], [], []
    for cpu, record in found:
        what = record["what"]
        if what == SEND:
            calls.append((cpu, record, set()))
        elif what == IPI:
            interrupts.append((cpu, record, set()))
        elif what in (DISPATCH, RECEIVED):
            waiting = calls if what == DISPATCH else interrupts
            for sender, sent, reached in waiting:
                if cpu not in reached and _leads_to(sent, record, cpu):
                    reached.add(cpu)
                    pairs.append((sender, sent, cpu, record))
                    break
    return pairs


def chrome(events, tsc_khz=None):
    """The text of the file, from the events of one run."""
    found = records(events)
    if not found:
        raise TraceError("no trace: a run tells its rings when it crashes, hangs, or gets SIGQUIT "
                         "(Ctrl-\\), unless it has --param trace=0")
    run = next((event for event in events if event["event"] == "run"), {})
    tsc_khz = tsc_khz or run.get("tsc_khz")
    first = found[0][1]["tsc"]
    scale = 1000 / tsc_khz if tsc_khz else 0.001

    def time(tsc):
        return (tsc - first) * scale

    told = [{"ph": "M", "pid": PROCESS, "name": "process_name",
             "args": {"name": f"{run.get('case', 'xcvm')}[{run.get('vcpus', '?')}]"}}]
    for cpu in sorted({cpu for cpu, _ in found}):
        told.append({"ph": "M", "pid": PROCESS, "tid": cpu, "name": "thread_name",
                     "args": {"name": f"vCPU {cpu}"}})
    told += _slices(found, time)
    for number, (sender, sent, cpu, record) in enumerate(arrows(found), 1):
        common = {"pid": PROCESS, "id": number, "cat": record["primitive"],
                  "name": "call" if sent["what"] == SEND else "interrupt"}
        told.append({"ph": "s", "tid": sender, "ts": time(sent["tsc"]), **common})
        told.append({"ph": "f", "bp": "e", "tid": cpu, "ts": time(record["tsc"]), **common})
    end = next((event for event in events if event["event"] == "end"), {})
    text = {
        "traceEvents": told, "displayTimeUnit": "ns",
        "otherData": {"emulated": end.get("emulated"),
                      "time": "TSC" if tsc_khz else "a thousand TSC cycles stand as 1 us"}}
    return json.dumps(text, indent=1) + "\n"


def load_chrome(path):
    """The text, from a file of events."""
    report = load_report(path)
    if not report.events:
        problem = report.problems[0] if report.problems else "no events"
        raise TraceError(f"{path}: {problem}: a file of xcvm --events is wanted")
    if report.problems:
        raise TraceError(f"{path}: {report.problems[0]}")
    try:
        return chrome(report.events)
    except TraceError as error:
        raise TraceError(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise TraceError(f"{path}: not the events of a run: {error!r}") from None
