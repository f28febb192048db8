# SPDX-License-Identifier: ISC
"""Run one case in one xcvm process and judge what came of it."""

import os
import select
import shlex
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from .process import group_members, wait_gone
from .report import Report, event_problems, load_report

EXIT_CODES = {"pass": 0, "fail": 1, "usage": 2, "crash": 3, "skip": 4, "hang": 5, "nokvm": 6,
              "differs": 4}
TIMEOUT_SECONDS = 30  # xcvm's own, when none is given
GUARD_SECONDS = 60  # beyond the run's own time limit: for a host that is busy
LOOK_SECONDS = 0.5  # at whether to go on
LEAVE_SECONDS = 10  # for what xcvm started to end after it


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
    def refused(self):
        """`usage` or `nokvm` when xcvm would not run at all, else None."""
        if self.report.events:
            return None
        return next((name for name in ("usage", "nokvm") if self.status == EXIT_CODES[name]), None)

    @property
    def verdict(self):
        """The verdict to act on; `broken` when xcvm itself misbehaved, whatever it says."""
        if self.problems:
            return "broken"
        return self.end.get("verdict", "broken")

    @property
    def reason(self):
        return self.problems[0] if self.problems else self.end.get("reason", "")


def case_command(xcvm, image, case, vcpus, seed, timeout=None, params=(), apic=None, faults=(),
                 pin=None, apic_ids=None):
    """The command line of one run, without --events."""
    command = [str(xcvm), "--case", case, "--vcpus", str(vcpus)]
    if apic is not None:
        command += ["--apic", apic]
    if apic_ids is not None:
        command += ["--apic-ids", apic_ids]
    if pin:
        command += ["--pin", ",".join(map(str, pin))]
    for fault in faults:
        command += ["--fault", fault]
    command += ["--seed", str(seed)]
    if timeout is not None:
        command += ["--timeout", str(timeout)]
    for name, value in params:
        command += ["--param", f"{name}={value}"]
    return command + [str(image)]


def shell(command):
    return shlex.join(command)


def _problems(result, case, vcpus, guard, leaked):
    """What xcvm did wrong, as a list of sentences; a guest's failure is not among them."""
    found = []
    events = result.report.events
    if result.status is None:
        found.append(f"xcvm did not end within {guard:g} s and was killed")
    elif result.status < 0:
        found.append(f"xcvm was killed by {signal.Signals(-result.status).name}")
    if leaked:
        found.append(f"xcvm left {leaked} process{'es' if leaked > 1 else ''} running")
    if result.refused:
        return found + [f"xcvm refused to run ({result.refused})"]
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


def _kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended meanwhile


class Run:
    """One case in a process and a process group of its own; readable (fileno) when it has ended."""

    def __init__(self, command, case, vcpus, guard, problems_of=event_problems):
        self.command, self.case, self.vcpus = command, case, vcpus
        self.guard, self.problems_of = guard, problems_of
        self.deadline = time.monotonic() + guard
        self.folder = tempfile.TemporaryDirectory(prefix="xcvm-case-")
        self.events = Path(self.folder.name) / "events.jsonl"
        self.errors = Path(self.folder.name) / "stderr"
        try:
            with self.errors.open("wb") as stderr:
                self.process = subprocess.Popen(
                    command[:1] + ["--events", str(self.events)] + command[1:],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                    process_group=0)
        except BaseException:
            self.folder.cleanup()
            raise
        # Not reaped before finish(): until then the number is still its own.
        self.pidfd = os.pidfd_open(self.process.pid)
        self.killed = False

    def fileno(self):
        return self.pidfd

    def wait(self, seconds):
        """True when it has ended."""
        return bool(select.select([self.pidfd], [], [], max(0, seconds))[0])

    def signal(self, number):
        """Send a signal to xcvm itself."""
        signal.pidfd_send_signal(self.pidfd, number)

    def kill(self):
        """End xcvm and all it started, now."""
        self.killed = True
        _kill_all({self.process.pid, *group_members(self.process.pid)})

    def abandon(self):
        """kill(), and forget about it."""
        self.kill()
        self.process.wait()
        os.close(self.pidfd)
        self.folder.cleanup()

    def _leaked(self):
        """How many processes xcvm left behind; they are gone when this returns."""
        members = group_members(self.process.pid)
        leaked = wait_gone(members, LEAVE_SECONDS) if members else []
        _kill_all(leaked)
        wait_gone(leaked, LEAVE_SECONDS)
        return len(leaked)

    def finish(self):
        """The Result, after waiting as long as the guard allows; nothing of it is left then."""
        if not self.wait(self.deadline - time.monotonic()):
            self.kill()
            self.wait(LEAVE_SECONDS)
        leaked = 0 if self.killed else self._leaked()
        status = self.process.wait()
        os.close(self.pidfd)
        result = Result(self.command, None if self.killed else status)
        result.report = load_report(self.events, self.problems_of)
        result.stderr = self.errors.read_text(encoding="utf-8", errors="replace")
        self.folder.cleanup()
        result.problems = _problems(result, self.case, self.vcpus, self.guard, leaked)
        return result


class Stopped(Exception):
    """The run was not waited for: whoever started it has been asked to end."""


def run_case(xcvm, image, case, vcpus, seed, timeout=None, params=(), guard=None,
             problems_of=event_problems, stopped=None, **how):
    """Run one case in a process of its own and return its Result; no process outlives the call.

    `stopped` is looked at now and then: when it says so, the run ends and Stopped is raised.
    """
    command = case_command(xcvm, image, case, vcpus, seed, timeout, params, **how)
    if guard is None:
        guard = (timeout or TIMEOUT_SECONDS) + GUARD_SECONDS
    run = Run(command, case, vcpus, guard, problems_of)
    try:
        while stopped is not None and not run.wait(LOOK_SECONDS):
            if stopped():
                raise Stopped
        return run.finish()
    except BaseException:
        run.abandon()
        raise
