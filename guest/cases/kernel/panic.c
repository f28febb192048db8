/* SPDX-License-Identifier: ISC */
/* Panics: the message, the first of several, the others stopped. */
#include <machine/lapic.h>
#include "ground.h"

CASE(panic_message, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "the answer is 42, not 'x'", .doc = "A panic carries its message.")
{
	panic("the answer is %d, not '%c'", 42, 'x');
}

CASE(panic_assertion, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic =
	"kernel assertion \"1 > ncpu\" failed: guest/cases/kernel/panic.c:",
    .doc = "A failed assertion panics with the expression and the place.")
{
	KASSERT(1 > ncpu);
}

CASE(panic_in_panic, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "panic while panicking",
    .doc = "A fault while a panic prints its message ends the run as well.")
{
	const char *volatile nowhere = (const char *)16;

	panic("%s", nowhere);
}

#ifdef MULTIPROCESSOR

#define STOPPED_MS 10 /* of what panic() waits for the others */

/* A host may slow down who says that it spins: no PAUSE. */
static void
spin_loops(uint64_t n)
{
	for (volatile uint64_t i = 0; i < n; i++)
		continue;
}

static void
say_if_not_stopped(void *held)
{
	const u_int loops = 1000;
	uint64_t took = UINT64_MAX, start;

	(void)intr_disable();
	for (u_int i = 0; i < 8; i++) {
		start = cpu_counter();
		spin_loops(loops);
		took = MIN(took, cpu_counter() - start);
	}
	mark_add(held);
	SPIN_UNTIL(panicked != 0);
	/* By its own steps: it may be the other that does not get on. */
	spin_loops(loops * ns_to_tsc(STOPPED_MS * 1000000) / took);
	CHECK(panicked == 0);
}

CASE(panic_stops_others, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "all others stop",
    .doc = "A CPU that has interrupts off does not get on when another "
	   "panics.")
{
	struct mark held = {0};

	(void)thread_start(cpu_lookup(1), say_if_not_stopped, &held);
	mark_wait(&held, 1);
	panic("all %s stop", "others");
}

static struct mark in_nmi;

static void
panic_first(void *arg __unused)
{
	mark_wait(&in_nmi, 1);
	panic("the first of two");
}

static void
nmi_handler(void *arg __unused)
{
	mark_add(&in_nmi);
	SPIN_UNTIL(panicked != 0);
	panic("the second");
}

CASE(panic_second_just_stops, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "the first of two", .panic_cpu = 1,
    .doc = "A CPU that panics after another, in an NMI, which nothing stops, "
	   "stops by itself.")
{
	(void)thread_start(cpu_lookup(1), panic_first, NULL);
	nmi_test_establish(nmi_handler, NULL);
	lapic_icr_write(ICR_DEST(curcpu()->ci_cpuid) | ICR_NMI | ICR_ASSERT);
	wait_for_panic();
}

#endif
