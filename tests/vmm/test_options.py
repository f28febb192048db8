# SPDX-License-Identifier: ISC
"""The command line: what is refused, with which words, and what the answers look like."""

import re

import pytest

pytestmark = pytest.mark.vmm

IMAGE = "IMAGE"  # stands for the liar's image

# Arguments, and words that the message must hold: the option, the value.
BAD = {
    "nothing": ([], ["IMAGE"]),
    "two_images": ([IMAGE, "other.elf"], ["other.elf"]),
    "unknown_option": (["--vcpu-count=3", IMAGE], ["--vcpu-count"]),
    "unknown_short_option": (["-z", IMAGE], ["z"]),
    "case_missing": (["--case"], ["--case"]),
    "case_unknown": (["--case", "no_such_case", IMAGE], ["--case", "no_such_case"]),
    "case_empty": (["--case", "", IMAGE], ["--case"]),
    "each_matches_nothing": (["--each=no_such_*", IMAGE], ["--each", "no_such_*"]),
    "each_and_case": (["--each", "--case", "smoke", IMAGE], ["--each", "--case"]),
    "list_and_each": (["--list", "--each", IMAGE], ["--list", "--each"]),
    "vcpus_0": (["--vcpus", "0", IMAGE], ["--vcpus", "0"]),
    "vcpus_negative": (["--vcpus=-1", IMAGE], ["--vcpus", "-1"]),
    "vcpus_word": (["--vcpus", "two", IMAGE], ["--vcpus", "two"]),
    "vcpus_tail": (["--vcpus", "2x", IMAGE], ["--vcpus", "2x"]),
    "vcpus_plus_alone": (["--vcpus", "+", IMAGE], ["--vcpus", "+"]),
    "vcpus_plus_twice": (["--vcpus", "2++", IMAGE], ["--vcpus", "2+"]),
    "vcpus_0_plus": (["--vcpus", "0+", IMAGE], ["--vcpus", "0"]),
    "vcpus_plus_ids": (["--vcpus", "2+", "--apic-ids", "0,1", IMAGE],
                       ["--vcpus 2+", "--apic-ids", "say --vcpus 2"]),
    "vcpus_empty": (["--vcpus=", IMAGE], ["--vcpus"]),
    "vcpus_huge": (["--vcpus", "99999999999999999999", IMAGE], ["--vcpus"]),
    "vcpus_too_many": (["--vcpus", "65", IMAGE], ["--vcpus", "65", "64"]),
    "mem_0": (["--mem", "0", IMAGE], ["--mem", "0"]),
    "mem_word": (["--mem", "lots", IMAGE], ["--mem", "lots"]),
    "mem_unit": (["--mem", "64T", IMAGE], ["--mem", "64T"]),
    "mem_small": (["--mem", "4K", IMAGE], ["--mem", "4K"]),
    "mem_large": (["--mem", "4G", IMAGE], ["--mem", "4G"]),
    "mem_overflow": (["--mem", "18446744073709551615G", IMAGE], ["--mem"]),
    "mem_negative": (["--mem=-64M", IMAGE], ["--mem", "-64M"]),
    "apic_word": (["--apic", "magic", IMAGE], ["--apic", "magic"]),
    "apic_ids_word": (["--apic-ids", "a,b", IMAGE], ["--apic-ids"]),
    "apic_ids_twice": (["--apic-ids", "1,1", IMAGE], ["--apic-ids", "1"]),
    "apic_ids_few": (["--apic-ids", "1", "--vcpus", "2", IMAGE], ["--apic-ids"]),
    "apic_ids_high": (["--apic-ids", "0,4294967295", IMAGE], ["--apic-ids", "4294967295"]),
    "pin_word": (["--pin", "all", IMAGE], ["--pin", "all"]),
    "pin_backwards": (["--pin", "3-1", IMAGE], ["--pin", "3-1"]),
    "pin_empty_part": (["--pin", "0,,1", IMAGE], ["--pin", "0,,1"]),
    "pin_no_such_cpu": (["--pin", "99999", IMAGE], ["--pin", "99999"]),
    "param_no_value": (["--case", "figures", "--param", "count", IMAGE], ["--param", "count"]),
    "param_word": (["--case", "figures", "--param", "count=many", IMAGE], ["--param", "many"]),
    "param_unknown": (["--case", "figures", "--param", "colour=1", IMAGE], ["--param", "colour"]),
    "param_of_another": (["--param", "count=1", IMAGE], ["--param", "count"]),
    "param_overflow": (["--case", "figures", "--param", "count=18446744073709551616", IMAGE],
                       ["--param", "count"]),
    "param_negative": (["--case", "figures", "--param", "count=-1", IMAGE], ["--param", "-1"]),
    "seed_word": (["--seed", "dice", IMAGE], ["--seed", "dice"]),
    "seed_overflow": (["--seed", "0x10000000000000000", IMAGE], ["--seed"]),
    "timeout_0": (["--timeout", "0", IMAGE], ["--timeout", "0"]),
    "timeout_word": (["--timeout", "soon", IMAGE], ["--timeout", "soon"]),
    "timeout_negative": (["--timeout=-5", IMAGE], ["--timeout", "-5"]),
    "timeout_nan": (["--timeout", "nan", IMAGE], ["--timeout", "nan"]),
    "timeout_inf": (["--timeout", "inf", IMAGE], ["--timeout", "inf"]),
    "events_empty": (["--events", "", IMAGE], ["--events"]),
    "events_folder": (["--events", "/", IMAGE], ["--events", "/"]),
    "events_nowhere": (["--events", "/nonexistent/events", IMAGE],
                       ["--events", "/nonexistent/events", "No such file"]),
}


@pytest.mark.parametrize("what", BAD)
def test_refused(xcvm, liar_image, what):
    arguments, words = BAD[what]
    done = xcvm.run(*(liar_image if part == IMAGE else part for part in arguments))
    assert done.status == 2, done
    assert done.stdout == ""
    assert done.stderr.startswith("xcvm: ")
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("what", ["vcpus_word", "param_unknown", "each_matches_nothing",
                                  "mem_small"])
def test_refused_writes_no_events(xcvm, liar_image, tmp_path, what):
    events = tmp_path / "events"
    events.write_text("what was here before\n")
    arguments, _ = BAD[what]
    done = xcvm.run("--events", events,
                    *(liar_image if part == IMAGE else part for part in arguments))
    assert done.status == 2
    assert events.read_text() == "what was here before\n"


def test_up_image_refuses_more_vcpus(xcvm, liar_up_image):
    done = xcvm.run("--vcpus", "2", liar_up_image)
    assert done.status == 2
    assert "--vcpus" in done.stderr and "1" in done.stderr


def test_help(xcvm):
    done = xcvm.run("--help")
    assert (done.status, done.stderr) == (0, "")
    for option in ("list", "case", "each", "vcpus", "mem", "apic", "apic-ids", "pin", "param",
                   "seed", "fault", "timeout", "jobs", "quiet", "events", "help", "version"):
        assert re.search(rf"--{option}\b", done.stdout), option


def test_version(xcvm):
    done = xcvm.run("--version")
    assert (done.status, done.stderr) == (0, "")
    assert re.fullmatch(r"xcvm \S+.*\n", done.stdout), done.stdout


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_full_disk(xcvm, option):
    with open("/dev/full", "wb") as full:
        done = xcvm.run(option, stdout=full)
    assert done.status == 2
    assert "No space left" in done.stderr
