# SPDX-License-Identifier: ISC
"""Signals: the run, its VM and its children end, at once and without a trace; SIGQUIT looks."""

import contextlib
import os
import select
import signal

import pytest

from support.runner import wait_gone

pytestmark = pytest.mark.vmm

ENDING = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
LONG = ("--timeout", "300", "--events", "-")


def hanging(xcvm, image, *options, case="hang_cli"):
    """A run that hangs, at the point where it does."""
    live = xcvm.start(*LONG, *options, "--case", case, image)
    live.until("console")
    return live


def rest(live):
    """All further events."""
    while live.next_event() is not None:
        pass
    return live.seen


@pytest.mark.parametrize("number, apic", [*((number, "kernel") for number in ENDING),
                                          (signal.SIGINT, "user")])
@pytest.mark.parametrize("case", ["hang_cli", "hang_hlt", "hang_sti_hlt", "hang_other"])
def test_a_run(xcvm, liar_image, number, apic, case):
    live = hanging(xcvm, liar_image, "--apic", apic, case=case)
    live.signal(number)
    events = rest(live)
    done = live.finish()
    assert done.status == ENDING[number]
    assert (events[-1]["event"], events[-1]["code"]) == ("end", ENDING[number])
    assert events[-1]["verdict"] != "pass"
    assert signal.Signals(number).name in events[-1]["reason"]
    assert live.members() == []


@pytest.mark.parametrize("case", ["flood_endless"])
def test_a_talking_run(xcvm, liar_image, case):
    live = hanging(xcvm, liar_image, case=case)
    live.signal(signal.SIGINT)
    events = rest(live)
    assert live.finish().status == 130
    assert events[-1]["event"] == "end"


class Unread:
    """A run whose standard output is a pipe that nobody reads."""

    def __init__(self, xcvm, *arguments):
        self.read, self.write = os.pipe()
        self.live = xcvm.start(*LONG, *arguments, stdout=self.write)
        self.room = select.poll()
        self.room.register(self.write, select.POLLOUT)

    def await_full(self, processes=1):
        """Until the pipe is full, and so many processes are there."""
        while self.room.poll(0) or len(self.live.members()) < processes:
            assert self.live.process.poll() is None

    def interrupted(self):
        """Ctrl-C ends it, with all its processes."""
        self.live.signal(signal.SIGINT)
        done = self.live.finish()
        os.close(self.read)
        os.close(self.write)
        assert done.status == 130
        assert self.live.members() == []


def test_reader_that_does_not_read(xcvm, liar_image):
    """The pipe is full and stays so: Ctrl-C ends it all the same."""
    unread = Unread(xcvm, "--case", "flood_endless", liar_image)
    unread.await_full()
    unread.interrupted()


def fill(pipe):
    """To the last byte, through a description of its own."""
    junk = os.open(f"/proc/self/fd/{pipe}", os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(junk, b"x")
    os.close(junk)


@pytest.mark.parametrize("events", [(), ("--events", "-")], ids=["text", "events"])
@pytest.mark.parametrize("what", [("--case", "flood_endless"), ("--each=flood*",)],
                         ids=["run", "each"])
def test_nobody_reads_anything(xcvm, liar_image, what, events):
    """Not even standard error, where the last word would go."""
    read, write = os.pipe()
    live = xcvm.start("--timeout", "300", *what, *events, liar_image, stdout=write, stderr=write)
    seen = b""
    while b"the same line" not in seen and len(live.members()) < 2:
        if select.select([read], [], [], 0)[0]:
            seen += os.read(read, 4096)
        assert live.process.poll() is None
    fill(write)
    live.signal(signal.SIGINT)
    done = live.finish()
    os.close(read)
    os.close(write)
    assert done.status == 130
    assert live.members() == []


def test_twice_is_not_worse(xcvm, liar_image):
    live = hanging(xcvm, liar_image)
    live.signal(signal.SIGINT)
    live.signal(signal.SIGINT)
    rest(live)
    assert live.finish().status == 130


def test_at_once(xcvm, liar_image):
    """Wherever it hits, nothing is left; before xcvm is ready the signal itself ends it."""
    for _ in range(10):
        live = xcvm.start(*LONG, "--case", "hang_cli", liar_image)
        live.signal(signal.SIGINT)
        assert live.finish().status in (130, -signal.SIGINT)
        assert live.members() == []


@pytest.mark.parametrize("to_group", [False, True], ids=["kill", "ctrl_c"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_each(xcvm, liar_image, to_group, jobs):
    live = xcvm.start(*LONG, "--each=hang_[cho]*", "-j", jobs, liar_image)
    for _ in range(jobs):
        live.until("console")
    assert len(live.members()) == 1 + jobs
    if to_group:
        os.killpg(live.pid, signal.SIGINT)
    else:
        live.signal(signal.SIGINT)
    events = rest(live)
    done = live.finish()
    assert done.status == 130
    summary = events[-1]
    assert (summary["event"], summary["code"], summary["interrupted"]) == ("summary", 130, 2)
    begun = {event["run"] for event in events if event["event"] == "run"}
    ended = {event["run"] for event in events if event["event"] == "end"}
    assert begun == ended and len(begun) == jobs
    assert live.members() == []


def test_each_whose_parent_is_killed(xcvm, liar_image):
    live = xcvm.start(*LONG, "--each=hang_[cho]*", "-j", "2", liar_image)
    live.until("console")
    live.until("console")
    members = live.members()
    assert len(members) == 3
    live.signal(signal.SIGKILL)
    assert wait_gone([pid for pid in members if pid != live.pid]) == []


def test_each_whose_child_is_killed(xcvm, liar_image):
    """The run is a crash that says so, the next one runs, and all reports are whole."""
    live = xcvm.start("--timeout", "300", "--events", "-", "--each=hang_cli", liar_image)
    live.until("console")
    child, = (pid for pid in live.members() if pid != live.pid)
    os.kill(child, signal.SIGKILL)
    end = live.until("end")
    assert (end["run"], end["verdict"]) == (1, "crash")
    assert "SIGKILL" in end["reason"] or "signal 9" in end["reason"]
    assert live.until("summary")["count"]["crash"] == 1
    assert live.finish().status == 3


def test_each_whose_child_is_killed_and_nobody_reads(xcvm, liar_image):
    """One child waits for the reader, with the lock of the events: the other's end cannot be told,
    and Ctrl-C must be heard all the same."""
    unread = Unread(xcvm, "--each=*n[dg]*[sl][si]", "-j", "2", liar_image)
    unread.await_full(processes=3)
    live = unread.live
    child = max(pid for pid in live.members() if pid != live.pid)
    os.kill(child, signal.SIGKILL)
    while os.path.exists(f"/proc/{child}"):
        assert live.process.poll() is None
    unread.interrupted()


@pytest.mark.parametrize("apic", ["kernel", "user"])
@pytest.mark.parametrize("case", ["hang_cli", "hang_sti_hlt"])
def test_sigquit_looks_and_goes_on(xcvm, liar_image, apic, case):
    live = hanging(xcvm, liar_image, "--vcpus", "3", "--apic", apic, case=case)
    for _ in range(3):
        live.signal(signal.SIGQUIT)
        vcpus = [live.until("vcpu") for _ in range(3)]
        assert [vcpu["cpu"] for vcpu in vcpus] == [0, 1, 2]
        assert {vcpu["why"] for vcpu in vcpus} == {"sigquit"}
        assert case in [frame["function"] for frame in vcpus[0]["backtrace"]]
    assert live.process.poll() is None
    live.signal(signal.SIGINT)
    rest(live)
    assert live.finish().status == 130


def test_sigquit_does_not_change_the_verdict(xcvm, liar_image):
    live = xcvm.start("--events", "-", "--case", "flood", liar_image)
    live.until("console")
    live.signal(signal.SIGQUIT)
    live.until("vcpu", cpu=1)
    assert live.until("end")["verdict"] == "pass"
    assert live.finish().status == 0
    lines = [event["text"] for event in live.seen if event["event"] == "console"]
    assert "".join(lines).count("\n") == 2000
