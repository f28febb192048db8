# SPDX-License-Identifier: ISC
"""A guest that lies in its hypercalls: a crash that names the request and the field, no more."""

import re

import pytest

pytestmark = pytest.mark.vmm

# case: (request and field, more of the reason)
LIES = {
    "lie_req_null": ("request", "address|op", ""),
    "lie_req_misaligned": ("request", "address|op", ""),
    "lie_req_beyond": ("request", "address", "0x90000000"),
    "lie_req_straddling": ("request", "address", "outside guest memory"),
    "lie_op_zero": ("request", "op", "0 is no request"),
    "lie_op_unknown": ("request", "op", "4294967295"),
    "lie_console_text": ("console", "text", "0x7fff00000000"),
    "lie_console_overflow": ("console", "text", "outside"),
    "lie_console_len": ("console", "len", "1024"),
    "lie_console_len_huge": ("console", "len", str(2 ** 64 - 1)),
    "lie_check_file": ("check", "file", "0x7fff00000000"),
    "lie_check_expr": ("check", "expr", "1024"),
    "lie_check_message": ("check", "message", "outside|no end"),
    "lie_metric_name": ("metric", "name", "empty|0x0"),
    "lie_metric_unit": ("metric", "unit", "0x7fff00000000"),
    "lie_metric_empty": ("metric", "name", "empty"),
    "lie_stall_primitive": ("stall", "primitive", "0x7fff00000000"),
    "lie_stall_thread": ("stall", "thread", "1024"),
    "lie_stall_target": ("stall", "target", "no CPU 2"),
    "lie_stall_resolved": ("stall", "resolved", "77"),
    "lie_panic_message": ("panic", "message", "0x7fff00000000"),
    "lie_panic_frame": ("panic", "frame", "0x7fff00000000"),
    "lie_done_verdict": ("done", "verdict", "77"),
    "lie_done_reason": ("done", "reason", "0x7fff00000000"),
    "lie_start_none": ("start_cpus", "count", "0 CPUs"),
    "lie_start_self": ("start_cpus", "first", "started before"),
    "lie_start_range": ("start_cpus", "count", "2 CPUs"),
    "lie_start_overflow": ("start_cpus", "first", "no CPU 4294967295"),
    "lie_start_twice": ("start_cpus", "first", "started before"),
    "lie_section_name": ("section", "name", "0x7fff00000000"),
    "lie_section_empty": ("section", "name", "empty"),
    "lie_section_end": ("section", "end", "2 is neither"),
    "lie_section_reserved": ("section", "reserved", "not 0"),
    "lie_section_operations": ("section", "operations", "before"),
    "lie_section_nested": ("section", "end", "is open"),
    "lie_section_none": ("section", "end", "no section"),
    "lie_section_other": ("section", "name", "another section"),
    "lie_section_twice": ("section", "end", "no section"),
    "lie_histogram_phase": ("histogram", "phase", "0x7fff00000000"),
    "lie_histogram_empty": ("histogram", "phase", "empty"),
    "lie_histogram_counts": ("histogram", "counts", "0x7fff00000000"),
    "lie_histogram_end": ("histogram", "counts", "2049 counts"),
    "lie_histogram_ncounts": ("histogram", "ncounts", "0 is not"),
    "lie_histogram_many": ("histogram", "ncounts", "56321"),
    "lie_histogram_cpu": ("histogram", "cpu", "no CPU 2"),
    "lie_histogram_target": ("histogram", "target", "no CPU 2"),
    "lie_histogram_reserved": ("histogram", "reserved", "not 0"),
    "lie_histogram_sum": ("histogram", "count", "add up to 3"),
    "lie_histogram_min": ("histogram", "min", "6 is not"),
    "lie_histogram_max": ("histogram", "max", "2050 is not"),
    "lie_histogram_none": ("histogram", "min", "7 is not"),
    "lie_histogram_turned": ("histogram", "max", "2048 is not"),
}


@pytest.mark.parametrize("case", LIES)
def test_lie_is_told(xcvm, liar_image, case):
    request, field, words = LIES[case]
    done = xcvm.report("--case", case, liar_image)
    assert (done.status, done.end["verdict"], done.end["code"]) == (3, "crash", 3)
    assert re.match(rf"cpu 0: hypercall {request}: field ({field}): ", done.end["reason"])
    assert re.search(words, done.end["reason"])
    assert done.of("panic") == []


@pytest.mark.parametrize("case", ["lie_check_expr", "lie_start_twice"])
def test_every_vcpu_is_shown(xcvm, liar_image, case):
    done = xcvm.report("--case", case, "--vcpus", "3", liar_image)
    vcpus = done.of("vcpu")
    assert sorted(vcpu["cpu"] for vcpu in vcpus) == [0, 1, 2]
    assert {vcpu["why"] for vcpu in vcpus} == {"crash"}
    liar = vcpus[0]
    assert liar["cpu"] == 0 and liar["registers"]["rip"]
    assert case in [frame["function"] for frame in liar["backtrace"]]


def test_all_lies_are_tried(xcvm, liar_image):
    listed = re.findall(r'"name":\s*"(lie_\w+)"', xcvm.run("--list", liar_image).stdout)
    assert set(listed) == set(LIES)


@pytest.mark.parametrize("mem", ["9M", "3G"])
def test_smallest_and_largest_memory(xcvm, liar_image, mem):
    """The ends of memory are where a bounds check is wrong first."""
    for case in ("lie_req_straddling", "lie_check_message"):
        done = xcvm.report("--case", case, "--mem", mem, liar_image)
        assert done.end["verdict"] == "crash", done.end
