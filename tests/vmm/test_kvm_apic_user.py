# SPDX-License-Identifier: ISC
"""--apic user: what it says of itself, what it does not do, and what it does without."""

import shlex
import subprocess
from os import environ
from pathlib import Path

import pytest

pytestmark = pytest.mark.vmm

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def test_the_run_event_says_which(xcvm, liar_image):
    """And whether this KVM takes interrupts late, which only the user-modelled APIC asks."""
    run = {apic: xcvm.report("--apic", apic, liar_image).events[0] for apic in ("kernel", "user")}
    assert [run[apic]["apic"] for apic in run] == ["kernel", "user"]
    assert run["kernel"]["late"] is None
    assert run["user"]["late"] in (True, False)


def test_late_is_a_property_of_the_host(xcvm, liar_image):
    said = {xcvm.report("--apic", "user", liar_image).events[0]["late"] for _ in range(20)}
    assert len(said) == 1


@pytest.mark.parametrize("case", ["x2apic_in_service", "x2apic_nested", "x2apic_ppr",
                                  "x2apic_tpr_subclass", "x2apic_illegal_vector"])
def test_nothing_is_skipped(xcvm, our_image, case):
    """What some KVM's own APIC lacks, and the case then skips: here it is."""
    assert xcvm.report("--apic", "user", "--case", case, our_image).end["verdict"] == "pass"


@pytest.mark.parametrize("case, command, why", [
    ("send_init", "0xc4500 to 0x830", "INIT"),
    ("apic_off", "0xfee00100 to 0x1b", "stays"),
])
def test_what_is_not_modelled_ends_the_run(xcvm, liar_image, case, command, why):
    done = xcvm.report("--apic", "user", "--case", case, liar_image)
    assert (done.status, done.end["verdict"]) == (3, "crash")
    assert f"WRMSR of {command}" in done.end["reason"]
    assert why in done.end["reason"] and case in done.end["reason"]


@pytest.fixture(scope="session")
def no_deadline(tmp_path_factory, xcvm_path):
    """A library that hides the timer's TSC-deadline mode from the guest, as some KVMs must."""
    if "sanitize" in str(xcvm_path):
        pytest.skip("a sanitizer wants to be loaded before any other library")
    target = tmp_path_factory.mktemp("preload") / "no_deadline.so"
    subprocess.run([*shlex.split(environ.get("CC", "gcc")), "-shared", "-fPIC", "-Wall", "-Werror",
                    "-o", target, FIXTURES / "no_deadline.c", "-ldl"], check=True)
    return target


@pytest.mark.parametrize("case", ["timer_callout_fires", "timer_tsleep_timeout", "timer_clock"])
def test_timers_without_tsc_deadline(xcvm, image, no_deadline, case):
    """The guest then takes the one-shot mode."""
    done = xcvm.report("--apic", "user", "--case", case, image,
                       env={**environ, "LD_PRELOAD": str(no_deadline),
                            "NO_DEADLINE_LOG": str(xcvm.folder / "hidden")})
    assert (done.status, done.end["reason"]) == (0, "")
    assert (xcvm.folder / "hidden").exists(), "nothing was hidden"


def test_no_window_passes_unused(xcvm, image):
    """As on hardware, also where the host notices windows late."""
    done = xcvm.report("--apic", "user", "--case", "x2apic_window", "--param", "prompt=1", image)
    assert (done.status, done.end["reason"]) == (0, "")
    assert done.figures("taken in their window") == [500]
