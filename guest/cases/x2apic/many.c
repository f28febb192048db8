/* SPDX-License-Identifier: ISC */
/* Interrupts to CPUs whose id no byte holds. */
#include <machine/lapic.h>
#include "call.h"
#include "ground.h"
#include "many.h"

#ifdef MULTIPROCESSOR

#define TEST (ICR_FIXED | ICR_ASSERT | INTR_VECTOR(LIR_TEST))

static u_int ldr; /* of the CPU that was asked last */

static void
read_ldr(void *arg __unused)
{
	ldr = lapic_ldr();
}

/* From this CPU to each edge, in both ways. */
static void
send_to_edges(void *arg)
{
	struct mark *taken = arg;

	for (u_int i = 0; i < MANY_EDGES; i++) {
		struct cpu_info *ci = cpu_lookup(many_edges[i]);
		struct mark *there = &taken[many_edges[i]];
		u_int before = mark_read(there);

		lapic_icr_write(ICR_DEST(ci->ci_cpuid) | TEST);
		mark_wait(there, before + 1);
		cpu_xcall_sync(ci, read_ldr, NULL, "ldr");
		lapic_icr_write(ICR_DEST(ldr) | ICR_LOGICAL | TEST);
		mark_wait(there, before + 2);
	}
}

CASE(x2apic_many, .api = XCVM_API_X2APIC, MANY,
    .doc = "By its physical and its logical id an interrupt reaches each CPU "
	   "at the borders of bytes and words, and a broadcast reaches all.")
{
	struct mark *taken = cpu_marks();
	u_int all = 0;

	intr_test_establish(call_count_here, taken);
	send_to_edges(taken);
	thread_join(thread_start(cpu_lookup(ncpu - 1), send_to_edges, taken));
	lapic_icr_write(ICR_OTHERS | TEST);
	for (u_int i = 1; i < ncpu; i++)
		mark_wait(&taken[i], 1);
	for (u_int i = 0; i < MANY_EDGES; i++)
		mark_wait(&taken[many_edges[i]], 5);
	for (u_int i = 0; i < ncpu; i++)
		all += mark_read(&taken[i]);
	check_delivered(all, ncpu - 1 + 4 * MANY_EDGES);
}

#endif
