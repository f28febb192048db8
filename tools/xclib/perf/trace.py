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
LEADS_TO = {SEND: DISPATCH, IPI: RECEIVED, RESEND: RECEIVED}
RING = 64  # records that xcvm tells of a CPU at most
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
    each interrupt with its handler.  Of several calls that may have led to one, it is the oldest's;
    a handler is the newest interrupt's, and serves what came before.  Better no arrow than a wrong
    one: what was sent before a full ring begins may have arrived before that, too."""
    began = _full_since(found)
    sent_before = {DISPATCH: [], RECEIVED: []}
    pairs = []
    for cpu, record in found:
        what = record["what"]
        if what in LEADS_TO:
            sent_before[LEADS_TO[what]].append((cpu, record, set()))
        for sender, sent, reached in _causes(sent_before.get(what, ()), record, cpu, began)[:1]:
            pairs.append((sender, sent, cpu, record))
            reached.add(cpu)
    return pairs


def _full_since(found):
    """CPU: the first TSC in its ring, if that is full."""
    rings = {}
    for cpu, record in found:
        rings.setdefault(cpu, []).append(record["tsc"])
    return {cpu: ring[0] for cpu, ring in rings.items() if len(ring) >= RING}


def _causes(sent_before, record, cpu, began):
    """What may have led to a record, the likeliest first; of interrupts all are used up."""
    found = [one for one in sent_before if cpu not in one[2] and _leads_to(one[1], record, cpu)
             and one[1]["tsc"] >= began.get(cpu, 0)]
    if record["what"] == DISPATCH:
        return found
    for _, _, reached in found:
        reached.add(cpu)
    return found[::-1]


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
