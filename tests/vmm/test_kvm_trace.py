# SPDX-License-Identifier: ISC
"""The trace rings: what the guest notes, and what the VMM makes of them."""

import pytest

RECORDS = 64  # XCVM_TRACE_RECORDS


def traces(done):
    return {vcpu["cpu"]: vcpu["trace"] for vcpu in done.of("vcpu")}


def test_garbage_is_left_out(xcvm, liar_image):
    done = xcvm.report("--case", "trace_garbage", "--vcpus", "2", liar_image)
    (record,) = traces(done)[0]
    assert record["function"]["function"] == "trace_garbage"
    assert (record["tsc"], record["what"], record["primitive"], record["target"]) == (
        77, "send", "xcall low", None)
    assert traces(done)[1] == []
    assert "send      xcall low    all CPUs  trace_garbage\n" in done.stdout


def test_oldest_first(xcvm, liar_image):
    """The ring has gone round; a record that is being written is left out, the rest sorted."""
    done = xcvm.report("--case", "trace_wrapped", liar_image)
    last = RECORDS + RECORDS // 2
    expected = [tsc for tsc in range(last - RECORDS, last) if tsc != last - 3]
    assert [record["tsc"] for record in traces(done)[0]] == expected
    assert {record["function"] is None for record in traces(done)[0]} == {True}


def hang(xcvm, image, case, *arguments):
    """A stress case that is cut off in the middle."""
    return xcvm.report("--case", case, "--vcpus", "2", "--timeout", "1.5", "--param",
                       "budget_ms=60000", *arguments, image)


@pytest.mark.parametrize("case, primitives", [
    ("o12_all_to_all", {"cpu_xcall"}), ("n16_mixed_calls", {"xcall low", "xcall high", "ipi"}),
    ("i16_many_senders", {"ipi message", "ipi"})])
def test_a_call_leaves_its_trace(xcvm, our_image, case, primitives):
    done = hang(xcvm, our_image, case)
    assert done.end["verdict"] == "hang"
    records = [record for trace in traces(done).values() for record in trace]
    assert {record["primitive"] for record in records} <= primitives
    assert {"send", "dispatch", "done"} <= {record["what"] for record in records}
    for trace in traces(done).values():
        assert len(trace) >= RECORDS - 2  # what was being written just then is left out
        times = [record["tsc"] for record in trace]
        assert times == sorted(times) and len(set(times)) > 1
    for record in records:
        named = record["what"] in ("send", "dispatch", "done")
        assert (record["function"] is not None) == named, record


def test_it_can_be_turned_off(xcvm, our_image):
    done = hang(xcvm, our_image, "o12_all_to_all", "--param", "trace=0")
    assert traces(done) == {0: [], 1: []}
