# SPDX-License-Identifier: ISC
"""Every outcome, provoked on purpose: verdict, exit code, reason, and what is told with it."""

import re

import pytest

pytestmark = pytest.mark.vmm

CODES = {"pass": 0, "fail": 1, "crash": 3, "skip": 4, "hang": 5}
QUICK = ("--timeout", "0.7")

# case: (verdict, reason)
ENDS = {
    "smoke": ("pass", ""),
    "fail_check": ("fail", "1 check failed"),
    "fail_reason": ("fail", "for no reason"),
    "fail_hidden": ("fail", "1 check failed"),
    "fail_many": ("fail", "many checks failed"),
    "skip": ("skip", "not in the mood"),
    "panic_plain": ("crash", "cpu 0: panic: plainly broken"),
    "panic_trap": ("crash", "cpu 0: panic: trap"),
    "panic_other": ("crash", "cpu 1: panic: plainly broken elsewhere"),
    "done_then_more": ("pass", ""),
    "done_other": ("pass", ""),
    "done_race": ("pass", ""),
    "misuse_right": ("pass", ""),
    "misuse_text": ("crash", 'plainly broken .*"kindly" on CPU 0'),
    "misuse_cpu": ("crash", 'plainly broken .*"plainly" on CPU 1'),
    "misuse_none": ("fail", '"plainly" on CPU 0 never came'),
    "misuse_fail": ("fail", "1 check failed"),
    "port_unknown": ("crash", "KVM_EXIT_IO: output .* port 0x80"),
    "port_narrow": ("crash", "port 0xc56"),
    "port_input": ("crash", "input .* port 0xc56"),
    "port_string": ("crash", "port 0xc56|hypercall request: field address"),
    "touch_unmapped": ("crash", "triple fault"),
    "touch_null": ("crash", "triple fault"),
    "write_text": ("crash", "triple fault"),
    "run_data": ("crash", "triple fault"),
    "stack_overflow": ("crash", "triple fault"),
    "triple_fault": ("crash", "triple fault"),
    "bad_msr": ("crash", "triple fault"),
    "apic_reserved": ("crash", "triple fault"),
}
HANGS = {"hang_cli": "about to spin\n", "hang_hlt": "about to halt\n",
         "hang_sti_hlt": "about to wait\n", "hang_other": "waiting for cpu 1\n",
         "silent": "these are my last w", "misuse_hang": "about to spin\n"}


@pytest.mark.parametrize("apic", ["kernel", "user"])
@pytest.mark.parametrize("case", ENDS)
def test_ends(xcvm, liar_image, case, apic):
    verdict, reason = ENDS[case]
    done = xcvm.report("--case", case, "--apic", apic, liar_image)
    assert (done.end["verdict"], done.end["code"]) == (verdict, CODES[verdict]), done.end
    assert done.status == CODES[verdict]
    assert re.search(reason, done.end["reason"])
    assert (done.end["reason"] == "") == (verdict == "pass")
    assert done.events[0]["event"] == "run" and done.events[-1]["event"] == "end"
    assert verdict in done.stdout
    assert "Sanitizer" not in done.stderr


@pytest.mark.parametrize("apic", ["kernel", "user"])
@pytest.mark.parametrize("case", HANGS)
def test_hangs(xcvm, liar_image, case, apic):
    done = xcvm.report(*QUICK, "--case", case, "--apic", apic, liar_image)
    assert (done.status, done.end["verdict"]) == (5, "hang"), done.end
    assert done.end["reason"]
    assert done.console == HANGS[case]
    assert [vcpu["cpu"] for vcpu in done.of("vcpu")] == [0, 1]
    assert {vcpu["why"] for vcpu in done.of("vcpu")} == {"hang"}
    function = "hang_cli" if case == "misuse_hang" else case
    assert (function if case != "silent" else "start") in [
        frame["function"] for frame in done.of("vcpu")[0]["backtrace"]]


def test_a_talking_guest_can_hang_too(xcvm, liar_image):
    done = xcvm.report(*QUICK, "--case", "flood_endless", liar_image)
    assert (done.status, done.end["verdict"]) == (5, "hang"), done.end
    assert len(done.of("console")) > 100


def test_time_limit_is_kept(xcvm, liar_image):
    done = xcvm.report("--timeout", "1.5", "--case", "hang_cli", liar_image)
    assert 1.5 <= done.end["seconds"] < 15
    assert "1.5 s" in done.end["reason"] and "--timeout" in done.end["reason"]


@pytest.mark.parametrize("cpu, case", [(0, "panic_plain"), (1, "panic_other"), (0, "panic_trap")])
def test_panic_is_told(xcvm, liar_image, cpu, case):
    done = xcvm.report("--case", case, liar_image)
    panic, = done.of("panic")
    assert (panic["cpu"], panic["expected"]) == (cpu, False)
    assert panic["message"] in done.end["reason"]
    if case == "panic_trap":
        assert panic["registers"]["rip"] == "0x123456789abcdef0"
        assert (panic["registers"]["vector"], panic["registers"]["error"]) == ("0xd", "0x18")
    else:
        assert panic["registers"] is None
        assert "panic" in [frame["function"] for frame in panic["backtrace"]]


def test_expected_panic_is_told_and_no_crash(xcvm, liar_image):
    done = xcvm.report("--case", "misuse_right", liar_image)
    panic, = done.of("panic")
    assert panic["expected"] is True
    assert done.of("vcpu") == []


def test_nothing_after_the_end(xcvm, liar_image):
    done = xcvm.report("--case", "done_then_more", liar_image)
    assert "another thing" not in done.console


def test_another_cpu_may_end_it(xcvm, liar_image):
    assert xcvm.report("--case", "done_other", liar_image).figures("ended_by") == [1]


def test_race_to_the_end(xcvm, liar_image):
    """Whoever comes first; never two ends, never a metric after the end."""
    for _ in range(20):
        done = xcvm.report("--case", "done_race", liar_image)
        assert (done.status, done.events[-1]["event"]) == (0, "end")
        assert done.figures("ended_by") in ([], [1])


def test_failed_check_is_told(xcvm, liar_image):
    check, = xcvm.report("--case", "fail_check", liar_image).of("check")
    told = {name: check[name] for name in ("cpu", "file", "line", "expr", "message")}
    assert told == {"cpu": 0, "file": "liar/ends.c", "line": 42, "expr": "one == two",
                    "message": 'one is 1, two is "2"'}


def test_a_thousand_failed_checks(xcvm, liar_image):
    """The first ones are told, all are counted."""
    done = xcvm.report("--case", "fail_many", liar_image)
    lines = [check["line"] for check in done.of("check")]
    assert done.end["failed_checks"] == 1000
    assert lines == list(range(1, 65))


def test_too_few_vcpus_is_a_skip(xcvm, liar_image):
    done = xcvm.report("--case", "done_other", "--vcpus", "1", liar_image)
    assert (done.status, done.end["verdict"]) == (4, "skip")
    assert "needs at least 2 vCPUs, has 1" in done.end["reason"]


def test_too_many_vcpus_is_a_skip(xcvm, liar_image):
    done = xcvm.report("--case", "figures", "--vcpus", "5", liar_image)
    assert (done.status, done.end["verdict"]) == (4, "skip")
    assert "takes at most 4 vCPUs, has 5" in done.end["reason"]


def test_more_memory_than_a_run_can_have(xcvm, liar_image):
    """Too little for so many vCPUs is a usage error that names the option."""
    done = xcvm.run("--mem", "2M", "--vcpus", "64", liar_image)
    assert done.status == 2
    assert "--mem" in done.stdout + done.stderr
