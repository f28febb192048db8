# SPDX-License-Identifier: ISC
"""The schema takes what event_kind.c writes and nothing else, and the reader is strict."""

import json

import jsonschema
import pytest

from support import fake
from xcvm_pytest.events import (ReportError, event_problems, load_report, parse_report,
                                read_events, schema)

RUN = fake.run_event(case="smoke", vcpus=2, seed=1)
GOOD = {"run": RUN, "console": fake.console_event("hello\n"), "check": fake.check_event(),
        "metric": fake.metric_event("calls", 2 ** 64 - 1, "ns"), "section": fake.section_event(),
        "histogram": fake.histogram_event(), "stall": fake.stall_event(),
        "schedule": fake.schedule_event(), "panic": fake.panic_event(), "vcpu": fake.vcpu_event(),
        "diagnosis": fake.diagnosis_event(), "fault": fake.fault_event(),
        "core": fake.core_event(), "end": fake.end_event(), "summary": fake.summary_event()}
STATS = {"vm": {"remote_tlb_flush": 1, "hist": [0, 3]}, "vcpus": [{"cpu": 0, "exits": 7}]}


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_every_kind_is_known_here():
    assert set(GOOD) == set(schema()["properties"]["event"]["enum"])


@pytest.mark.parametrize("kind", GOOD)
def test_good(kind):
    assert event_problems(GOOD[kind]) == []
    jsonschema.Draft202012Validator(schema()).validate(GOOD[kind])


def test_a_stall_of_no_cpu():
    event = fake.stall_event(target=None, thread=None, ipl=None, pending=None)
    assert event_problems(event) == []
    jsonschema.Draft202012Validator(schema()).validate(event)


@pytest.mark.parametrize("kind, member", [(k, m) for k, e in GOOD.items() for m in e])
def test_every_member_is_required(kind, member):
    broken = {name: value for name, value in GOOD[kind].items() if name != member}
    assert event_problems(broken)


@pytest.mark.parametrize("kind", GOOD)
def test_no_member_beside(kind):
    assert event_problems({**GOOD[kind], "more": 1})


@pytest.mark.parametrize("kind, member", [(k, m) for k, e in GOOD.items() for m in e])
def test_every_member_has_a_type(kind, member):
    for wrong in (-1, {"x": {}}):
        assert event_problems({**GOOD[kind], member: wrong}), f"{member} may be {wrong}"


@pytest.mark.parametrize("change", [
    {"verdict": "won"}, {"code": 7}, {"code": 300}, {"emulated": "yes"}, {"insn_cycles": 0},
    {"failed_checks": 2 ** 64}, {"stats": {}}, {"stats": {**STATS, "host": {}}},
    {"stats": {**STATS, "vcpus": [{"exits": 1}]}}, {"seconds": "1"}, {"run": 0}])
def test_end_is_held_to_it(change):
    assert event_problems({**fake.end_event(), **change})


@pytest.mark.parametrize("change", [{"stats": STATS}, {"emulated": None, "insn_cycles": None},
                                    {"code": 130}, {"seconds": 3}])
def test_end_may_be(change):
    assert event_problems(fake.end_event(**change)) == []


@pytest.mark.parametrize("change", [
    {"user_exits": []}, {"user_exits": [-1]}, {"stats": {}}, {"name": ""}])
def test_a_section_is_held_to_it(change):
    assert event_problems(fake.section_event(**change))


@pytest.mark.parametrize("change", [
    {"digits": 2}, {"unit": "ns"}, {"phase": ""}, {"buckets": [[1]]}, {"buckets": [[1, 0]]},
    {"buckets": [[56320, 1]]}, {"buckets": [[1, 2 ** 32]]}, {"buckets": [1, 2]}])
def test_a_histogram_is_held_to_it(change):
    assert event_problems(fake.histogram_event(**change))


@pytest.mark.parametrize("event", [
    fake.section_event(stats=STATS), fake.histogram_event(target=None),
    fake.histogram_event(count=0, min=0, max=0, buckets=[])])
def test_a_measurement_may_be(event):
    assert event_problems(event) == []


@pytest.mark.parametrize("change", [
    {"registers": None}, {"backtrace": []}, {"backtrace": [fake.BARE_FRAME]}, {"error": "gone"}])
def test_vcpu_may_be(change):
    assert event_problems(fake.vcpu_event(**change)) == []


def test_core_may_be_missing():
    assert event_problems(fake.core_event(error="no room", bytes=None, stored_bytes=None)) == []


@pytest.mark.parametrize("change", [
    {"apic": None}, {"apic": {**fake.APIC, "injected": 48}}, {"if": None}, {"ipl": None},
    {"ipl_name": None}, {"thread": None}, {"pending": []}, {"slots": []}])
def test_vcpu_may_not_be_known(change):
    assert event_problems(fake.vcpu_event(**change)) == []


@pytest.mark.parametrize("change", [
    {"apic": {**fake.APIC, "irr": [256]}}, {"apic": {**fake.APIC, "isr": [1, 1]}},
    {"apic": {"irr": []}}, {"slots": [{"where": "slot 1"}]}, {"pending": [7]}])
def test_vcpu_is_held_to_it(change):
    assert event_problems(fake.vcpu_event(**change))


@pytest.mark.parametrize("change", [
    {"cpu": None}, {"thread": None, "orphan": True}, {"primitive": None}, {"function": None},
    {"target": None, "targets": 0}, {"elapsed_ns": None}, {"waits_for": 0}, {"evidence": []},
    {"backtrace": []}])
def test_a_wait_may_be(change):
    wait = {**fake.WAIT, **change}
    assert event_problems(fake.diagnosis_event(waits=[wait])) == []


@pytest.mark.parametrize("change", [{"verdict": "lost"}, {"sentence": ""}, {"cpu": -1},
                                    {"targets": None}, {"more": 1}])
def test_a_wait_is_held_to_it(change):
    wait = {**fake.WAIT, **change}
    assert event_problems(fake.diagnosis_event(waits=[wait]))


@pytest.mark.parametrize("change", [{"waits": []}, {"cause": None}, {"expected": True}])
def test_a_diagnosis_may_be(change):
    assert event_problems(fake.diagnosis_event(**change)) == []


@pytest.mark.parametrize("event", [[], 1, "run", None, {}, {"event": "walk"}, {"event": 1}])
def test_not_an_event(event):
    assert event_problems(event)


def as_lines(*events):
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def test_report_is_read(tmp_path):
    path = tmp_path / "events"
    path.write_bytes(as_lines(RUN, GOOD["end"]))
    assert read_events(path) == [RUN, GOOD["end"]]


@pytest.mark.parametrize("data, words", [
    (as_lines(RUN) + b'{"event": "end"', "cut off"),
    (as_lines(RUN)[:-1], "cut off"),
    (b"\n", "not JSON"),
    (b"hello\n", "not JSON"),
    (b'{"event": "console", "run": 1, "t_us": 1, "cpu": 0, "text": "\xff"}\n', "not JSON"),
    (as_lines({**GOOD["console"], "cpu": float("nan")}), "not JSON"),
    (b'{"event": "end", "event": "end"}\n', "twice"),
    (as_lines({**GOOD["console"], "cpu": "0"}), "cpu"),
])
def test_a_bad_line_is_told(tmp_path, data, words):
    path = tmp_path / "events"
    path.write_bytes(data)
    assert any(words in problem for problem in parse_report(data).problems)
    with pytest.raises(ReportError, match=words):
        read_events(path)


def test_good_lines_before_a_bad_one_are_kept():
    assert parse_report(as_lines(RUN) + b"{").events == [RUN]


def test_no_report(tmp_path):
    assert "No such file" in load_report(tmp_path / "none").problems[0]
    with pytest.raises(ReportError):
        read_events(tmp_path / "none")
