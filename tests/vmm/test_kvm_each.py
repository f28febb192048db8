# SPDX-License-Identifier: ISC
"""--each: every case in a child of its own, a summary last, the worst as exit code."""

import resource

import pytest

pytestmark = pytest.mark.vmm


def by_run(done):
    """The events of each run, by its number; the summary is left out."""
    runs = {}
    for event in done.events:
        if event["event"] != "summary":
            runs.setdefault(event["run"], []).append(event)
    return runs


def verdicts(done):
    """Case to verdict, and each run whole: from `run` to `end`."""
    found = {}
    for events in by_run(done).values():
        assert (events[0]["event"], events[-1]["event"]) == ("run", "end")
        assert [event["event"] for event in events].count("end") == 1
        found[events[0]["case"]] = events[-1]["verdict"]
    return found


def test_misuse(xcvm, liar_image):
    done = xcvm.report("--each=misuse_*", "--timeout", "0.7", liar_image)
    assert verdicts(done) == {"misuse_right": "pass", "misuse_text": "crash",
                              "misuse_cpu": "crash", "misuse_none": "fail",
                              "misuse_fail": "fail", "misuse_hang": "hang"}
    assert done.status == 3
    summary = done.events[-1]
    assert summary["event"] == "summary"
    assert (summary["run"], summary["code"], summary["interrupted"]) == (0, 3, 0)
    assert summary["count"] == {"pass": 1, "fail": 2, "usage": 0, "crash": 2, "skip": 0, "hang": 1,
                                "nokvm": 0, "differs": 0}
    for case in verdicts(done):
        assert case in done.stdout


def test_runs_are_numbered(xcvm, liar_image):
    done = xcvm.report("--each=done_*", liar_image)
    assert list(by_run(done)) == [1, 2, 3]
    assert done.status == 0


@pytest.mark.parametrize("glob, vcpus, code", [
    ("smoke", 2, 0), ("s[mk][oi]*", 2, 0), ("skip", 2, 4), ("done_other", 1, 4),
    ("fail_*", 2, 1), ("[sf][mka][oi][kl]*", 2, 1), ("bench_*", 2, 0),
])
def test_exit_code(xcvm, liar_image, glob, vcpus, code):
    done = xcvm.report(f"--each={glob}", "--vcpus", vcpus, liar_image)
    assert (done.status, done.events[-1]["code"]) == (code, code), verdicts(done)


def test_as_many_as_a_case_needs(xcvm, liar_image):
    """--vcpus N+: who needs more has more, in every event; the others have N."""
    done = xcvm.report("--each=done_[or]*", "--vcpus", "1+", liar_image)
    assert {events[0]["case"]: events[0]["vcpus"] for events in by_run(done).values()} == {
        "done_other": 2, "done_race": 2}
    assert "1 vCPU or what a case needs" in done.stdout and "  2 vCPUs\n" in done.stdout
    for run in done.of("run"):
        command = run["command"]
        assert command[command.index("--vcpus") + 1] == "2"
    most = xcvm.report("--each=done_then_more", "--vcpus", "1+", liar_image)
    assert most.of("run")[0]["vcpus"] == 1


def test_more_than_the_image_has(xcvm, liar_up_image):
    assert set(verdicts(xcvm.report("--each=done_[or]*", "--vcpus", "1+", liar_up_image)
                        ).values()) == {"skip"}


def test_up_image(xcvm, liar_up_image):
    """vCPUs are lowered to what the image supports; its SMP cases say why they are skipped."""
    done = xcvm.report("--each=done_*", liar_up_image)
    assert verdicts(done) == {"done_then_more": "pass", "done_other": "skip", "done_race": "skip"}
    assert {events[0]["vcpus"] for events in by_run(done).values()} == {1}


def test_bench_only_when_asked(xcvm, liar_image):
    listed = xcvm.run("--each=[fb][ei][gn]*", liar_image).stdout
    assert "bench_nothing" in listed and "figures" in listed
    every = xcvm.run("--each", "--timeout", "0.3", "-j", "2", liar_image)
    assert "figures" in every.stdout and "bench_nothing" not in every.stdout


def test_after_a_crash_all_is_well(xcvm, liar_image):
    """By name: crashes of every sort, then two passes, then a crash."""
    found = verdicts(xcvm.report("--each=[ps][oamt]*", liar_image))
    assert list(found.items()) == [
        ("panic_other", "crash"), ("panic_plain", "crash"), ("panic_trap", "crash"),
        ("port_input", "crash"), ("port_narrow", "crash"), ("port_string", "crash"),
        ("port_unknown", "crash"), ("say_bytes", "fail"), ("say_pieces", "pass"),
        ("smoke", "pass"), ("stack_overflow", "crash")]


def test_jobs(xcvm, liar_image):
    """Two at once: the events of a run stay in order and whole, and none is lost."""
    alone = xcvm.report("--each=lie_*", "--seed", "1", liar_image)
    both = xcvm.report("--each=lie_*", "--seed", "1", "-j", "2", liar_image)
    assert verdicts(both) == verdicts(alone)
    assert both.events[-1]["count"] == alone.events[-1]["count"]
    for events in by_run(both).values():
        times = [event["t_us"] for event in events]
        assert times == sorted(times)


def test_jobs_really_overlap(xcvm, liar_image):
    """Two cases that spin, each up to its limit, begin before either ends."""
    done = xcvm.report("--each=hang_[co]*", "-j", "2", "--timeout", "2", liar_image)
    assert done.status == 5
    order = [event["event"] for event in done.events if event["event"] in ("run", "end")]
    assert order == ["run", "run", "end", "end"]


def test_quiet(xcvm, liar_image):
    loud = xcvm.run("--each=s[mk][oi]*", liar_image).stdout
    quiet = xcvm.run("--each=s[mk][oi]*", "--quiet", liar_image).stdout
    assert "smoke" in loud and "smoke" not in quiet
    assert quiet.strip()
    assert "fail_check" in xcvm.run("--each=fail_check", "-q", liar_image).stdout


def test_details_stand_below_a_failure(xcvm, liar_image):
    text = xcvm.run("--each=fail_check", "--seed", "77", liar_image).stdout
    assert "liar/ends.c:42: one == two" in text
    assert "--case fail_check" in text and "--seed 77" in text


def test_what_did_not_pass_stands_again_at_the_end(xcvm, liar_image):
    """Where a CI that keeps only the end of a log still has each name and reason."""
    done = xcvm.report("--each=[sf][mka][oi][kl]*", liar_image)
    bad = [(case, verdict) for case, verdict in verdicts(done).items()
           if verdict not in ("pass", "skip")]
    lines = done.stdout[done.stdout.index("\nDid not pass:\n"):].splitlines()[2:-2]
    assert len(bad) >= 2
    assert [tuple(line.split()[1::-1]) for line in lines] == bad
    for line in lines:
        assert done.stdout.count(line) == 2, "not the line that stood above"
    assert "Did not pass" not in xcvm.run("--each=done_*", liar_image).stdout
    assert "Did not pass" not in xcvm.run("--each=misuse_text", liar_image).stdout


def test_summary_names_host_image_and_totals(xcvm, liar_image):
    text = xcvm.run("--each=s[mk][oi]*", "--seed", "4711", "--vcpus", "3", liar_image).stdout
    for words in (liar_image.name, "4711", "3 vCPU", "pass", "skip", "kvm"):
        assert words in text


def test_reports_that_wait(xcvm, liar_image):
    """Those that failed while the first one goes on: their files do not run into the limit."""
    done = xcvm.report("--each=[hl]*", "--timeout", "3", "-j", "5", liar_image,
                       preexec_fn=lambda: resource.setrlimit(
                           resource.RLIMIT_NOFILE,
                           (24, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    assert len(verdicts(done)) > 30
    assert [end["reason"] for end in done.of("end") if "Too many" in end["reason"]] == []
