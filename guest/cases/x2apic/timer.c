/* SPDX-License-Identifier: ISC */
/*
 * The modes of the APIC timer that the kernel may have no use for.  A case
 * takes the timer away from its CPU's callouts, and does not give it back.
 */
#include <machine/lapic.h>
#include "ground.h"

#define TEST_VECTOR INTR_VECTOR(LIR_TEST)

/* Whatever its clock is: some milliseconds, or less. */
#define COUNT	    2000000

static volatile u_int fired;

static void
fire(void *arg __unused)
{
	fired++;
}

static void
timer_start(uint32_t mode)
{
	intr_test_establish(fire, NULL);
	lapic_write(MSR_X2APIC_LVT_TIMER, mode | TEST_VECTOR);
	lapic_write(MSR_X2APIC_DIVIDE, DIVIDE_BY_1);
	lapic_write(MSR_X2APIC_INITIAL, COUNT);
	CHECK_EQ(lapic_read(MSR_X2APIC_INITIAL), COUNT);
}

CASE(x2apic_timer_one_shot, .api = XCVM_API_X2APIC,
    .doc = "The one-shot timer counts down, interrupts once, and stays at 0.")
{
	timer_start(LVT_ONE_SHOT);
	while (fired == 0)
		CHECK_LE(lapic_read(MSR_X2APIC_CURRENT), COUNT);
	for (u_int n = 0; n < 1000; n++)
		CPU_BUSY_CYCLE();
	check_delivered(fired, 1);
	CHECK_EQ(lapic_read(MSR_X2APIC_CURRENT), 0);
}

CASE(x2apic_timer_periodic, .api = XCVM_API_X2APIC,
    .doc = "The periodic timer interrupts again and again, until its count is "
	   "0.")
{
	u_int before;

	timer_start(LVT_PERIODIC);
	SPIN_UNTIL(fired >= 5);
	CHECK_LE(lapic_read(MSR_X2APIC_CURRENT), COUNT);
	lapic_write(MSR_X2APIC_INITIAL, 0);
	CHECK_EQ(lapic_read(MSR_X2APIC_CURRENT), 0);
	before = fired;
	delay(10000);
	/* One may have been on its way. */
	CHECK_LE(fired, before + 1);
}

CASE(x2apic_timer_masked, .api = XCVM_API_X2APIC,
    .doc = "A timer that is masked counts down and does not interrupt.")
{
	timer_start(LVT_ONE_SHOT | LVT_MASKED);
	while (lapic_read(MSR_X2APIC_CURRENT) != 0)
		CPU_BUSY_CYCLE();
	delay(1000);
	CHECK_EQ(fired, 0);
}
