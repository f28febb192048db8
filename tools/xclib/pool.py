# SPDX-License-Identifier: ISC
"""Several runs at once, and their end when a signal says so."""

import os
import select
import signal
import time

GRACE_SECONDS = 5  # from being told to end to being killed


class Signals:
    """Within `with`: the signals that end a command are noted, and wake whoever waits."""

    WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self):
        self.seen = []

    @property
    def stop(self):
        """The first signal that came, or 0."""
        return self.seen[0] if self.seen else 0

    def __enter__(self):
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.wakeup = signal.set_wakeup_fd(self.writer, warn_on_full_buffer=False)
        # Whoever began us with nohup or in the background meant it.
        self.old = {number: signal.signal(number, lambda number, _: self.seen.append(number))
                    for number in self.WATCHED if signal.getsignal(number) != signal.SIG_IGN}
        return self

    def __exit__(self, *_):
        for number, handler in self.old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self.wakeup)
        os.close(self.reader)
        os.close(self.writer)

    def fileno(self):
        return self.reader

    def drain(self):
        try:
            os.read(self.reader, 4096)
        except BlockingIOError:
            pass


class Pool:
    """At most `jobs` runs at a time, each known by a key."""

    def __init__(self, jobs, signals):
        self.jobs, self.signals = jobs, signals
        self.running = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for run in self.running.values():
            run.abandon()
        self.running.clear()

    @property
    def free(self):
        return self.jobs - len(self.running)

    def add(self, key, run):
        self.running[key] = run

    def wait(self, seconds):
        """Up to so many seconds, for a run to end or a signal; the (key, Result) of those ended."""
        poll = select.poll()
        poll.register(self.signals, select.POLLIN)
        now = time.monotonic()
        for run in self.running.values():
            poll.register(run, select.POLLIN)
            seconds = min(seconds, run.deadline - now)
        ready = {descriptor for descriptor, _ in poll.poll(max(0, seconds) * 1000)}
        self.signals.drain()
        now = time.monotonic()
        ended = [key for key, run in self.running.items()
                 if run.fileno() in ready or run.deadline <= now]
        return [(key, self.running.pop(key).finish()) for key in ended]

    def drop(self, keys):
        """End these now; nobody wants to know of them."""
        for key in keys:
            self.running.pop(key).abandon()

    def end_all(self):
        """Tell every run to end, see to it that it does, and forget them."""
        for run in self.running.values():
            run.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        before = len(self.signals.seen)
        while self.running and time.monotonic() < deadline and len(self.signals.seen) == before:
            self.wait(deadline - time.monotonic())
        self.drop(list(self.running))
