/* SPDX-License-Identifier: ISC */
/* x2APIC ids, dense or not, small or large: --apic-ids gives the CPUs theirs. */
#include <sys/kmem.h>
#include <machine/hypercall.h>
#include <machine/lapic.h>
#include "call.h"
#include "ground.h"

struct id_cpu {
	u_int ic_id, ic_ldr;
} __cacheline_aligned;

static struct id_cpu *id_cpus;
static struct mark *taken; /* test interrupts, by each CPU */

static void
read_ids(u_int cpu, void *arg __unused)
{
	id_cpus[cpu].ic_id = lapic_id();
	id_cpus[cpu].ic_ldr = lapic_ldr();
}

static void
ids_start(void)
{
	id_cpus = kmem_zalloc(ncpu * sizeof(*id_cpus), KM_SLEEP);
	on_each_cpu(read_ids, NULL);
}

CASE(x2apic_ids, .api = XCVM_API_X2APIC,
    .doc = "Each CPU has the id it was given, and the logical id that follows.")
{
	u_int highest = 0, above_254 = 0;

	ids_start();
	for (u_int i = 0; i < ncpu; i++) {
		u_int id = id_cpus[i].ic_id;

		CHECK_EQ(id, boot->apic_ids[i]);
		CHECK_EQ(id, cpu_lookup(i)->ci_cpuid);
		/* SDM volume 3, 11.12.10.2. */
		CHECK_EQ(id_cpus[i].ic_ldr, id >> 4 << 16 | 1U << (id & 15));
		for (u_int j = 0; j < i; j++)
			CHECK_NE(id_cpus[j].ic_id, id);
		highest = MAX(highest, id);
		above_254 += id > 254;
	}
	case_metric("highest id", "", highest);
	case_metric("ids above 254", "", above_254);
}

/* To each CPU in turn, by one id or the other, from the first and the last. */
static void
send_by_id(void *arg)
{
	bool logical = arg != NULL;

	for (u_int i = 0; i < ncpu; i++) {
		u_int before = mark_read(&taken[i]);

		lapic_icr_write(
		    (logical ? ICR_DEST(id_cpus[i].ic_ldr) | ICR_LOGICAL
			     : ICR_DEST(id_cpus[i].ic_id)) |
		    ICR_FIXED | ICR_ASSERT | INTR_VECTOR(LIR_TEST));
		SPIN_UNTIL(mark_read(&taken[i]) != before);
	}
}

CASE(x2apic_ids_reach, .api = XCVM_API_X2APIC,
    .doc = "By its id, physical or logical, an interrupt reaches each CPU, "
	   "and only it.")
{
	struct cpu_info *last = cpu_lookup(ncpu - 1);
	u_int above_254 = 0, all = 0;

	ids_start();
	taken = cpu_marks();
	intr_test_establish(call_count_here, taken);
	send_by_id(NULL);
	send_by_id(id_cpus);
	thread_join(thread_start(last, send_by_id, NULL));
	thread_join(thread_start(last, send_by_id, id_cpus));
	take_interrupts_everywhere();
	for (u_int i = 0; i < ncpu; i++) {
		CHECK_GE(mark_read(&taken[i]), 4);
		all += mark_read(&taken[i]);
		above_254 += id_cpus[i].ic_id > 254;
	}
	check_delivered(all, 4 * ncpu);
	case_metric("ids above 254", "", above_254);
}
