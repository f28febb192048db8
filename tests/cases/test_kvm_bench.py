# SPDX-License-Identifier: ISC
"""Every measurement once, for a moment: its phases, its counts, no exit of ours in it."""

import pytest

pytestmark = pytest.mark.vmm

CALL = {"call", "call to icr", "function"}
SOFT = CALL | {"handler to softint", "softint to function"}
HARD = CALL | {"handler to function"}
# case: (phases it always tells, phases that clocks may be too far apart for)
PHASES = {
    "bench_dry_run": ({"clock", "record"}, set()),
    "bench_histogram": ({"values"}, set()),
    "bench_ipi_self": ({"icr to handler", "handler to ack", "round trip"}, set()),
    "bench_ipi_unicast_halted": ({"round trip"}, {"icr to handler", "handler to ack"}),
    "bench_ipi_unicast_spinning": ({"round trip"}, {"icr to handler", "handler to ack"}),
    "bench_ipi_unicast_raised": ({"handler to function", "round trip"},
                                 {"icr to handler", "function to waiter"}),
    "bench_ipi_ping_pong": ({"round trip"}, set()),
    "bench_ipi_broadcast": ({"round trip"}, {"icr to handler"}),
    "bench_ipi_multicast": ({"round trip"}, {"icr to handler"}),
    "bench_ipi_mesh": ({"call"}, set()),
    "bench_cpu_xcall_async": (SOFT, {"icr to handler", "function to waiter"}),
    "bench_cpu_xcall_sync": (SOFT, {"icr to handler", "function to waiter"}),
    "bench_cpu_xcall_slots_full": ({"call"}, set()),
    "bench_ipi_trigger": (HARD, {"icr to handler", "function to waiter"}),
    "bench_ipi_message": (HARD, {"icr to handler", "function to waiter"}),
    "bench_ipi_message_broadcast": ({"call", "call to icr"}, {"function to waiter"}),
    "bench_xc_unicast_low": (HARD, {"icr to handler", "function to waiter"}),
    "bench_xc_unicast_high": (SOFT, {"icr to handler", "function to waiter"}),
    "bench_xc_broadcast_low": ({"call", "call to icr"}, {"function to waiter"}),
    "bench_xc_broadcast_high": ({"call", "call to icr"}, {"function to waiter"}),
    "bench_xc_barrier": ({"call"}, set()),
}
# Not one section around one operation.
PLAIN = {"bench_histogram"}
MANY = {"bench_ipi_mesh", "bench_cpu_xcall_slots_full"}
MASK = 2 ** 64 - 1


def hdr_ranges(limit):
    """Lowest value and width of each index, counted up one by one."""
    lowest, index = 0, 0
    while lowest < limit:
        width = 1 << max(0, index // 1024 - 1)
        yield index, lowest, width
        lowest, index = lowest + width, index + 1


def splitmix(state):
    state = (state + 0x9e3779b97f4a7c15) & MASK
    z = ((state ^ state >> 30) * 0xbf58476d1ce4e5b9) & MASK
    z = ((z ^ z >> 27) * 0x94d049bb133111eb) & MASK
    return state, z ^ z >> 31


@pytest.fixture(name="bench")
def bench_fixture(xcvm, our_image):
    def run(case, *options, vcpus=2, warmup=2):
        params = () if case == "bench_histogram" else (
            "--param", "budget_ms=20", "--param", f"warmup={warmup}")
        return xcvm.report("--case", case, "--vcpus", vcpus, *params, *options, our_image)
    return run


def test_all_are_here(xcvm, our_image):
    listed = [line for line in xcvm.run("--list", our_image).stdout.splitlines()]
    assert {name for name in PHASES} == {
        line.split('"name":"')[1].split('"')[0] for line in listed if '"name":"bench_' in line}


@pytest.mark.parametrize("case", PHASES)
def test_smoke(bench, case):
    done = bench(case)
    assert (done.status, done.end["verdict"]) == (0, "pass"), done.stdout
    always, maybe = PHASES[case]
    told = {event["phase"] for event in done.of("histogram")}
    assert always <= told <= always | maybe
    assert len(maybe - told) == sum(done.figures("skipped phases"))
    for event in done.of("histogram"):
        assert event["count"] == sum(count for _, count in event["buckets"]) > 0
        assert event["min"] <= event["max"]
    if case in PLAIN:
        return
    section, = done.of("section")
    assert section["name"] == case and section["operations"] > 0
    assert section["user_exits"] == [0, 0]
    assert done.figures("operations") == [section["operations"]]
    assert done.figures("tsc offset bound of cpu1")[0] > 0
    for event in done.of("histogram"):
        if case not in MANY and event["phase"] in ("call", "round trip", "clock", "record"):
            assert event["count"] == section["operations"]


@pytest.mark.parametrize("case", sorted(MANY))
def test_each_sender_measures(bench, case):
    done = bench(case, vcpus=3)
    senders = {event["cpu"] for event in done.of("histogram")}
    assert senders == ({0, 1, 2} if case == "bench_ipi_mesh" else {1, 2})
    per = 8 if case == "bench_cpu_xcall_slots_full" else 1
    assert sum(event["count"] for event in done.of("histogram")) == \
        per * done.of("section")[0]["operations"]


def test_mesh_by_pair(bench):
    """Few enough CPUs: a histogram for each pair; more: for each sender."""
    pairs = {(event["cpu"], event["target"]) for event in bench("bench_ipi_mesh", vcpus=3)
             .of("histogram")}
    assert pairs <= {(cpu, to) for cpu in range(3) for to in range(3) if cpu != to}
    assert {cpu for cpu, _ in pairs} == {0, 1, 2}
    pairs = {(event["cpu"], event["target"]) for event in bench("bench_ipi_mesh", vcpus=17)
             .of("histogram")}
    assert pairs == {(cpu, None) for cpu in range(17)}


def test_multicast_to_k(bench):
    done = bench("bench_ipi_multicast", "--param", "k=2", vcpus=4)
    assert done.figures("targets") == [2]
    trip, = [event for event in done.of("histogram") if event["phase"] == "round trip"]
    for event in done.of("histogram"):
        assert event["count"] == trip["count"] * (2 if event["phase"] == "icr to handler" else 1)


def test_no_warm_up_is_counted(bench):
    done = bench("bench_ipi_unicast_halted", warmup=50)
    assert done.status == 0
    trip, = [event for event in done.of("histogram") if event["phase"] == "round trip"]
    assert trip["count"] == done.of("section")[0]["operations"]


@pytest.mark.parametrize("seed", [1, 2 ** 63 + 12345])
def test_histogram_against_a_model(bench, seed):
    done = bench("bench_histogram", "--seed", seed)
    limit = 1 << 36
    state, first = splitmix(seed)
    state, values = first, []
    for _ in range(500):
        state, value = splitmix(state)
        state, random = splitmix(state)
        values.append(min(value >> ((random >> 32) * 64 >> 32), limit - 1))
    event, = done.of("histogram")
    assert (event["min"], event["max"], event["count"]) == (min(values), max(values), 500)
    found = dict((index, count) for index, count in event["buckets"])
    values.sort()
    ranges, want, at = hdr_ranges(limit), {}, 0
    for index, lowest, width in ranges:
        while at < len(values) and values[at] < lowest + width:
            assert values[at] >= lowest
            want[index] = want.get(index, 0) + 1
            at += 1
    assert found == want
    median, = done.figures("median")
    assert abs(median - values[249]) <= values[249] / 1000


def test_the_fence_can_be_left_out(bench):
    done = bench("bench_ipi_unicast_halted", "--param", "icr_fence=0")
    assert done.status == 0 and done.events[0]["params"]["icr_fence"] == 0


def test_conditions(bench):
    done = bench("bench_ipi_self", vcpus=1)
    run = done.events[0]
    assert run["kind"] == "bench" and run["tsc_khz"] > 0
    assert done.end["emulated"] in (True, False)
