# SPDX-License-Identifier: ISC
"""The model machine: what its orders may show, schedules that replay, and its own reports."""

import pytest

pytestmark = pytest.mark.kvm

RANDOM, PCT, DELAY, FREEZE = range(4)
SC, TSO, WEAK = range(3)

# Bits of an outcome as in guest/cases/explore/litmus.c; what each model permits.  Of the weak one
# what it must show beside: stores overtake each other there.
LITMUS = {
    "sb": ({1, 2, 3}, {0}, set()),
    "sb_fence": ({1, 2, 3}, set(), set()),
    "mp": ({0, 2, 3}, set(), {1}),
    "lb": ({0, 1, 2}, set(), set()),
    "2_2w": ({0, 1, 2}, set(), {3}),
    "r": ({0, 2, 3}, {1}, set()),
    "s": ({0, 1, 2}, set(), {3}),
}
IRIW = set(range(16)) - {5}


@pytest.fixture(name="image")
def fixture_image(our_image):
    return our_image.with_name("xcguest-explore.elf")


def explored(xcvm, image, case, vcpus=2, **params):
    """(figures by name, the last event) of an exploration."""
    given = [word for name, value in params.items() for word in ("--param", f"{name}={value}")]
    done = xcvm.report("--case", case, "--vcpus", vcpus, "--seed", 1, *given, image)
    figures = {event["name"]: event["value"] for event in done.events
               if event["event"] == "metric"}
    return figures, done.events[-1]


def outcomes(xcvm, image, case, memory, vcpus=2):
    figures, end = explored(xcvm, image, f"explore_litmus_{case}", vcpus, memory=memory,
                            strategy=RANDOM, orders=20000)
    assert end["verdict"] == "pass", end
    return {int(name.split()[-1]) for name in figures if name.startswith("orders of outcome")}


@pytest.mark.parametrize("case", LITMUS)
def test_litmus(xcvm, image, case):
    always, with_buffers, with_weak = LITMUS[case]
    assert outcomes(xcvm, image, case, SC) == always
    assert outcomes(xcvm, image, case, TSO) == always | with_buffers
    assert outcomes(xcvm, image, case, WEAK) == always | with_buffers | with_weak


@pytest.mark.parametrize("memory", [SC, TSO, WEAK])
def test_iriw(xcvm, image, memory):
    assert outcomes(xcvm, image, "iriw", memory, vcpus=4) == IRIW


@pytest.mark.parametrize("case, vcpus", [
    ("o1_remote_call_each_pair", 2), ("n1_low_broadcast", 2), ("explore_ipi_broadcast", 3),
    ("torture", 2)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_schedule_replays_byte_for_byte(xcvm, image, tmp_path, case, vcpus, seed):
    first, second = tmp_path / "first.sched", tmp_path / "second.sched"
    done = xcvm.report("--case", case, "--vcpus", vcpus, "--seed", seed, "--param", "record=1",
                       "--schedule", first, image)
    assert done.status == 0
    again = xcvm.report("--replay", first, "--schedule", second, image)
    assert again.status == 0
    assert first.read_bytes() == second.read_bytes()
    told = [event for event in again.events if event["event"] == "schedule"]
    assert [event["diverged"] for event in told] == [None]


def test_a_schedule_of_another_build(xcvm, image, tmp_path):
    kept = tmp_path / "kept.sched"
    assert xcvm.report("--case", "explore_cond", "--param", "record=1", "--schedule", kept,
                       image).status == 0
    lines = kept.read_text(encoding="ascii").splitlines(keepends=True)
    kept.write_text("".join(["build-id 0123\n" if line.startswith("build-id") else line
                             for line in lines]), encoding="ascii")
    done = xcvm.run("--replay", kept, image)
    assert done.status == 2 and "--replay-prefix" in done.stderr
    assert xcvm.report("--replay-prefix", kept, image).status == 0
    # A choice at a place that the code does not pass.
    words = lines[-1].split()
    kept.write_text("".join(lines[:-1]) + " ".join([*words[:4], "0x1"]) + "\n", encoding="ascii")
    done = xcvm.report("--replay", kept, image)
    told = [event for event in done.events if event["event"] == "schedule"]
    assert told[0]["diverged"] == len(lines) - 1 - next(
        number for number, line in enumerate(lines) if line.startswith("choices"))


@pytest.mark.parametrize("text, wanted", [
    ("", "xcvm schedule 1"), ("xcvm schedule 1\ncase x\n", "ends before its choices"),
    ("xcvm schedule 1\nvcpus no\n", "a number of vCPUs"),
    ("xcvm schedule 1\nchoices 1\n", "choices missing"),
    ("xcvm schedule 1\nchoices 1\n1 jump 0 0 0x1\n", "of kind run, drain or interrupt")])
def test_a_bad_schedule_is_refused(xcvm, image, tmp_path, text, wanted):
    path = tmp_path / "bad.sched"
    path.write_text(text, encoding="ascii")
    done = xcvm.run("--replay", path, image)
    assert done.status == 2 and wanted in done.stderr


def test_real_vcpus_follow_no_schedule(xcvm, our_image, tmp_path):
    done = xcvm.run("--schedule", tmp_path / "no.sched", our_image)
    assert done.status == 2 and "xcguest-explore.elf" in done.stderr


def test_all_with_few_delays(xcvm, image):
    figures, end = explored(xcvm, image, "explore_ipi_trigger", strategy=DELAY, depth=1,
                            orders=10 ** 9)
    assert end["verdict"] == "pass"
    assert figures["exhausted"] == 1 and figures["orders"] > 100


@pytest.mark.parametrize("strategy", [RANDOM, PCT, FREEZE])
def test_the_same_seed_gives_the_same_orders(xcvm, image, strategy):
    how = {"strategy": strategy, "orders": 500, "depth": 3}
    first, second = (explored(xcvm, image, "explore_condvar", **how)[0] for _ in range(2))
    del first["microseconds explored"], second["microseconds explored"]
    assert first == second


def test_an_exception_is_reported_with_its_cpu(xcvm, image):
    done = xcvm.report("--case", "trap_null_read", "--vcpus", 2, image)
    panic, = [event for event in done.events if event["event"] == "panic"]
    assert panic["cpu"] == 0 and panic["registers"]["cs"] == "0x2b"
    assert "page fault" in panic["message"]


def test_what_it_cannot_do_is_skipped(xcvm, image):
    for case, why in (("trap_null_write", "real vCPUs"), ("fault_lost", None)):
        if why is None:
            continue
        done = xcvm.report("--case", case, image)
        assert done.events[-1]["verdict"] == "skip" and why in done.events[-1]["reason"]
