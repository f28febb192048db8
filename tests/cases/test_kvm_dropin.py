# SPDX-License-Identifier: ISC
"""Other implementations under test: they pass what the API promises, and differ by decision."""

import pytest

from support.dropin import FIXTURES, Workshop, sha256
from xclib.run import run_case
from xclib.table import list_cases

SOURCES = {"cpu_xcall": FIXTURES / "kern_xcall.c", "xcall": FIXTURES / "subr_xcall.c",
           "ipi": FIXTURES / "subr_ipi.c"}
# It looks like a drain, and is none.
NETBSD_DRAIN = FIXTURES.parent / "ipi_netbsd_drain.c"
OLD = {"xcall": FIXTURES / "old_xcall.c", "ipi": FIXTURES / "old_ipi.c"}


@pytest.fixture(scope="session")
def foreign(tmp_path_factory, xcvm_settings):
    """Images with all three replaced: multiprocessor, uniprocessor."""
    workshop = Workshop(tmp_path_factory.mktemp("foreign") / "build", xcvm_settings.build)
    return workshop.image(**SOURCES), workshop.image("xcguest-up.elf", **SOURCES)


@pytest.fixture(scope="session")
def old(tmp_path_factory, xcvm_settings):
    """An image with implementations of the form of NetBSD 7."""
    workshop = Workshop(tmp_path_factory.mktemp("old") / "build", xcvm_settings.build)
    return workshop.image(**OLD)


@pytest.fixture(scope="session")
def netbsd_drain(tmp_path_factory, xcvm_settings):
    """An image whose ipi_unregister() drains in NetBSD's order."""
    workshop = Workshop(tmp_path_factory.mktemp("netbsd_drain") / "build", xcvm_settings.build)
    return workshop.image(ipi=NETBSD_DRAIN)


def decides(case):
    return any(name.startswith("D") for name in case.contract)


def params(case):
    """A stress case need not take long to show that it works."""
    return [(name, value) for name, value in (("budget_ms", 50), ("ops", 0)) if name in case.params]


def results(xcvm_settings, image, api, vcpus, wanted):
    """{case name: Result} of the image's cases of an API that are wanted."""
    cases = [case for case in list_cases(xcvm_settings.xcvm, image)
             if case.api == api and wanted(case) and case.kind != "bench" and case.counts([vcpus])]
    assert cases
    return {case.name: run_case(xcvm_settings.xcvm, image, case.name, vcpus, xcvm_settings.seed,
                                xcvm_settings.timeout, params(case)) for case in cases}


def not_passed(found):
    """What did not pass, but for cases that need more vCPUs than they were given."""
    return {name: (result.verdict, result.reason) for name, result in found.items()
            if result.verdict != "pass"
            and not (result.verdict == "skip" and result.reason.startswith("needs at least"))}


@pytest.mark.parametrize("api", SOURCES)
def test_the_api_is_kept(xcvm_settings, foreign, api):
    """Whatever does not check a decision of ours passes."""
    found = results(xcvm_settings, foreign[0], api, 4, lambda case: not decides(case))
    assert not_passed(found) == {}


@pytest.mark.parametrize("api", SOURCES)
def test_the_api_is_kept_uniprocessor(xcvm_settings, foreign, api):
    found = results(xcvm_settings, foreign[1], api, 1, lambda case: not decides(case))
    assert {name: why for name, why in not_passed(found).items() if why[0] != "skip"} == {}


@pytest.mark.parametrize("api, misuse", [("cpu_xcall", "o27_null"), ("xcall", "n36_"),
                                         ("ipi", "i26_trigger_")])
def test_it_differs_by_decision(xcvm_settings, foreign, api, misuse):
    found = results(xcvm_settings, foreign[0], api, 2, lambda case: case.name.startswith(misuse))
    for name, result in found.items():
        assert (result.verdict, result.status) == ("differs", 4), name
        assert result.reason.startswith("differs by decision 8: "), name


@pytest.mark.parametrize("vcpus", [2, 4])
@pytest.mark.parametrize("name", ["i29_trigger_is_delivered", "i30_rest_of_a_batch",
                                  "i30_batch_in_a_batch", "i31_heir_of_a_number"])
def test_netbsds_drain_is_found_out(xcvm, xcvm_settings, netbsd_drain, name, vcpus):
    run = ["--case", name, "--vcpus", str(vcpus)]
    found = xcvm.report(*run, netbsd_drain).end
    assert found["verdict"] == "differs"
    assert found["reason"].startswith(("differs by decision 4: fail: ",
                                       "differs by decision 4: crash: cpu 1: panic: "))
    assert xcvm.report(*run, xcvm_settings.build / "xcguest.elf").end["verdict"] == "pass"


def test_a_hang_differs_as_well(xcvm, foreign):
    """No stall watch in it: the case waits in vain."""
    done = xcvm.report("--case", "d5_stall_of_a_sync_call", "--timeout", "1", foreign[0])
    assert (done.status, done.end["verdict"]) == (4, "differs")
    assert done.end["reason"].startswith("differs by decision 5: hang: ")
    assert done.of("vcpu")


def test_with_ours_it_is_a_failure(xcvm, our_image):
    """The same property, and the implementation is our own."""
    done = xcvm.report("--case", "d5_nobody_to_send_to", "--param", "stall_limit_ms=0",
                       our_image)
    assert (done.status, done.end["verdict"]) == (1, "fail")


def test_the_summary_counts_them(xcvm, foreign):
    done = xcvm.report("--each=n36_*", foreign[0])
    assert done.status == 4
    assert done.events[-1]["count"]["differs"] == sum(done.events[-1]["count"].values()) > 0
    assert "differs n36_unicast_of_null" in done.stdout
    assert "again:" not in done.stdout


def test_what_is_under_test_is_named(xcvm, foreign):
    done = xcvm.report("--case", "smoke", foreign[0])
    assert done.events[0]["implementations"] == [
        {"api": api, "path": str(path), "sha256": sha256(path), "foreign": True}
        for api, path in SOURCES.items()]
    for api, path in SOURCES.items():
        assert f"tests  {api} of {path}, sha256 {sha256(path)}\n" in done.stdout


def test_ours_are_named(xcvm, our_image):
    done = xcvm.report("--case", "smoke", our_image)
    found = done.events[0]["implementations"]
    assert [entry["api"] for entry in found] == list(SOURCES)
    for entry in found:
        assert not entry["foreign"] and entry["sha256"] == sha256(entry["path"])
        assert f"tests  {entry['api']} of {entry['path']}, sha256 {entry['sha256']}\n" \
            in done.stdout


@pytest.mark.parametrize("pattern, function", [
    ("n3_encodings", "xc_encode_ipl"), ("n22_high_barrier_before_free", "xc_barrier"),
    ("i7_trigger_multi", "ipi_trigger_multi"), ("i9_trigger_broadcast", "ipi_trigger_broadcast")])
def test_what_an_older_one_lacks_is_skipped(xcvm, old, pattern, function):
    done = xcvm.report("--case", pattern, old)
    assert (done.status, done.end["verdict"]) == (4, "skip")
    assert done.end["reason"] == f"the implementation under test has no {function}"


@pytest.mark.parametrize("vcpus", [2, 4])
def test_the_old_broadcast_works(xcvm_settings, old, vcpus):
    """Its one argument means all CPUs; a caller that leaves itself out still does."""
    found = results(xcvm_settings, old, "ipi", vcpus, lambda case: "I13" in case.contract)
    assert {name: why for name, why in not_passed(found).items() if why != (
        "skip", "the implementation under test has no ipi_trigger_broadcast")} == {}
    assert sum(result.verdict == "pass" for result in found.values()) > 0


def test_a_trace_of_the_interrupts(xcvm, foreign):
    """The machine notes what it does for an implementation that notes nothing."""
    done = xcvm.report("--case", "d5_stall_of_a_sync_call", "--timeout", "1", foreign[0])
    records = [record for vcpu in done.of("vcpu") for record in vcpu["trace"]]
    seen = {(record["what"], record["primitive"]) for record in records}
    assert {("ipi", "cpu_xcall"), ("received", "cpu_xcall")} <= seen
