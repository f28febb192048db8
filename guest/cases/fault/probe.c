/* SPDX-License-Identifier: ISC */
/*
 * What a fault does, seen from inside, and a case that reports it.
 */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "fault/probe.h"

#ifdef MULTIPROCESSOR

struct probe *probes;

static volatile bool stop;

static void
test_arrived(void *arg __unused)
{
	struct probe *p = &probes[cpu_number()];

	p->p_at = cpu_counter();
	atomic_store_release(&p->p_arrived, p->p_arrived + 1);
}

static void
nmi_arrived(void *arg __unused)
{
	probes[cpu_number()].p_nmis++;
}

static __noinline uint64_t
counter(void)
{
	return (cpu_counter());
}

/*
 * For kind=preempt: how long it took from its caller into it.  As it calls
 * another, it begins with a push.
 */
uint64_t fault_probe_step(uint64_t called);

__noinline uint64_t
fault_probe_step(uint64_t called)
{
	return (counter() - called);
}

static void
step_on(void *arg)
{
	struct probe *p = arg;
	uint64_t last = cpu_counter();

	atomic_store_release(&p->p_steps, true);
	while (!atomic_load_acquire(&stop)) {
		uint64_t now = cpu_counter(), entry;

		if (now - last > p->p_gap)
			p->p_gap = now - last;
		entry = fault_probe_step(now);
		if (entry > p->p_entry)
			p->p_entry = entry;
		last = now;
	}
}

void
probe_start(void)
{
	probes = kmem_zalloc(ncpu * sizeof(*probes), KM_SLEEP);
	intr_test_establish(test_arrived, NULL);
	nmi_test_establish(nmi_arrived, NULL);
	for (u_int i = 1; i < ncpu; i++)
		probes[i].p_stepper =
		    thread_start(cpu_lookup(i), step_on, &probes[i]);
	for (u_int i = 1; i < ncpu; i++)
		SPIN_UNTIL(atomic_load_acquire(&probes[i].p_steps));
}

void
probe_stop(void)
{
	atomic_store_release(&stop, true);
	for (u_int i = 1; i < ncpu; i++)
		thread_join(probes[i].p_stepper);
}

void
probe_send(u_int cpu)
{
	lapic_ipi(cpu_lookup(cpu)->ci_cpuid, INTR_VECTOR(LIR_TEST));
}

bool
probe_wait(u_int cpu, u_int arrived, uint64_t wait_ns)
{
	uint64_t limit = nsecuptime() + wait_ns;

	while (atomic_load_acquire(&probes[cpu].p_arrived) < arrived) {
		if (nsecuptime() >= limit)
			return (false);
		CPU_BUSY_CYCLE();
	}
	return (true);
}

static void
metric_of_cpu(const char *what, u_int cpu, const char *unit, uint64_t value)
{
	char name[64];

	snprintf(name, sizeof(name), "%s cpu%u", what, cpu);
	case_metric(name, unit, value);
}

static void
report(u_int sent, u_int in_time, uint64_t latest)
{
	case_metric("sent", "", sent);
	case_metric("arrived in time", "", in_time);
	case_metric("latest arrival", "ns", tsc_to_ns(latest));
	for (u_int i = 0; i < ncpu; i++) {
		const struct probe *p = &probes[i];

		metric_of_cpu("arrived at", i, "", p->p_arrived);
		metric_of_cpu("NMIs at", i, "", p->p_nmis);
		if (i == 0)
			continue;
		metric_of_cpu("longest gap of", i, "ns", tsc_to_ns(p->p_gap));
		metric_of_cpu(
		    "longest entry on", i, "ns", tsc_to_ns(p->p_entry));
	}
}

CASE(fault_probe, .api = XCVM_API_X2APIC, .kind = XCVM_KIND_BENCH,
    .min_vcpus = 2,
    .doc = "CPU 0 sends interrupts while the others step on: what is seen of "
	   "them.",
    PARAMS(PARAM("count", 8, "interrupts to send"),
	PARAM("target", 1, "CPU to send them to"),
	PARAM("wait_ms", 20, "longest wait for each to arrive, milliseconds"),
	PARAM("last_ms", 0, "least time the others step on, milliseconds"),
	PARAM_KERNEL))
{
	u_int count = (u_int)case_param("count"), in_time = 0;
	u_int target = (u_int)case_param("target");
	uint64_t wait = case_param("wait_ms") * NS_PER_MS, latest = 0;
	uint64_t end;

	if (target >= ncpu)
		case_skip("there is no CPU of that number: see target");
	probe_start();
	end = nsecuptime() + case_param("last_ms") * NS_PER_MS;
	for (u_int i = 0; i < count; i++) {
		u_int before = probes[target].p_arrived;
		uint64_t sent = cpu_counter();

		probe_send(target);
		if (!probe_wait(target, before + 1, wait))
			continue;
		in_time++;
		latest = MAX(latest, probes[target].p_at - sent);
	}
	SPIN_UNTIL(nsecuptime() >= end);
	probe_stop();
	report(count, in_time, latest);
}

#endif /* MULTIPROCESSOR */
