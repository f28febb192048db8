/* SPDX-License-Identifier: ISC */
/* Destinations that are nearly a CPU's, and modes that are not fixed. */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "call.h"
#include "ground.h"

#define TEST	  (ICR_ASSERT | INTR_VECTOR(LIR_TEST))
#define LOWEST	  3
#define ICR_STATE 0x1000 /* delivery: not written back as it was */

static u_int
ldr_of(u_int id)
{
	return (id >> 4 << 16 | 1U << (id & 15));
}

static bool
is_id(u_int id)
{
	for (u_int i = 0; i < ncpu; i++)
		if (cpu_lookup(i)->ci_cpuid == id)
			return (true);
	return (id == 0xffffffff);
}

static bool
is_ldr(u_int ldr)
{
	for (u_int i = 0; i < ncpu; i++) {
		u_int own = ldr_of(cpu_lookup(i)->ci_cpuid);

		if (own >> 16 == ldr >> 16 && (own & ldr & 0xffff) != 0)
			return (true);
	}
	return (false);
}

static u_int
send_to_nobody(u_int id, u_int ldr)
{
	u_int sent = 0;

	if (!is_id(id)) {
		lapic_icr_write(ICR_DEST(id) | ICR_FIXED | TEST);
		sent++;
	}
	if (!is_ldr(ldr)) {
		lapic_icr_write(ICR_DEST(ldr) | ICR_LOGICAL | ICR_FIXED | TEST);
		sent++;
	}
	return (sent);
}

CASE(x2apic_nobody, .api = XCVM_API_X2APIC,
    .doc = "An id that differs from a CPU's in one bit, or one byte, is "
	   "nobody's, and so is a logical id of another cluster or member.")
{
	struct mark *taken = cpu_marks();
	u_int n = 0;

	intr_test_establish(call_count_here, taken);
	n += send_to_nobody(0xff, 0xff0000 | 1);
	for (u_int i = 0; i < ncpu; i += 1 + ncpu / 4) {
		u_int id = cpu_lookup(i)->ci_cpuid, ldr = ldr_of(id);

		for (u_int bit = 0; bit < 32; bit += 2)
			n += send_to_nobody(
			    id ^ 1U << bit, ldr ^ 1U << 31 >> bit / 2);
		n += send_to_nobody(id ^ 0xff, ldr ^ 0xffff);
		n += send_to_nobody(id ^ 0x8000, (ldr & 0xffff) | 0xfffe0000);
	}
	take_interrupts_everywhere();
	for (u_int i = 0; i < ncpu; i++)
		CHECK_EQ(mark_read(&taken[i]), 0);
	case_metric("destinations that nobody has", "", n);
}

CASE(x2apic_icr_reads, .api = XCVM_API_X2APIC,
    .doc = "The ICR reads as what was written last, the destination too.")
{
	u_int dest = cpu_lookup(ncpu - 1)->ci_cpuid;
	struct mark ran = {0};

	intr_test_establish(call_count, &ran);
	for (u_int i = 0; i < 2; i++) {
		uint64_t command = i == 0 ? ICR_DEST(dest) | ICR_FIXED | TEST
					  : ICR_DEST(ldr_of(dest)) |
						ICR_LOGICAL | ICR_FIXED | TEST;

		lapic_icr_write(command);
		CHECK_EQ(
		    lapic_read(MSR_X2APIC_ICR) & ~(uint64_t)ICR_STATE, command);
		mark_wait(&ran, i + 1);
	}
}

static void
read_base(u_int cpu, void *arg)
{
	((uint64_t *)arg)[cpu] = lapic_read(MSR_APIC_BASE);
}

CASE(x2apic_base, .api = XCVM_API_X2APIC,
    .doc = "Every CPU's APIC is on and in x2APIC mode, and at most one is "
	   "the boot CPU's, the first.")
{
	uint64_t *base = kmem_zalloc(ncpu * sizeof(*base), KM_SLEEP);

	on_each_cpu(read_base, base);
	for (u_int i = 0; i < ncpu; i++) {
		CHECK_EQ(base[i] & (APIC_BASE_ENABLE | APIC_BASE_X2APIC),
		    APIC_BASE_ENABLE | APIC_BASE_X2APIC);
		CHECK(i == 0 || (base[i] & APIC_BASE_BSP) == 0);
	}
}

#ifdef MULTIPROCESSOR

/* Every second CPU of the first one's cluster, the first left out. */
static u_int
half_a_cluster(bool *in)
{
	u_int first = ldr_of(cpu_lookup(0)->ci_cpuid), set = 0, n = 0;

	for (u_int i = 0; i < ncpu; i++) {
		u_int ldr = ldr_of(cpu_lookup(i)->ci_cpuid);

		in[i] = ldr >> 16 == first >> 16 && n++ % 2 == 1;
		if (in[i])
			set |= ldr;
	}
	return (set);
}

CASE(x2apic_lowest_priority, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "In lowest-priority mode one of the destinations takes the "
	   "interrupt, and nobody else.")
{
	bool *in = kmem_zalloc(ncpu * sizeof(*in), KM_SLEEP);
	u_int set = half_a_cluster(in), all = 0;
	struct mark *taken = cpu_marks();
	struct mark ran = {0};

	if (set == 0)
		case_skip("no other CPU is of the first one's cluster");
	for (u_int i = 1; i <= LOWEST; i++) {
		intr_test_establish(call_count, &ran);
		lapic_icr_write(
		    ICR_DEST(set) | ICR_LOGICAL | ICR_LOWEST | TEST);
		mark_wait(&ran, i);
		take_interrupts_everywhere();
		check_delivered(mark_read(&ran), i);
	}
	intr_test_establish(call_count_here, taken);
	for (u_int i = 1; i <= LOWEST; i++) {
		lapic_icr_write(
		    ICR_DEST(set) | ICR_LOGICAL | ICR_LOWEST | TEST);
		take_interrupts_everywhere();
	}
	for (u_int i = 0; i < ncpu; i++) {
		CHECK(in[i] || mark_read(&taken[i]) == 0);
		all += mark_read(&taken[i]);
	}
	check_delivered(all, LOWEST);
}

static volatile bool woke;
static struct mark nmis;

static void
count_nmi(void *arg __unused)
{
	mark_add(&nmis);
}

static void
halt_with_interrupts_off(void *arg)
{
	uint64_t flags = intr_disable();

	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	mark_add(arg);
	__asm volatile("hlt" : : : "memory");
	CHECK_GE(mark_read(&nmis), 1);
	woke = true;
	intr_restore(flags);
}

CASE(x2apic_halt_interrupts_off, .api = XCVM_API_X2APIC,
    .needs = XCVM_NEEDS_VCPUS, .min_vcpus = 2,
    .doc = "A CPU that halts with interrupts off sleeps through one that is "
	   "pending, until an NMI comes.")
{
	u_int dest = cpu_lookup(1)->ci_cpuid;
	struct mark halts = {0}, ran = {0};
	struct lwp *l;

	intr_test_establish(call_count, &ran);
	nmi_test_establish(count_nmi, NULL);
	l = thread_start(cpu_lookup(1), halt_with_interrupts_off, &halts);
	mark_wait(&halts, 1);
	/* It may not have halted yet when an NMI comes: so once more. */
	while (!woke) {
		delay(2000);
		if (!woke)
			lapic_icr_write(ICR_DEST(dest) | ICR_NMI | ICR_ASSERT);
	}
	thread_join(l);
	mark_wait(&ran, 1);
	check_delivered(mark_read(&ran), 1);
}

#endif
