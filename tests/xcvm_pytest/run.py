# SPDX-License-Identifier: ISC
"""Run one case in one xcvm process and judge what came of it."""

import os
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .events import Report, load_report

EXIT_CODES = {"pass": 0, "fail": 1, "usage": 2, "crash": 3, "skip": 4, "hang": 5, "nokvm": 6,
              "differs": 4}
GUARD_SECONDS = 60  # beyond the run's own time limit: for a host that is busy


@dataclass
class Result:
    """One finished run."""

    command: list
    status: int = None  # exit status; negative: signal; None: had to be killed
    report: Report = field(default_factory=Report)
    stderr: str = ""
    problems: list = field(default_factory=list)

    @property
    def end(self):
        """The last event if it is `end`, else an empty one."""
        events = self.report.events
        return events[-1] if events and events[-1].get("event") == "end" else {}

    @property
    def verdict(self):
        """The verdict to act on; `broken` when xcvm itself misbehaved, whatever it says."""
        if self.problems:
            return "broken"
        return self.end.get("verdict", "broken")

    @property
    def reason(self):
        return self.problems[0] if self.problems else self.end.get("reason", "")


def case_command(xcvm, image, case, vcpus, seed, timeout=None, params=()):
    """The command line of one run, without --events."""
    command = [str(xcvm), "--case", case, "--vcpus", str(vcpus), "--seed", str(seed)]
    if timeout is not None:
        command += ["--timeout", str(timeout)]
    for name, value in params:
        command += ["--param", f"{name}={value}"]
    return command + [str(image)]


def shell(command):
    return shlex.join(command)


def _wait(process, seconds):
    """The exit status, or None after killing the process and all it started."""
    try:
        return process.wait(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            return None
        raise


def _problems(result, case, vcpus, guard):
    """What xcvm did wrong, as a list of sentences; a guest's failure is not among them."""
    found = []
    events = result.report.events
    if result.status is None:
        found.append(f"xcvm did not end within {guard:g} s and was killed")
    elif result.status < 0:
        found.append(f"xcvm was killed by {signal.Signals(-result.status).name}")
    if not events and result.status in (EXIT_CODES["usage"], EXIT_CODES["nokvm"]):
        name = "nokvm" if result.status == EXIT_CODES["nokvm"] else "usage"
        return found + [f"xcvm refused to run ({name})"]
    found += [f"report: {problem}" for problem in result.report.problems]
    if events and events[0].get("event") != "run":
        found.append(f"report: begins with '{events[0].get('event')}' instead of 'run'")
    for run in result.report.of("run")[:1]:
        if (run.get("case"), run.get("vcpus")) != (case, vcpus):
            found.append(f"report: is about {run.get('case')} with {run.get('vcpus')} vCPUs")
    if not result.end:
        found.append("report: cut off, there is no 'end' event")
        return found
    if len(result.report.of("end")) != 1:
        found.append("report: more than one 'end' event")
    verdict, code = result.end.get("verdict"), result.end.get("code")
    if result.status is not None and result.status >= 0 and code != result.status:
        found.append(f"the report says exit code {code}, xcvm ended with {result.status}")
    if EXIT_CODES.get(verdict) != code:
        found.append(f"report: verdict '{verdict}' with exit code {code}")
    if verdict == "pass" and (result.end.get("failed_checks") or result.report.of("check")):
        found.append("report: verdict 'pass' with a failed check")
    return found


def run_case(xcvm, image, case, vcpus, seed, timeout=None, params=(), guard=None):
    """Run one case in a process of its own and return its Result; no process outlives the call."""
    command = case_command(xcvm, image, case, vcpus, seed, timeout, params)
    guard = guard if guard is not None else (timeout or 30) + GUARD_SECONDS
    result = Result(command)
    with tempfile.TemporaryDirectory(prefix="xcvm-case-") as folder:
        events = Path(folder) / "events.jsonl"
        errors = Path(folder) / "stderr"
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                command[:1] + ["--events", str(events)] + command[1:], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=stderr, process_group=0)
            result.status = _wait(process, guard)
        result.report = load_report(events)
        result.stderr = errors.read_text(encoding="utf-8", errors="replace")
    result.problems = _problems(result, case, vcpus, guard)
    return result
