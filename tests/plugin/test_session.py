# SPDX-License-Identifier: ISC
"""The plugin over a session: header, seed, JUnit, no KVM, xdist."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from support.fake import case, check_event, metric_event

NOKVM = "xcvm: /dev/kvm does not exist: load KVM"
HUNDRED = [case(f"case_{n}") for n in range(100)]


@pytest.fixture(params=[[], ["-n", "2"]], ids=["alone", "xdist"])
def spread(request):
    """Arguments for one process and for two."""
    if request.param:
        pytest.importorskip("xdist")
    return request.param


def seeds(fake):
    return {call[call.index("--seed") + 1] for call in fake.calls() if "--seed" in call}


def test_header(fake):
    fake.script(case("o1"))
    text = fake.run("--seed", "0x10").stdout.str()
    assert re.search(r"^xcvm: build/xcvm, images: .*, vcpus: 2, seed: 16$", text, re.MULTILINE)
    assert re.search(r"^host: .+, .+, Linux \S+$", text, re.MULTILINE)


def test_seed_is_drawn_once_and_printed(fake, spread):
    fake.script(*HUNDRED[:6])
    result = fake.run(*spread)
    result.assert_outcomes(passed=6)
    printed = re.search(r"seed: (\d+)", result.stdout.str()).group(1)
    assert seeds(fake) == {printed}


def test_seed_is_fresh(fake):
    fake.script(case("o1"))
    fake.run()
    fake.run()
    assert len(seeds(fake)) == 2


def test_seed_given(fake, spread):
    fake.script(*HUNDRED[:3])
    fake.run("--seed", "4711", *spread).assert_outcomes(passed=3)
    assert seeds(fake) == {"4711"}


def test_no_kvm_is_told_once(fake, spread):
    fake.script(*HUNDRED, nokvm=NOKVM)
    result = fake.run(*spread)
    text = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert text.count(NOKVM) == 1
    assert "pytest -m 'not kvm'" in text
    assert "Traceback" not in text and "FAILED" not in text
    assert (len(fake.probes()), fake.calls()) == (1, [])


def test_kvm_is_asked_for_once(fake, spread):
    fake.script(*HUNDRED[:4])
    fake.run(*spread).assert_outcomes(passed=4)
    assert len(fake.probes()) == 1


def test_no_kvm_and_collect_only(fake, spread):
    fake.script(*HUNDRED, nokvm=NOKVM)
    result = fake.run("--collect-only", "-q", *spread)
    assert result.ret == 0
    assert sum("::" in line for line in result.outlines) == 100
    assert fake.probes() + fake.calls() == []


def test_no_kvm_and_none_needed(fake, spread, pytester):
    fake.script(*HUNDRED, nokvm=NOKVM)
    pytester.makepyfile(test_other="def test_it():\n    pass\n")
    fake.run("-m", "not kvm", *spread).assert_outcomes(passed=1, deselected=0 if spread else 100)
    assert fake.probes() + fake.calls() == []


def test_not_built_is_told_once(fake, spread):
    fake.script(*HUNDRED)
    fake.xcvm.unlink()
    result = fake.run(*spread)
    # xdist calls an error of its workers' collection a failure
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if spread else pytest.ExitCode.INTERRUPTED)
    result.assert_outcomes(errors=1)
    assert result.stdout.str().count("run `make` first") == 1


def test_junit(fake, spread, pytester):
    fake.script(case("o1", metric_event("calls", 10), metric_event("wait", 5, "ns"),
                     table={"contract": ["O1", "O2"]}),
                case("o2", check_event(), verdict="fail", reason="1 check failed",
                     end={"code": 1, "clauses": [{"id": "O2", "text": "It flies.",
                                                  "where": "docs/contract.md:68"}]}),
                case("o3", verdict="skip", reason="not here"))
    fake.run("--junitxml", "out.xml", "-o", "junit_duration_report=call", "--seed", "9", *spread)
    tests = {test.get("name"): test
             for test in ElementTree.parse(pytester.path / "out.xml").iter("testcase")}
    assert set(tests) == {"o1[2]", "o2[2]", "o3[2]"}
    assert {test.get("time") for test in tests.values()} == {"12.346"}
    assert tests["o1[2]"].get("classname") == "cases.toml.mp"
    properties = {p.get("name"): p.get("value") for p in tests["o1[2]"].iter("property")}
    assert properties == {
        "api": "cpu_xcall", "kind": "conformance", "contract": "O1,O2", "vcpus": "2", "seed": "9",
        "image": "build/xcguest.elf", "verdict": "pass", "apic": "kernel",
        "kvm_module": "kvm_fake",
        "emulated": "true", "metric_calls": "10", "metric_wait": "5", "metric_wait_unit": "ns",
        "command": "build/xcvm --case o1 --vcpus 2 --seed 9 build/xcguest.elf"}
    failure = tests["o2[2]"].find("failure")
    assert failure.get("message") == "fail: 1 check failed"
    assert ("contract O2: It flies. (docs/contract.md:68)\n"
            "check failed on cpu 1 at cases/o1.c:42") in failure.text
    assert tests["o3[2]"].find("skipped").get("message") == "not here"


def test_failure_text_under_xdist(fake, spread):
    fake.script(case("o1", check_event(), verdict="fail", reason="1 check failed"))
    result = fake.run(*spread)
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "check failed on cpu 1 at cases/o1.c:42: n == 1\n    n is 2\n" in text
    assert re.search(r"^FAILED .*o1\[2\] - fail: 1 check failed$", text, re.MULTILINE)


def test_runs_do_not_share_files(fake, spread):
    fake.script(*HUNDRED[:20])
    fake.run(*spread).assert_outcomes(passed=20)
    paths = [call[call.index("--events") + 1] for call in fake.calls() if "--events" in call]
    assert len(paths) == len(set(paths)) == 20
