# SPDX-License-Identifier: ISC
"""A guest in which nothing can run again is found at once, and no other is taken for one."""

import pytest

LONG = 1500000  # microseconds in which all is still, many times what is waited before a look
CASE = ("--case", "o17_sync_returns_after_the_function", "--vcpus", "2")
SYNC = (*CASE, "--param", "budget_ms=1000", "--param", "stall_limit_ms=1")


@pytest.fixture(scope="module")
def image(xcvm_settings):
    return xcvm_settings.build / "xcguest.elf"


@pytest.mark.parametrize("case", ["hang_hlt", "hang_sti_hlt", "silent"])
@pytest.mark.parametrize("apic", ["kernel", "user"])
def test_found_without_the_time_limit(xcvm, liar_image, case, apic):
    done = xcvm.report("--case", case, "--apic", apic, "--vcpus", "2", "--timeout", "50",
                       liar_image)
    assert (done.status, done.end["diagnosis"]) == (5, "no interrupt can ever arrive"), done.end
    assert done.end["seconds"] < 25


@pytest.mark.parametrize("apic", ["kernel", "user"])
def test_an_armed_timer_is_waited_for(xcvm, image, apic):
    done = xcvm.report("--case", "idle_until_a_late_timer", "--vcpus", "4", "--apic", apic, image)
    assert done.end["verdict"] == "pass", done.end
    assert done.end["seconds"] >= 1.5


@pytest.mark.parametrize("fault", [
    f"kind=delay,delay_us={LONG},vector=xcall,nth=1",
    f"kind=stall,stall_us={LONG},dst=1,nth=1",
    f"kind=spurious,every_us={LONG},vector=xcall,to=1,nth=2 kind=lost,vector=xcall,dst=1,nth=1"])
def test_a_fault_that_is_to_come_is_waited_for(xcvm, image, fault):
    """Till then all CPUs are halted, the watches have reported, and no timer is armed."""
    faults = [part for spec in fault.split() for part in ("--fault", spec)]
    done = xcvm.report(*SYNC, "--apic", "user", *faults, image)
    assert done.end["verdict"] == "pass", done.end
    assert done.end["seconds"] >= LONG / 1e6


def test_a_held_cpu_is_waited_for(xcvm, image):
    """With KVM's APIC as well: the CPU that is to answer does not run."""
    done = xcvm.report(*SYNC, "--apic", "kernel", "--fault",
                       f"kind=stall,stall_us={LONG},dst=1,nth=1", image)
    assert done.end["verdict"] == "pass", done.end
    assert done.end["seconds"] >= LONG / 1e6


def test_a_held_cpu_is_named(xcvm, image):
    """At the time limit, while the plan holds it."""
    done = xcvm.report(*CASE, "--param", "budget_ms=60000", "--timeout", "4", "--fault",
                       "kind=preempt,function=cpu_xcall_dispatch,dst=1,nth=20,for_us=60000000",
                       image)
    (found,) = done.of("diagnosis")
    assert (done.status, found["verdict"]) == (5, "target not running")
    assert "the fault plan keeps cpu 1 from running" in found["sentence"]
    assert [vcpu["held"] for vcpu in done.of("vcpu")] == [False, True]
