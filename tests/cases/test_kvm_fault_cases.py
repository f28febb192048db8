# SPDX-License-Identifier: ISC
"""Fault cases: what is told when they end as they must."""

import pytest

from support.dropin import FIXTURES, Workshop
from xclib.run import run_case
from xclib.table import list_cases

RESENT = "stalled waits that sent their interrupt again"


@pytest.fixture
def image(xcvm_settings):
    return xcvm_settings.build / "xcguest.elf"


@pytest.mark.parametrize("vcpus", [2, 4])
def test_a_panic_in_a_handler(xcvm, image, vcpus):
    """It names the handler's number; every other CPU has stopped, whatever it waited for."""
    done = xcvm.report("--case", "i40_handler_panics", "--vcpus", vcpus, image)
    assert done.end["verdict"] == "pass"
    (panic,) = done.of("panic")
    assert panic["message"] == "i40: number 2 gives up (in the handler of ipi number 2)"
    assert (panic["cpu"], panic["expected"]) == (1, True)

    done = xcvm.report("--case", "i40_handler_panics", "--vcpus", vcpus, "--param", "unexpected=1",
                       image)
    assert done.end["verdict"] == "crash"
    # Some compilers leave out the frame of panic_stop(), which lies between.
    tops = {vcpu["cpu"]: [frame["function"] for frame in vcpu["backtrace"]
                          if frame["function"] != "panic_stop"][:2]
            for vcpu in done.of("vcpu") if vcpu["cpu"] != 1}
    assert tops == {cpu: ["cpu_stop", "intr_nmi"] for cpu in range(vcpus) if cpu != 1}


@pytest.mark.parametrize("case, primitive, function", [
    ("o22_lost_sync_hangs", "cpu_xcall_sync", "call_count"),
    ("o22_lost_slots_hangs", "cpu_xcall", "call_count"),
    ("i34_lost_message_hangs", "ipi_wait", "call_count"),
    ("i34_lost_mailbox_hangs", "ipi_unicast", "call_count"),
    ("n28_stuck_low_hangs", "xc_wait (LOW)", "call_count_2"),
    ("n28_stuck_high_hangs", "xc_wait (HIGH)", "call_count_2"),
    ("lost_low_call_hangs", "xc_wait (LOW)", "call_count_2"),
    ("lost_high_call_hangs", "xc_wait (HIGH)", "call_count_2")])
def test_who_is_stuck_is_told(xcvm, image, case, primitive, function):
    """It names who waits, for whom, where and for what; the run ends soon after."""
    done = xcvm.report("--case", case, image)
    assert done.end["verdict"] == "pass"
    (stall,) = done.of("stall")
    assert (stall["cpu"], stall["target"]) == (0, 1)
    assert (stall["primitive"], stall["function"]["function"]) == (primitive, function)
    assert stall["elapsed_ns"] >= 20_000_000 and not stall["resolved"]
    assert done.end["seconds"] < 25  # not at its time limit


@pytest.mark.parametrize("case", ["o22_lost_sync_resent", "i34_lost_message_resent",
                                  "i34_lost_mailbox_resent", "lost_wakeup_of_sync_resent"])
def test_to_send_again_is_counted(xcvm, image, case):
    done = xcvm.report("--case", case, "--vcpus", "3", image)
    assert done.end["verdict"] == "pass"
    assert done.figures(RESENT)[0] >= 1  # more on a busy host


def test_to_send_again_is_traced(xcvm, image):
    """In vain here, so that the trace is shown."""
    done = xcvm.report("--case", "virtualbox_861_deaf_cpu_hangs", image)
    trace = [record for vcpu in done.of("vcpu") if vcpu["cpu"] == 0 for record in vcpu["trace"]]
    resent = [(record["what"], record["target"]) for record in trace[-2:]]
    assert resent == [("resend", 1), ("ipi", 1)]


@pytest.fixture(scope="module")
def minyard(tmp_path_factory, xcvm_settings):
    """An image whose cpu_xcall(9) sends only for the first call in the queue."""
    workshop = Workshop(tmp_path_factory.mktemp("minyard") / "build", xcvm_settings.build)
    return workshop.image(cpu_xcall=FIXTURES / "minyard_xcall.c")


def test_what_else_finds_minyards_bug(xcvm_settings, minyard):
    """Of the cases without a fault: the one that counts interrupts."""
    cases = [case for case in list_cases(xcvm_settings.xcvm, minyard)
             if case.api == "cpu_xcall" and case.kind == "conformance"
             and not any(name.startswith("D") for name in case.contract) and case.counts([3])]
    assert len(cases) > 15
    found = {case.name for case in cases if run_case(
        xcvm_settings.xcvm, minyard, case.name, case.counts([3])[0], xcvm_settings.seed,
        5, []).verdict != "pass"}
    assert found == {"o9_each_call_interrupts"}


def test_minyards_bug(xcvm, image, minyard):
    """A caller is stopped between queueing and sending, and the next one sends nothing."""
    done = xcvm.report("--case", "minyard_stopped_caller", "--vcpus", "3", "--timeout", "3",
                       minyard)
    assert done.end["verdict"] == "hang"
    assert [fault["detail"]["function"] for fault in done.of("fault")] == ["cpu_xcall_ipi"]
    done = xcvm.report("--case", "minyard_stopped_caller", "--vcpus", "3", image)
    assert done.end["verdict"] == "pass"


@pytest.mark.parametrize("case", [
    "x2apic_window", "x2apic_tpr", "x2apic_cr8", "x2apic_cr8_lowered", "x2apic_in_service",
    "x2apic_physical", "i39_fence_before_the_icr", "o1_remote_call_from_every_context",
    "ipl_interrupts_softint", "ipl_stress"])
def test_an_interrupt_that_the_host_delivers_twice(xcvm, image, case):
    """kvm_amd inside QEMU does, about once in 20000: no case may take that for its own failure."""
    done = xcvm.report("--case", case, "--apic", "user", "--vcpus", 2, "--fault",
                       "kind=dup,vector=test,nth=1,delay_us=2000", image)
    assert (done.end["verdict"], len(done.of("fault"))) == ("pass", 1), done.stdout
