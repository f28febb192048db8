# SPDX-License-Identifier: ISC
"""Mistakes that other kernels made, made here: each is found, and said what it is."""

import pytest

from support.mutant import Mutant


@pytest.fixture
def mutant(tmp_path, xcvm_settings):
    return Mutant(tmp_path, xcvm_settings.build)


def test_the_image_is_the_same_without_a_mistake(mutant, xcvm):
    done = xcvm.report("--case", "smoke", mutant.image())
    assert done.end["verdict"] == "pass"


def test_the_starter_resets_its_count_too_late(mutant, xcvm):
    """kvm-unit-tests 1231be07: the boot CPU cleared its stage when others had been through it."""
    mutant.change("guest/kern/kern_main.c", """
        cond_init(&others_run);
        hypercall_start_cpus(1, others_expected);
""", """
        u_int starting = others_expected;

        others_expected = 0;
        hypercall_start_cpus(1, starting);
        while (atomic_load_acquire(&others_expected) != -starting)
            CPU_BUSY_CYCLE();
        cond_init(&others_run);
        others_expected = starting;
""")
    done = xcvm.report("--case", "smoke", "--vcpus", "4", mutant.image())
    assert done.end["verdict"] == "hang"
    assert done.end["diagnosis"] == "no interrupt can ever arrive"


def test_the_stack_of_an_interrupt_is_misaligned(mutant, xcvm):
    """kvm-unit-tests 2db07d6f: compilers take an aligned stack for granted."""
    mutant.change("guest/arch/x86_64/vector.S",
                  "\tsubq\t$8, %rsp\t\t/* keep calls 16-byte aligned */\n"
                  "\t.cfi_adjust_cfa_offset 8\n", "")
    mutant.change("guest/arch/x86_64/vector.S",
                  "\taddq\t$16, %rsp\n\t.cfi_adjust_cfa_offset -16\n\trestore\tr11",
                  "\taddq\t$8, %rsp\n\t.cfi_adjust_cfa_offset -8\n\trestore\tr11")
    done = xcvm.report("--case", "stack_alignment", mutant.image())
    assert done.end["verdict"] == "fail"
    assert [check["message"] for check in done.of("check")] == ["it is not in an interrupt"]


def test_the_id_is_taken_for_eight_bits(mutant, xcvm):
    """kvm-unit-tests d0052ffe: the id of the xAPIC was assumed in x2APIC mode."""
    mutant.change("guest/arch/x86_64/lapic.c", "ICR_DEST(apic_id)", "ICR_DEST(apic_id & 0xff)")
    image = mutant.image()
    done = xcvm.report("--case", "x2apic_ids_reach", "--apic-ids", "0,255", image)
    assert done.end["verdict"] == "pass"
    done = xcvm.report("--case", "o17_sync_returns_after_the_function", "--apic-ids", "0,256",
                       "--timeout", "3", image)
    assert done.end["verdict"] == "hang"
    assert done.end["diagnosis"] == "sent, not pending at the target"


@pytest.mark.parametrize("box", ["xc_low", "xc_high"])
def test_calls_count_a_cpu_that_never_came_up(mutant, xcvm, box):
    """NetBSD's high calls count every CPU that is attached."""
    mutant.change("guest/kern/subr_xcall.c", """
            if (cpu_is_running(ci))
                xc_box_add(xb, ci);
""", f"""
            if (cpu_is_running(ci) || xb == &{box})
                xc_box_add(xb, ci);
""")
    done = xcvm.report("--case", "n27_high_call_without_a_cpu", "--timeout", "3", mutant.image())
    assert done.end["verdict"] == "hang"
    assert done.end["diagnosis"] == "target not running"
