# SPDX-License-Identifier: ISC
"""The text a person reads when a case did not pass: what, where, and how to run it again."""

from _pytest._code.code import (ReprEntryNative, ReprExceptionInfo, ReprFileLocation,
                                ReprTraceback)

from xclib.run import shell
from xclib.values import short

PROBLEMS_SHOWN = 20
CHECKS_SHOWN = 20
FRAMES_SHOWN = 8
TRACE_SHOWN = 8
CONSOLE_SHOWN = 30
STDERR_SHOWN = 30


def _frame(frame):
    """`function+0x12 (file.c:34)`, as much of it as is known."""
    if not frame.get("function"):
        return str(frame.get("addr"))
    place = f"{frame['function']}+{frame.get('offset')}"
    if frame.get("file"):
        place += f" ({frame['file']}:{frame.get('line')})"
    return place


def _backtrace(frames, indent="    "):
    lines = [f"{indent}{'at' if number == 0 else 'by'} {_frame(frame)}"
             for number, frame in enumerate(frames[:FRAMES_SHOWN])]
    if len(frames) > FRAMES_SHOWN:
        lines.append(f"{indent}... {len(frames) - FRAMES_SHOWN} more")
    return lines


def _checks(report, failed):
    checks = report.of("check")
    lines = []
    for check in checks[:CHECKS_SHOWN]:
        lines.append(f"check failed on cpu {check.get('cpu')} at {check.get('file')}:"
                     f"{check.get('line')}: {check.get('expr')}")
        if check.get("message"):
            lines.append(f"    {check['message']}")
    hidden = max(failed, len(checks)) - min(len(checks), CHECKS_SHOWN)
    if hidden > 0:
        lines.append(f"... and {hidden} more failed checks")
    return lines


def _panics(report):
    lines = []
    for panic in report.of("panic"):
        expected = "as declared" if panic.get("expected") else "not expected"
        lines.append(f"panic on cpu {panic.get('cpu')} ({expected}): {panic.get('message')}")
        registers = panic.get("registers")
        if registers:
            lines.append("    trap: " + " ".join(
                f"{name}={registers[name]}" for name in ("vector", "error", "rip", "rsp")
                if name in registers))
        lines += _backtrace(panic.get("backtrace") or [])
    return lines


def _stalls(report):
    lines = []
    for stall in report.of("stall"):
        state = "ended after" if stall.get("resolved") else "has waited"
        milliseconds = stall.get("elapsed_ns", 0) / 1e6
        lines.append(
            f"stall: {stall.get('primitive')} on cpu {stall.get('cpu')} {state} "
            f"{milliseconds:.1f} ms for cpu {stall.get('target')} to run "
            f"{_frame(stall.get('function') or {})}; it runs {stall.get('thread')} at IPL "
            f"{stall.get('ipl')}, pending {stall.get('pending')}")
    return lines


def _diagnosis(report):
    lines = []
    for diagnosis in report.of("diagnosis"):
        lines.append(f"diagnosis: {diagnosis.get('verdict')}")
        for wait in diagnosis.get("waits") or []:
            lines.append(f"    {wait.get('sentence')}: {wait.get('verdict')}")
            lines += [f"        {line}" for line in wait.get("evidence") or []]
    return lines


def _vcpus(report):
    lines = []
    for vcpu in report.of("vcpu"):
        lines.append(f"vcpu {vcpu.get('cpu')}: {vcpu.get('state')} ({vcpu.get('why')})")
        if vcpu.get("error"):
            lines.append(f"    {vcpu['error']}")
        lines += _backtrace(vcpu.get("backtrace") or [])
        for record in (vcpu.get("trace") or [])[-TRACE_SHOWN:]:
            target = record.get("target")
            lines.append(f"    trace {record.get('tsc')}: {record.get('what')} "
                         f"{record.get('primitive')} "
                         f"{'all cpus' if target is None else f'cpu {target}'}"
                         + (f" {_frame(record['function'])}" if record.get("function") else ""))
    return lines


def _cores(report):
    return [f"no core: {core['error']}" if core.get("error") else f"core: {core.get('path')}"
            for core in report.of("core")]


def _clauses(end):
    return [f"contract {clause.get('id')}: {clause.get('text')} ({clause.get('where')})"
            for clause in end.get("clauses") or []]


def _tail(title, text, shown):
    lines = text.splitlines()
    if not lines:
        return []
    cut = f", last {shown} of {len(lines)} lines" if len(lines) > shown else ""
    return [f"{title}{cut}:"] + [f"    {line}" for line in lines[-shown:]]


def headline(result):
    """One line: the verdict and its reason."""
    return f"{result.verdict}: {result.reason}" if result.reason else result.verdict


def failure_text(result, what, seed):
    """All of it, several lines."""
    report = result.report
    lines = [f"{what}: {headline(result)}"]
    lines += [f"also: {problem}" for problem in result.problems[1:PROBLEMS_SHOWN]]
    if result.problems and result.end:
        lines.append(f"the report's own verdict: {result.end.get('verdict')}: "
                     f"{result.end.get('reason')}")
    lines += _clauses(result.end)
    lines += _checks(report, result.end.get("failed_checks", 0))
    lines += _panics(report) + _stalls(report) + _diagnosis(report) + _vcpus(report)
    lines += _cores(report)
    console = "".join(str(event.get("text", "")) for event in report.of("console"))
    lines += _tail("console", console, CONSOLE_SHOWN)
    lines += _tail("standard error of xcvm", result.stderr, STDERR_SHOWN)
    lines += [f"seed {seed}; to run it again:", f"    {shell(result.command)}"]
    return "\n".join(lines)


class CaseFailed(Exception):
    """A run did not end as it must; the Result tells all."""

    def __init__(self, result, said, what, seed):
        super().__init__(said)
        self.result, self.what, self.seed = result, what, seed


def represent(excinfo, image):
    """The run's own story instead of a Python traceback; None unless it is a CaseFailed."""
    failed = excinfo.value
    if not isinstance(failed, CaseFailed):
        return None
    text = failure_text(failed.result, failed.what, failed.seed)
    return ReprExceptionInfo(
        reprtraceback=ReprTraceback([ReprEntryNative([text + "\n"])], None, "native"),
        reprcrash=ReprFileLocation(short(image), 0, str(failed)))
