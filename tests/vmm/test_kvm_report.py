# SPDX-License-Identifier: ISC
"""What a run's events say: conditions, console, figures, boot block, statistics."""

import shlex
import subprocess

import pytest

pytestmark = pytest.mark.vmm

LINE = "the same line again, as long as a line in a log is"


def test_run_event(xcvm, liar_image):
    done = xcvm.report("--case", "figures", "--vcpus", "3", "--seed", "0xdeadbeef", "--mem", "32M",
                       "--timeout", "12.5", "--param", "count=7", liar_image)
    run = done.events[0]
    expected = {"event": "run", "run": 1, "abi": 5, "image": str(liar_image), "case": "figures",
                "api": "x2apic", "kind": "stress", "contract": ["O9", "O10"], "vcpus": 3,
                "apic_ids": [0, 1, 2], "memory": 32 << 20, "apic": "kernel", "seed": 0xdeadbeef,
                "params": {"count": 7, "limit": 2 ** 64 - 1}, "timeout": 12.5,
                "multiprocessor": True}
    assert {name: run[name] for name in expected} == expected
    assert len(run["build_id"]) == 40
    assert run["host"]["cpus"] >= 1 and run["host"]["kernel"]


@pytest.mark.parametrize("apic", ["kernel", "user"])
def test_command_repeats_the_run(xcvm, liar_image, tmp_path, apic):
    first = xcvm.report("--case", "figures", "--vcpus", "1", "--param", "count=0x10", "--mem",
                        "32M", "--timeout", "9.5", "--apic-ids", "7", "--apic", apic, liar_image)
    assert first.events[0]["apic"] == apic
    command = first.events[0]["command"]
    path = tmp_path / "again"
    done = subprocess.run([command[0], "--events", str(path), *command[1:]], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0, (shlex.join(command), done)
    again = xcvm.parse(path).events[0]
    same = ("case", "vcpus", "seed", "params", "memory", "timeout", "apic", "apic_ids", "command",
            "image")
    assert {name: again[name] for name in same} == {name: first.events[0][name] for name in same}


def test_seed_is_drawn_and_told(xcvm, liar_image):
    runs = [xcvm.report("--case", "boot_block", liar_image) for _ in range(2)]
    seeds = [done.events[0]["seed"] for done in runs]
    assert seeds[0] != seeds[1]
    assert [done.figures("seed") for done in runs] == [[seed] for seed in seeds]
    assert str(seeds[0]) in runs[0].stdout


@pytest.mark.parametrize("seed", [0, 1, 2 ** 64 - 1])
def test_seed_reaches_the_guest(xcvm, liar_image, seed):
    assert xcvm.report("--case", "boot_block", "--seed", seed, liar_image).figures("seed") == [seed]


@pytest.mark.parametrize("vcpus", [1, 2, 5])
def test_boot_block(xcvm, liar_image, vcpus):
    done = xcvm.report("--case", "boot_block", "--vcpus", vcpus, "--mem", "48M", liar_image)
    figure = {event["name"]: event["value"] for event in done.of("metric")}
    assert (figure["magic_good"], figure["version"], figure["test_good"]) == (1, 5, 1)
    assert (figure["ncpu"], figure["mem_size"]) == (vcpus, 48 << 20)
    assert figure["nstacks"] >= vcpus * 8 + 256
    assert figure["stacks"] % 4096 == 0
    assert figure["stacks"] + figure["nstacks"] * 0x4000 <= figure["mem_size"]
    assert figure["heap_start"] < figure["heap_end"] <= figure["mem_size"]
    assert figure["tsc_khz"] > 100_000
    assert done.figures("apic_id") == list(range(vcpus))


def test_apic_ids(xcvm, liar_image):
    done = xcvm.report("--case", "boot_block", "--vcpus", "3", "--apic-ids", "0,255-256",
                       liar_image)
    assert done.figures("apic_id") == [0, 255, 256]
    assert done.events[0]["apic_ids"] == [0, 255, 256]


def test_high_apic_ids_start(xcvm, liar_image):
    done = xcvm.report("--case", "done_other", "--vcpus", "2", "--apic-ids", "0,4000", liar_image)
    assert (done.status, done.figures("ended_by")) == (0, [1])


def test_params(xcvm, liar_image):
    done = xcvm.report("--case", "figures", "--param", "limit=0xffff", liar_image)
    assert (done.figures("count"), done.figures("limit")) == ([3], [0xffff])


def test_extreme_figures(xcvm, liar_image):
    done = xcvm.report("--case", "figures", liar_image)
    largest, = (event for event in done.of("metric") if event["name"] == "largest")
    assert (largest["value"], largest["unit"]) == (2 ** 64 - 1, "ns")
    assert f"largest = {2 ** 64 - 1} ns" in done.stdout


def test_console_pieces(xcvm, liar_image):
    done = xcvm.report("--case", "say_pieces", liar_image)
    assert done.console == "one line in pieces\nand half a line"
    assert "one line in pieces\n" in done.stdout
    assert "and half a line\n" in done.stdout


def test_console_bytes(xcvm, liar_image):
    """Any byte may come: the report is valid UTF-8, a terminal gets no control characters."""
    done = xcvm.report("--case", "say_bytes", liar_image)
    assert done.end["verdict"] == "fail"
    assert "ABC" in done.console and "\ufffd" in done.console
    assert done.console.startswith("\0\1\2")
    check, = done.of("check")
    assert check["expr"].startswith('\x1b[31m"quoted\\"\n')
    unsafe = set(done.stdout) & set(map(chr, [*range(9), *range(11, 32), 127, *range(128, 160)]))
    assert unsafe == set()


def test_console_flood(xcvm, liar_image):
    done = xcvm.report("--case", "flood", liar_image)
    assert done.status == 0
    assert done.console.splitlines() == 2000 * [LINE]


def test_times_rise(xcvm, liar_image):
    done = xcvm.report("--case", "flood", liar_image)
    times = [event["t_us"] for event in done.events]
    assert times == sorted(times)
    assert times[-1] >= done.end["seconds"] * 1e6 - 1e6


def test_statistics(xcvm, liar_image):
    done = xcvm.report("--case", "done_other", "--vcpus", "3", liar_image)
    stats = done.end["stats"]
    if stats is None:
        pytest.skip("this KVM has no binary statistics (KVM_CAP_BINARY_STATS_FD)")
    assert [vcpu["cpu"] for vcpu in stats["vcpus"]] == [0, 1, 2]
    assert stats["vcpus"][0]["exits"] > 0 and stats["vcpus"][1]["exits"] > 0


def test_statistics_after_a_hang_and_a_crash(xcvm, liar_image):
    for case in ("hang_cli", "triple_fault"):
        done = xcvm.report("--case", case, "--timeout", "0.5", liar_image)
        assert "stats" in done.end


def test_backtrace_has_files_and_lines(xcvm, liar_image):
    done = xcvm.report("--case", "stack_overflow", liar_image)
    frames = done.of("vcpu")[0]["backtrace"]
    assert frames[0]["function"] == "recurse"
    assert frames[0]["file"].endswith("machine.c") and frames[0]["line"] > 0
    assert frames[1]["function"] == "recurse"


def test_unstarted_cpu_is_shown_as_such(xcvm, liar_image):
    done = xcvm.report("--case", "triple_fault", "--vcpus", "2", liar_image)
    states = {vcpu["cpu"]: vcpu["state"] for vcpu in done.of("vcpu")}
    assert states[1] == "not started"


def test_measurement(xcvm, liar_image):
    done = xcvm.report("--case", "measure", "--vcpus", "2", liar_image)
    assert done.status == 0
    quiet, loud = done.of("section")
    assert (quiet["name"], quiet["operations"], quiet["user_exits"]) == ("quiet", 5, [0, 0])
    assert (loud["name"], loud["operations"]) == ("loud", 2 ** 64 - 1)
    assert loud["user_exits"] == [2, 0]
    assert 0 < quiet["elapsed_ns"] < 10 ** 9
    if done.end["stats"] is not None:
        exits = [section["stats"]["vcpus"][0].get("exits", 0) for section in (quiet, loud)]
        assert exits[0] <= exits[1] <= done.end["stats"]["vcpus"][0].get("exits", 0)
    assert done.events[0]["tsc_khz"] > 100_000
    first, ends, none = done.of("histogram")
    assert first["buckets"] == [[7, 2], [2048, 1]]
    assert (first["count"], first["min"], first["max"], first["target"]) == (3, 7, 2049, None)
    assert ends["buckets"] == [[0, 1], [56319, 2 ** 32 - 1]]
    assert (ends["cpu"], ends["target"], ends["max"]) == (1, 1, 2 ** 64 - 1)
    assert (none["count"], none["buckets"]) == (0, [])
    assert "[cpu0] quiet: 5 operations in " in done.stdout
    assert "2 exits to xcvm" in done.stdout
    assert "[cpu0] phase: n 3, min 7, p50 7, p99 2049, max 2049 cycles" in done.stdout


def test_a_section_that_stays_open(xcvm, liar_image):
    done = xcvm.report("--case", "measure_left_open", liar_image)
    assert (done.status, done.of("section")) == (0, [])
    assert done.events[0]["tsc_khz"] is None
