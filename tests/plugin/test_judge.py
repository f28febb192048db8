# SPDX-License-Identifier: ISC
"""The plugin on one run: what passes, what does not, and the words for it."""

import re
import signal

import pytest

from support.fake import (case, check_event, console_event, end_event, metric_event, panic_event,
                          run_event, stall_event, vcpu_event)


def failed(fake, *arguments):
    """Run one case that has to fail; all that pytest said."""
    result = fake.run(*arguments)
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = result.stdout.str()
    assert "Traceback" not in text and "raise CaseFailed" not in text
    return text


def test_pass(fake):
    fake.script(case("o1", console_event("fine\n")))
    result = fake.run("-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["cases.toml::mp::o1?2? PASSED*"])
    assert result.ret == 0


def test_skip(fake):
    fake.script(case("o1", verdict="skip", reason="this host has one CPU"))
    result = fake.run("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*cases.toml*this host has one CPU*"])


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_differs_by_decision(fake, workers):
    """Somebody else's implementation need not do what is our decision: counted, and told, apart."""
    table = {"implementation": {"api": "cpu_xcall", "path": "their/file.c", "sha256": "0" * 64,
                                "foreign": True}}
    fake.script(case("o1", check_event(), verdict="differs", table=table,
                     reason="differs by decision 8: fail: checks failed"),
                case("o2", verdict="skip", reason="this host has one CPU", table=table))
    result = fake.run("--vcpus", "2,10", *workers)
    assert result.parseoutcomes() == {"differs": 2, "skipped": 2}
    assert result.ret == 0
    result.stdout.fnmatch_lines([
        f"under test: cpu_xcall of their/file.c, sha256 {'0' * 64}",
        "*1 case differs by decision: no failure, see docs/dropin.md*",
        "o1[[]2,10] decision 8: fail: checks failed"])


def test_ours_under_test(fake):
    """Nothing is said of our own implementation."""
    table = {"implementation": {"api": "cpu_xcall", "path": "our/file.c", "sha256": "0" * 64,
                                "foreign": False}}
    fake.script(case("o1", table=table))
    text = fake.run().stdout.str()
    assert "under test" not in text and "differ" not in text


def test_failed_check(fake):
    fake.script(case("o1", check_event(), console_event("one "), console_event("line\nnext\n"),
                     verdict="fail", reason="1 check failed", stderr="xcvm: a remark\n"))
    text = failed(fake, "--seed", "77")
    assert "o1 with 2 vCPUs: fail: 1 check failed" in text
    assert "check failed on cpu 1 at cases/o1.c:42: n == 1\n    n is 2\n" in text
    assert "console:\n    one line\n    next\n" in text
    assert "    xcvm: a remark\n" in text
    assert "seed 77" in text
    assert re.search(r"^FAILED .*o1\[2\] - fail: 1 check failed$", text, re.MULTILINE)


def test_command_to_run_it_again(fake):
    """Exactly what was run, less the report, and quoted for a shell."""
    fake.script(case("o1", verdict="fail", table={"params": {"n": 1}}))
    text = failed(fake, "--seed", "5", "--param", "n=9", "--xcvm-timeout", "7")
    assert ("    build/xcvm --case o1 --vcpus 2 --seed 5 --timeout 7 --param n=9 "
            "build/xcguest.elf\n") in text
    call = fake.calls()[-1]
    where = call.index("--events")
    del call[where:where + 2]
    assert " ".join(call) in text


def test_command_is_quoted(fake):
    image = fake.build / "my guest;.elf"
    fake.script(case("o1", verdict="fail"), image=image.name)
    assert "'build/my guest;.elf'" in failed(fake, str(image))


def test_many_checks_are_cut(fake):
    checks = [check_event(line=n) for n in range(64)]
    fake.script({**case("o1", *checks), "status": 1, "events": [
        run_event(), *checks, end_event("fail", failed_checks=1000)]})
    text = failed(fake)
    assert text.count("check failed on cpu") == 20
    assert "... and 980 more failed checks" in text


def test_crash(fake):
    fake.script(case("o1", panic_event(), vcpu_event(0, "crash"),
                     vcpu_event(1, "crash", error="it would not stop", registers=None,
                                backtrace=[]),
                     verdict="crash", reason="panic: xc: lost my way"))
    text = failed(fake)
    for words in ("crash: panic: xc: lost my way",
                  "panic on cpu 0 (not expected): xc: lost my way",
                  "trap: vector=0xd error=0x0 rip=0x200010",
                  "    at xc_send+16 (kern/xc.c:7)\n    by 0x200020\n",
                  "vcpu 0: running (crash)\n    at xc_send+16",
                  "    trace 12345: send cpu_xcall cpu 1 xc_send+16 (kern/xc.c:7)\n",
                  "vcpu 1: running (crash)\n    it would not stop\n"):
        assert words in text


def test_hang(fake):
    fake.script(case("o1", stall_event(), vcpu_event(1), verdict="hang", reason="time limit"))
    text = failed(fake)
    assert "hang: time limit" in text
    assert ("stall: cpu_xcall on cpu 0 has waited 250.0 ms for cpu 1 to run xc_send+16 "
            "(kern/xc.c:7); it runs idle/1 at IPL 8, pending 3") in text


@pytest.mark.parametrize("verdict", ["usage", "nokvm"])
def test_refused(fake, verdict):
    """Refused without a report: xcvm's own words are shown."""
    status = {"usage": 2, "nokvm": 6}[verdict]
    fake.script({**case("o1", stderr="xcvm: --vcpus 2: no\n"), "events": [], "status": status})
    text = failed(fake)
    assert f"xcvm refused to run ({verdict})" in text
    assert "    xcvm: --vcpus 2: no\n" in text


@pytest.mark.parametrize("events, raw, status, words", [
    pytest.param([], "", 0, "cut off, there is no 'end' event", id="empty"),
    pytest.param([run_event()], "", 0, "there is no 'end' event", id="no_end"),
    pytest.param([run_event(), end_event()], '{"event": "cons', 0, "cut off before its end",
                 id="half_a_line"),
    pytest.param([end_event()], "", 0, "begins with 'end'", id="no_run"),
    pytest.param([run_event(), end_event(), console_event("more")], "", 0,
                 "there is no 'end' event", id="more_after_end"),
    pytest.param([run_event(), end_event("fail"), end_event()], "", 0,
                 "more than one 'end'", id="two_ends"),
    pytest.param([run_event(), end_event()], "", 1, "says exit code 0, xcvm ended with 1",
                 id="status"),
    pytest.param([run_event(), end_event("fail", code=0)], "", 0, "verdict 'fail' with exit code 0",
                 id="code"),
    pytest.param([run_event(), end_event("pass", code=1)], "", 1, "verdict 'pass' with exit code 1",
                 id="pass_with_code"),
    pytest.param([run_event(), check_event(), end_event()], "", 0,
                 "'pass' with a failed check", id="hidden_check"),
    pytest.param([run_event(), end_event(failed_checks=1)], "", 0,
                 "'pass' with a failed check", id="hidden_count"),
    pytest.param([run_event(case="other"), end_event()], "", 0, "is about other", id="other_case"),
    pytest.param([run_event(), {**end_event(), "seconds": "1"}], "", 0, "seconds: '1' is not",
                 id="schema"),
    pytest.param([run_event(), {**console_event("x"), "colour": 1}, end_event()], "", 0, "colour",
                 id="unknown_member"),
])
def test_never_a_pass(fake, events, raw, status, words):
    fake.script({**case("o1"), "events": events, "raw": raw, "status": status})
    text = failed(fake)
    assert "broken: " in text
    assert words in text


def test_killed(fake):
    fake.script(case("o1", signal=signal.SIGSEGV))
    assert "xcvm was killed by SIGSEGV" in failed(fake)


def test_hangs_itself(fake, monkeypatch):
    """xcvm does not end: the guard does, and nothing of it is left."""
    monkeypatch.setattr("xclib.run.GUARD_SECONDS", 0)
    fake.script(case("o1", endless=True))
    assert "xcvm did not end within 0.5 s and was killed" in failed(fake, "--xcvm-timeout", "0.5")


def test_leaves_a_process(fake, monkeypatch):
    """Whatever the verdict: what xcvm started ends with it."""
    monkeypatch.setattr("xclib.run.LEAVE_SECONDS", 0.5)
    fake.script(case("o1", leave=True))
    assert "xcvm left 1 process running" in failed(fake)


def test_metrics_do_not_decide(fake):
    fake.script(case("o1", metric_event("calls", 3)))
    fake.run().assert_outcomes(passed=1)
