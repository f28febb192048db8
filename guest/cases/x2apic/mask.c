/* SPDX-License-Identifier: ISC */
/* What keeps an interrupt from a CPU, and that it comes when nothing does. */
#include <machine/lapic.h>
#include "ground.h"
#include "x2apic/cr8.h"

#define TEST_VECTOR  INTR_VECTOR(LIR_TEST)
#define TEST_CLASS   (TEST_VECTOR >> 4)
#define WINDOWS	     500
#define WHILE_MASKED 2000 /* reads of the IRR */
#define LOWERINGS    20

static volatile u_int taken;

static void
take(void *arg __unused)
{
	taken++;
}

static bool
test_requested(void)
{
	return (lapic_vector(MSR_X2APIC_IRR, TEST_VECTOR));
}

/*
 * On hardware, a window as short as that is wide enough.  Where guest code is
 * emulated in batches KVM's own APIC misses it: then the case only counts.
 */
CASE(x2apic_window, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,
    .doc = "An interrupt that waits is taken in the one instruction that lets "
	   "it.",
    PARAMS(PARAM("prompt", 0, "fail if a window passes unused: 0 or 1"),
	PARAM_KERNEL))
{
	u_int in_window = 0, delivered = 0;

	intr_test_establish(take, NULL);
	for (u_int n = 0; n < WINDOWS; n++) {
		uint64_t flags = intr_disable();

		taken = 0;
		lapic_self_ipi(TEST_VECTOR);
		CHECK_EQ(taken, 0);
		__asm volatile("sti; nop; cli" : : : "memory");
		in_window += taken != 0;
		intr_restore(flags);
		SPIN_UNTIL(taken != 0);
		delivered += taken;
	}
	check_delivered(delivered, WINDOWS);
	if (case_param("prompt") != 0)
		CHECK_EQ(in_window, WINDOWS);
	case_metric("taken in their window", "", in_window);
}

/* Interrupts are on all the time: nothing but the priority masks. */
static void
check_held_back(u_int class)
{
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR) >> 4, class);
	lapic_self_ipi(TEST_VECTOR);
	for (u_int n = 0; n < WHILE_MASKED; n++)
		if (!CHECK(test_requested()))
			break;
	CHECK_EQ(taken, 0);
}

static void
check_let_through(void)
{
	SPIN_UNTIL(taken != 0);
	CHECK(!test_requested());
}

static void
check_masked(void (*set)(uint64_t))
{
	intr_test_establish(take, NULL);
	taken = 0;
	set(TEST_CLASS);
	CHECK_EQ(lapic_read(MSR_X2APIC_TPR) >> 4, TEST_CLASS);
	check_held_back(TEST_CLASS);
	set(TEST_CLASS - 1);
	check_let_through();
	set(0);
	CHECK_EQ(lapic_read(MSR_X2APIC_TPR), 0);
	check_delivered(taken, 1);
}

static void
set_tpr(uint64_t class)
{
	lapic_write(MSR_X2APIC_TPR, class << 4);
}

CASE(x2apic_tpr, .api = XCVM_API_X2APIC,
    .doc = "The task priority masks an interrupt of its class, until it is "
	   "lower.")
{
	check_masked(set_tpr);
}

CASE(x2apic_cr8, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,
    .doc = "The same by CR8, which is the class of the task priority.")
{
	check_masked(set_cr8);
}

/* Lowered in one instruction, with nothing after it that leaves the guest. */
CASE(x2apic_cr8_lowered, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,
    .doc = "An interrupt that waits for CR8 comes while the CPU only spins.")
{
	u_int delivered = 0;

	intr_test_establish(take, NULL);
	for (u_int n = 0; n < LOWERINGS; n++) {
		set_cr8(TEST_CLASS);
		taken = 0;
		lapic_self_ipi(TEST_VECTOR);
		CHECK_EQ(taken, 0);
		set_cr8(0);
		SPIN_UNTIL(taken != 0);
		delivered += taken;
	}
	check_delivered(delivered, LOWERINGS);
}

/*
 * The vector of spurious interrupts is the one that the kernel does not end.
 * Sent like any other, it stays in service until the case ends it.
 */
CASE(x2apic_in_service, .api = XCVM_API_X2APIC,
    .doc = "A vector in service holds back an interrupt of a lower class, "
	   "until its end of interrupt.")
{
	const u_int vector = INTR_VECTOR_SPURIOUS;
	volatile u_int *spurious = &curcpu()->ci_md.md_spurious;
	u_int before = *spurious;

	intr_test_establish(take, NULL);
	taken = 0;
	lapic_self_ipi(vector);
	SPIN_UNTIL(*spurious != before);
	if (!lapic_vector(MSR_X2APIC_ISR, vector))
		case_skip("this host's APIC keeps no vector in service");
	check_held_back(vector >> 4);
	lapic_write(MSR_X2APIC_EOI, 0);
	check_let_through();
	CHECK(!lapic_vector(MSR_X2APIC_ISR, vector));
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR), 0);
	check_delivered(taken, 1);
}
