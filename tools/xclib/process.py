# SPDX-License-Identifier: ISC
"""Processes by group: who is in one, and waiting until they are gone.

Groups, not sessions: a kernel that schedules session by session (sched_autogroup_enabled) starves
one that is new and mostly sleeps, for seconds, where others keep the CPUs busy.
"""

import os
import select
import time
from pathlib import Path

SECONDS = 60  # nothing takes that long to end


def processes():
    """(pid, parent, group) of each process that is not a zombie."""
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            text = Path("/proc", name, "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it ended meanwhile
        state, parent, group, *_ = text.rpartition(")")[2].split()
        if state not in "ZX":
            yield int(name), int(parent), int(group)


def group_members(group):
    """The processes of a process group."""
    return [pid for pid, _, its_group in processes() if its_group == group]


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
