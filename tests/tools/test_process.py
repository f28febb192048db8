# SPDX-License-Identifier: ISC
"""Who runs: what xc kills on its way out, and waits for."""

import os
import subprocess

from xclib import process


def test_members_of_a_group():
    with subprocess.Popen(["sleep", "60"], process_group=0) as leader:
        assert process.group_members(leader.pid) == [leader.pid]
        assert (leader.pid, os.getpid(), leader.pid) in process.processes()
        leader.kill()
        assert process.wait_gone([leader.pid]) == []
        assert process.group_members(leader.pid) == []  # a zombie still


def test_one_that_ends_as_it_is_looked_at(monkeypatch):
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [*real(path), "4194305"])  # above pid_max
    pids = [pid for pid, _, _ in process.processes()]
    assert os.getpid() in pids and 4194305 not in pids
