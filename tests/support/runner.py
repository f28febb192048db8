# SPDX-License-Identifier: ISC
"""Start xcvm in a group of its own, look at what it leaves, and let nothing outlive a test."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from xclib.process import group_members, wait_gone
from xcvm_pytest.events import event_problems, parse_report

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
SECONDS = 60  # nothing a test starts takes that long on an idle host


@contextlib.contextmanager
def heeded_signals():
    """What is started within heeds signals, even if whoever runs the tests does not: with nohup,
    or in the background of a script.  A handler is not inherited; that a signal is ignored is."""
    ignored = [number for number in SIGNALS if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


@dataclass
class Done:
    """A process that has ended."""

    status: int
    stdout: str
    stderr: str
    report: object = None

    @property
    def events(self):
        """The report's events; a bad report is a failed test."""
        assert self.report.problems == [], self.report.problems
        return self.report.events

    @property
    def end(self):
        ends = [event for event in self.events if event["event"] == "end"]
        assert len(ends) == 1, self.events
        return ends[0]

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]

    @property
    def console(self):
        return "".join(event["text"] for event in self.of("console"))

    def figures(self, name):
        return [event["value"] for event in self.of("metric") if event["name"] == name]


class Live:
    """A process that runs; its events can be read as they come (`--events -`)."""

    def __init__(self, command, **kwargs):
        self.errors = tempfile.TemporaryFile()  # a file: nobody has to read it meanwhile
        kwargs.setdefault("stderr", self.errors)
        with heeded_signals():
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                            process_group=0, **kwargs)
        self.pid = self.process.pid
        self.seen = []

    def next_event(self):
        """The next event, or None at the end of the stream; it has been held against the schema."""
        line = self.process.stdout.readline()
        if not line:
            return None
        assert line.endswith(b"\n"), f"cut off: {line!r}"
        event = json.loads(line)
        assert event_problems(event) == [], line
        self.seen.append(event)
        return event

    def until(self, kind, **fields):
        """Read up to the next event of this kind with these values, and return it."""
        while (event := self.next_event()) is not None:
            if event["event"] == kind and all(event[k] == v for k, v in fields.items()):
                return event
        raise AssertionError(f"no '{kind}' {fields} among {self.seen}")

    def members(self):
        return group_members(self.pid)

    def signal(self, number):
        self.process.send_signal(number)

    def finish(self, seconds=SECONDS):
        """Wait for the end; a Done with what was not read yet."""
        stdout, _ = self.process.communicate(timeout=seconds)
        self.errors.seek(0)
        stderr = self.errors.read().decode()
        return Done(self.process.returncode, (stdout or b"").decode(), stderr)

    def clean(self):
        """Kill all that is left of it, and say whether there was anything."""
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()
        left = self.members()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        wait_gone(left)
        for stream in (self.process.stdout, self.errors):
            if stream:
                stream.close()
        return left


class Xcvm:
    """The VMM under test."""

    def __init__(self, path, folder):
        self.path, self.folder = str(path), folder
        self.live = []

    def start(self, *arguments, stdout=subprocess.PIPE, **kwargs):
        command = [self.path, *map(str, arguments)]
        live = Live(command, stdout=stdout, **kwargs)
        self.live.append(live)
        return live

    def run(self, *arguments, seconds=SECONDS, **kwargs):
        """Run to the end; nothing of it may be left then."""
        live = self.start(*arguments, **kwargs)
        done = live.finish(seconds)
        assert live.members() == [], "processes are left"
        return done

    def report(self, *arguments, seconds=SECONDS, **kwargs):
        """run() with --events, and the report read and held against the schema."""
        path = self.folder / f"events-{len(self.live)}.jsonl"
        done = self.run("--events", path, *arguments, seconds=seconds, **kwargs)
        done.report = parse_report(path.read_bytes())
        return done

    @staticmethod
    def parse(path):
        """A Done for a report that something else has written."""
        return Done(None, "", "", parse_report(Path(path).read_bytes()))

    def clean(self):
        return [pid for live in self.live for pid in live.clean()]
