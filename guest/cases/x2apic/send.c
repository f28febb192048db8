/* SPDX-License-Identifier: ISC */
/*
 * Every way to send an interrupt: it arrives once where it was sent, and
 * nowhere else.  One that is seen twice in a whole case is reported, and no
 * failure: QEMU's emulation of AMD-V does that about once in 20000.
 */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "ground.h"

#define FIXED_TEST (ICR_FIXED | ICR_ASSERT | INTR_VECTOR(LIR_TEST))
#define NMI	   (ICR_NMI | ICR_ASSERT)

struct arrivals {
	volatile u_int a_count;
	u_int a_expected;
	u_int a_ldr;
} __cacheline_aligned;

static struct arrivals *arrivals;

static void
arrived(void *arg __unused)
{
	atomic_inc_uint(&arrivals[cpu_number()].a_count);
}

static void
read_ldr(u_int cpu, void *arg __unused)
{
	arrivals[cpu].a_ldr = lapic_ldr();
}

static void
arrivals_start(void)
{
	arrivals = kmem_zalloc(ncpu * sizeof(*arrivals), KM_SLEEP);
	on_each_cpu(read_ldr, NULL);
	intr_test_establish(arrived, NULL);
	nmi_test_establish(arrived, NULL);
}

/* One more is on its way to each of those CPUs, but not to that one. */
static void
expect(u_int first, u_int end, u_int but)
{
	for (u_int i = first; i < end; i++)
		if (i != but)
			arrivals[i].a_expected++;
}

static void
arrivals_wait(void)
{
	for (u_int i = 0; i < ncpu; i++)
		SPIN_UNTIL(arrivals[i].a_count >= arrivals[i].a_expected);
}

/* Send; wait until it is where it should be, on that CPU. */
static void
send_to_one(u_int cpu, uint64_t command)
{
	expect(cpu, cpu + 1, ncpu);
	lapic_icr_write(command);
	arrivals_wait();
}

/* Whatever else was sent has arrived by now. */
static void
arrivals_check(void)
{
	static u_int twice;

	take_interrupts_everywhere();
	for (u_int i = 0; i < ncpu; i++) {
		u_int count = arrivals[i].a_count;
		u_int expected = arrivals[i].a_expected;

		if (count == expected + 1 && expected != 0 && twice++ == 0) {
			metric_delivered_twice(twice);
			arrivals[i].a_expected++;
		} else if (count != expected)
			case_failed(__FILE__, __LINE__, "arrivals",
			    "cpu%u has %u, and should have %u", i, count,
			    expected);
	}
}

CASE(x2apic_physical, .api = XCVM_API_X2APIC,
    .doc = "By physical id: each CPU, the sender as well.")
{
	arrivals_start();
	for (u_int i = 0; i < ncpu; i++)
		send_to_one(i, ICR_DEST(cpu_lookup(i)->ci_cpuid) | FIXED_TEST);
	arrivals_check();
}

static void
send_to_next(u_int cpu, void *arg __unused)
{
	u_int next = (cpu + 1) % ncpu;

	for (u_int i = 1; i <= 3; i++) {
		lapic_ipi(cpu_lookup(next)->ci_cpuid, INTR_VECTOR(LIR_TEST));
		SPIN_UNTIL(arrivals[next].a_count >= i);
	}
}

CASE(x2apic_from_every_cpu, .api = XCVM_API_X2APIC,
    .doc = "Every CPU sends to the next one, all at once.")
{
	arrivals_start();
	on_each_cpu(send_to_next, NULL);
	for (u_int i = 0; i < ncpu; i++)
		arrivals[i].a_expected = 3;
	arrivals_check();
}

CASE(x2apic_logical, .api = XCVM_API_X2APIC,
    .doc = "By logical id, each CPU by the one bit of its own.")
{
	arrivals_start();
	for (u_int i = 0; i < ncpu; i++)
		send_to_one(
		    i, ICR_DEST(arrivals[i].a_ldr) | ICR_LOGICAL | FIXED_TEST);
	arrivals_check();
}

static bool
same_cluster(u_int i, u_int j)
{
	return (arrivals[i].a_ldr >> 16 == arrivals[j].a_ldr >> 16);
}

/* To every step-th CPU of the cluster whose first CPU that is. */
static void
send_to_cluster(u_int first, u_int step)
{
	u_int set = 0, n = 0;

	for (u_int i = first; i < ncpu; i++) {
		if (same_cluster(i, first) && n++ % step == 0) {
			set |= arrivals[i].a_ldr;
			arrivals[i].a_expected++;
		}
	}
	lapic_icr_write(ICR_DEST(set) | ICR_LOGICAL | FIXED_TEST);
	arrivals_wait();
}

CASE(x2apic_logical_cluster, .api = XCVM_API_X2APIC,
    .doc = "By logical id, several CPUs of a cluster: all, and every second "
	   "one.")
{
	arrivals_start();
	for (u_int i = 0; i < ncpu; i++) {
		u_int first = 0;

		while (!same_cluster(first, i))
			first++;
		if (first == i) {
			send_to_cluster(i, 1);
			send_to_cluster(i, 2);
		}
	}
	arrivals_check();
}

static void
send_to_self(u_int cpu, void *command)
{
	for (u_int i = 1; i <= 3; i++) {
		if (command != NULL)
			lapic_icr_write(*(uint64_t *)command);
		else
			lapic_self_ipi(INTR_VECTOR(LIR_TEST));
		SPIN_UNTIL(arrivals[cpu].a_count >= i);
	}
}

static void
check_self(void *command)
{
	arrivals_start();
	on_each_cpu(send_to_self, command);
	for (u_int i = 0; i < ncpu; i++)
		arrivals[i].a_expected = 3;
	arrivals_check();
}

CASE(x2apic_self_register, .api = XCVM_API_X2APIC,
    .doc = "By the SELF IPI register, on every CPU.")
{
	check_self(NULL);
}

CASE(x2apic_self_shorthand, .api = XCVM_API_X2APIC,
    .doc = "By the shorthand for self, on every CPU; the destination is "
	   "ignored.")
{
	uint64_t command = ICR_SELF | FIXED_TEST;

	check_self(&command);
	command |= ICR_DEST(cpu_lookup(0)->ci_cpuid);
	check_self(&command);
}

/* --- to all, from the first CPU and from the last --- */

struct to_all {
	uint64_t ta_command;
	bool ta_self; /* to the sender as well */
};

static void
send_to_all(void *arg)
{
	const struct to_all *ta = arg;

	for (u_int i = 0; i < 3; i++) {
		expect(0, ncpu, ta->ta_self ? ncpu : cpu_number());
		lapic_icr_write(ta->ta_command);
		arrivals_wait();
	}
}

static void
check_all(uint64_t command, bool self)
{
	struct to_all ta = {command, self};

	arrivals_start();
	send_to_all(&ta);
	arrivals_check();
	thread_join(thread_start(cpu_lookup(ncpu - 1), send_to_all, &ta));
	arrivals_check();
}

CASE(x2apic_all, .api = XCVM_API_X2APIC,
    .doc = "By the shorthand for all, the sender included.")
{
	check_all(ICR_ALL | FIXED_TEST, true);
}

CASE(x2apic_others, .api = XCVM_API_X2APIC,
    .doc = "By the shorthand for all but the sender.")
{
	check_all(ICR_OTHERS | FIXED_TEST, false);
}

CASE(x2apic_broadcast_physical, .api = XCVM_API_X2APIC,
    .doc = "By physical id 0xffffffff: every CPU, the sender included.")
{
	check_all(ICR_DEST(0xffffffff) | FIXED_TEST, true);
}

CASE(x2apic_broadcast_logical, .api = XCVM_API_X2APIC,
    .doc = "By logical id 0xffffffff: every CPU, the sender included.")
{
	check_all(ICR_DEST(0xffffffff) | ICR_LOGICAL | FIXED_TEST, true);
}

/* --- NMI --- */

CASE(x2apic_nmi, .api = XCVM_API_X2APIC,
    .doc = "An NMI by physical id, to each CPU, the sender as well.")
{
	arrivals_start();
	for (u_int i = 0; i < ncpu; i++)
		send_to_one(i, ICR_DEST(cpu_lookup(i)->ci_cpuid) | NMI);
	arrivals_check();
}

#ifdef MULTIPROCESSOR

CASE(x2apic_nmi_others, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "An NMI by the shorthand for all but the sender.")
{
	check_all(ICR_OTHERS | NMI, false);
}

CASE(x2apic_nmi_interrupts_off, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "An NMI comes while interrupts are off, an interrupt comes after "
	   "that.")
{
	u_int dest = cpu_lookup(1)->ci_cpuid;
	struct hold hold;

	arrivals_start();
	hold_cpu(&hold, cpu_lookup(1), HOLD_INTR_OFF);
	lapic_ipi(dest, INTR_VECTOR(LIR_TEST));
	/* Two on their way are one: the vector is pending, or it is not. */
	lapic_ipi(dest, INTR_VECTOR(LIR_TEST));
	send_to_one(1, ICR_DEST(dest) | NMI);
	CHECK_EQ(arrivals[1].a_count, 1);
	hold_release(&hold);
	expect(1, 2, ncpu);
	arrivals_wait();
	arrivals_check();
}

#endif
