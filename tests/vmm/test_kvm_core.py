# SPDX-License-Identifier: ISC
"""--core as gdb sees it: threads, backtraces, registers, memory."""

import pytest

from support.gdb import Gdb

pytestmark = pytest.mark.vmm

# As an event and as gdb name them.
REGISTERS = {"rip": "rip", "rflags": "eflags", "rsp": "rsp", "rbp": "rbp", "cs": "cs", "ss": "ss",
             "fsbase": "fs_base", "gsbase": "gs_base",
             **{name: name for name in ("rax", "rbx", "rcx", "rdx", "rsi", "rdi")},
             **{f"r{number}": f"r{number}" for number in range(8, 16)}}
# How gdb shows where an interrupt came in, and the functions that are there.
ENTRY = "<signal handler called>"
WAYS_IN = {"trap_stubs", "trap_entry", "intr_entry"}
# Below them a backtrace has no more.
OUTERMOST = {"start", "lwp_start", "lwp_trampoline"}


def core_of(xcvm, *arguments, status, image):
    """Run, and open the core; (the report, gdb)."""
    path = xcvm.folder / "guest.core"
    done = xcvm.report("--core", path, *arguments, image)
    assert done.status == status, done
    core, = done.of("core")
    assert (core["path"], core["error"]) == (str(path), None)
    assert f"gdb {image} {path}\n" in done.stdout
    return done, Gdb(image, path)


def functions(frames):
    return [frame.function for frame in frames]


def registers_of(event):
    return {REGISTERS[name]: int(value, 16) for name, value in event["registers"].items()
            if name in REGISTERS}


def in_order(some, all_of_them):
    """Are they among them, in that order?"""
    rest = iter(all_of_them)
    return all(one in rest for one in some)


def agree(done, backtraces):
    """gdb finds the functions that xcvm itself reports, and inlined ones beside."""
    for vcpu in done.of("vcpu"):
        told = [frame["function"] for frame in vcpu["backtrace"]]
        # The stack changes before the frame pointer, which xcvm goes by.
        if told[0] == "cpu_switchto":
            continue
        # Who follows the way in was interrupted: xcvm takes its address for one after a call.
        told = [ENTRY if function in WAYS_IN else function for before, function
                in zip([None, *told], told) if before not in WAYS_IN]
        assert in_order(told, functions(backtraces[vcpu["cpu"]])), (told, backtraces)


def named(frames):
    """Every frame has a function and a line, from where the CPU is down to the outermost."""
    frames = [frame for frame in frames if frame.function != ENTRY]
    outermost = next(i for i, frame in enumerate(frames) if frame.function in OUTERMOST)
    return all(frame.function != "??" and frame.line for frame in frames[:outermost + 1])


@pytest.mark.parametrize("apic", ["kernel", "user"])
@pytest.mark.parametrize("vcpus", [2, 4])
def test_crash(xcvm, panicking_image, vcpus, apic):
    """CPU 1 faults: gdb begins with it, where it did, and shows all others too."""
    done, gdb = core_of(xcvm, "--apic", apic, "--vcpus", vcpus, "--case", "trap_remote",
                        status=3, image=panicking_image)
    assert gdb.threads() == [1, 0, *range(2, vcpus)]
    backtraces = gdb.backtraces()
    assert sorted(backtraces) == list(range(vcpus))
    fault = backtraces[1][0]
    assert fault.function == "write_to" and fault.file.endswith("guest/cases/kernel/trap.c")
    assert "case_trap_remote" in functions(backtraces[0])
    assert all(map(named, backtraces.values())), backtraces
    agree(done, backtraces)
    assert gdb.value("ncpu") == vcpus
    assert f"LWP {vcpus}" in gdb.run("info threads")


@pytest.mark.parametrize("vcpus", [2, 4])
def test_hang(xcvm, image, vcpus):
    done, gdb = core_of(xcvm, "--vcpus", vcpus, "--timeout", "1.5", "--param", "budget_ms=600000",
                        "--case", "idle_wakeup_stress", status=5, image=image)
    assert gdb.threads() == list(range(vcpus))
    backtraces = gdb.backtraces()
    assert sorted(backtraces) == list(range(vcpus))
    assert all(map(named, backtraces.values())), backtraces
    agree(done, backtraces)
    # The boot block, which is there before the first instruction.
    assert gdb.value("((struct xcvm_boot *)0x1000)->ncpu") == vcpus
    told = {vcpu["cpu"]: registers_of(vcpu) for vcpu in done.of("vcpu")}
    assert gdb.registers(REGISTERS.values()) == told


def by_the_front_door(done):
    """Did the interrupt come in while its level was open?  Else it was recorded, and ran later."""
    return "intr_entry" in [frame["function"] for frame in done.of("vcpu")[0]["backtrace"]]


def test_across_an_interrupt(xcvm, panicking_image):
    """From the panic in an interrupt handler to the function that was interrupted."""
    for _ in range(20):
        done, gdb = core_of(xcvm, "--case", "tsleep_in_interrupt", status=3, image=panicking_image)
        if by_the_front_door(done):
            break
    backtraces = gdb.backtraces()
    assert in_order(["panic", "sleep_on_ident", "intr", ENTRY, "case_tsleep_in_interrupt",
                     "case_main", "lwp_start"], functions(backtraces[0])), backtraces
    assert named(backtraces[0])


def test_across_an_nmi(xcvm, panicking_image):
    """Which came on a stack of its own."""
    done, gdb = core_of(xcvm, "--case", "panic_stops_others", status=3, image=panicking_image)
    backtraces = gdb.backtraces()
    assert in_order(["cpu_stop", "intr_nmi", "trap", ENTRY, "say_if_not_stopped",
                     "lwp_start"], functions(backtraces[1])), backtraces
    assert named(backtraces[1])


def test_registers(xcvm, liar_image):
    done, gdb = core_of(xcvm, "--timeout", "0.7", "--case", "hang_other", status=5,
                        image=liar_image)
    told = {vcpu["cpu"]: registers_of(vcpu) for vcpu in done.of("vcpu")}
    assert sorted(told[0]) == sorted(REGISTERS.values())
    assert gdb.registers(REGISTERS.values()) == told


def test_registers_at_a_trap(xcvm, liar_image):
    """Those that the guest gave with its panic, on the CPU that panicked."""
    done, gdb = core_of(xcvm, "--case", "panic_trap", status=3, image=liar_image)
    found = gdb.registers(["rip", "rsp", "rax"])
    assert found[0] == {"rip": 0x123456789abcdef0, "rsp": 0xfeed, "rax": 0}
    assert found[1]["rip"] == int(done.of("vcpu")[1]["registers"]["rip"], 16)


def test_triple_fault(xcvm, liar_image):
    """Its thread is there, with what KVM has left of its registers."""
    done, gdb = core_of(xcvm, "--case", "triple_fault", status=3, image=liar_image)
    vcpu, = (vcpu for vcpu in done.of("vcpu") if vcpu["cpu"] == 0)
    assert gdb.threads() == [0, 1]
    rip = 0 if vcpu["error"] else int(vcpu["registers"]["rip"], 16)
    assert gdb.registers(["rip"])[0]["rip"] == rip


def test_sparse_ids(xcvm, panicking_image):
    """Threads are numbered by CPU, whatever its x2APIC id."""
    _, gdb = core_of(xcvm, "--apic-ids", "0,300,7", "--vcpus", "3", "--case", "trap_remote",
                     status=3, image=panicking_image)
    assert gdb.threads() == [1, 0, 2]
    assert gdb.value("ncpu") == 3


def test_not_started(xcvm, liar_image):
    """A CPU that never ran is about to enter the image."""
    _, gdb = core_of(xcvm, "--case", "panic_plain", status=3, image=liar_image)
    backtraces = gdb.backtraces()
    assert "panic" in functions(backtraces[0])
    assert backtraces[1][0].function == "start"


def test_what_it_is_of(xcvm, liar_image):
    """gdb tells the command, and has no doubt that core and image belong together."""
    _, gdb = core_of(xcvm, "--seed", "77", "--case", "panic_plain", status=3, image=liar_image)
    assert f"`{xcvm.path} --case panic_plain"[:60] in gdb.run()
