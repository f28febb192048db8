# SPDX-License-Identifier: ISC
"""Processes by session: who is in one, and waiting until they are gone."""

import os
import select
import time
from pathlib import Path

SECONDS = 60  # nothing takes that long to end


def processes():
    """(pid, parent, session) of each process that is not a zombie."""
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            text = Path("/proc", name, "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it ended meanwhile
        state, parent, _, session, *_ = text.rpartition(")")[2].split()
        if state not in "ZX":
            yield int(name), int(parent), int(session)


def session_members(session):
    """The processes of a session."""
    return [pid for pid, _, its_session in processes() if its_session == session]


def wait_gone(pids, seconds=SECONDS):
    """Wait until none of these processes runs; the list of those that still do."""
    handles = {}
    for pid in pids:
        try:
            handles[os.pidfd_open(pid)] = pid
        except ProcessLookupError:
            pass
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    deadline = time.monotonic() + seconds
    left = dict(handles)
    while left and time.monotonic() < deadline:
        for handle, _ in poll.poll(1000 * (deadline - time.monotonic())):
            poll.unregister(handle)
            del left[handle]
    for handle in handles:
        os.close(handle)
    return sorted(left.values())
