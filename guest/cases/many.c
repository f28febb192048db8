/* SPDX-License-Identifier: ISC */
/* Calls of more CPUs than a byte counts. */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "call.h"
#include "many.h"

const u_int many_edges[MANY_EDGES] = {
    1, 31, 32, 33, 63, 64, 65, 127, 128, 254, 255, 256, 257, MANY_VCPUS - 1};

#ifdef MULTIPROCESSOR

/* A wait that ends too early has ended by then. */
#define TOO_EARLY_US 1000
#define WAKE_US	     5000

static void
check_waits(struct many *m, u_int done)
{
	SPIN_UNTIL(m->m_waiting && mark_read(&m->m_all) >= done);
	delay(TOO_EARLY_US);
	CHECK(!m->m_returned);
	CHECK_EQ(mark_read(&m->m_all), done);
}

/* By NMI; one that comes before the CPU has halted wakes nobody: once more. */
static void
wake_others(struct many *m)
{
	m->m_go = true;
	do {
		lapic_icr_write(ICR_OTHERS | ICR_NMI | ICR_ASSERT);
		delay(WAKE_US);
	} while (mark_read(&m->m_awake) < ncpu - 2);
}

static void
hold(void *arg)
{
	struct many *m = arg;
	uint64_t flags = intr_disable();

	mark_add(&m->m_held);
	if (cpu_number() == ncpu - 1) {
		check_waits(m, m->m_here);
		wake_others(m);
		check_waits(m, m->m_here + ncpu - 2);
	} else {
		while (!m->m_go)
			__asm volatile("hlt" : : : "memory");
		mark_add(&m->m_awake);
	}
	intr_restore(flags);
}

void
many_begin(struct many *m, bool self)
{
	*m = (struct many){.m_runs = cpu_marks(), .m_here = self};
	m->m_holders = kmem_alloc(ncpu * sizeof(*m->m_holders), KM_SLEEP);
	nmi_test_establish(call_nothing, NULL);
	for (u_int i = 1; i < ncpu; i++)
		m->m_holders[i] = thread_start(cpu_lookup(i), hold, m);
	mark_wait(&m->m_held, ncpu - 1);
}

void
many_run(void *arg)
{
	struct many *m = arg;

	mark_add(&m->m_runs[cpu_number()]);
	mark_add(&m->m_all);
}

void
many_run_2(void *m, void *arg2 __unused)
{
	many_run(m);
}

void
many_wait(struct many *m)
{
	m->m_waiting = true;
}

void
many_end(struct many *m)
{
	m->m_returned = true;
	CHECK_EQ(mark_read(&m->m_all), m->m_here + ncpu - 1);
	for (u_int i = 0; i < ncpu; i++)
		CHECK_EQ(mark_read(&m->m_runs[i]), i != 0 || m->m_here != 0);
	for (u_int i = 1; i < ncpu; i++)
		thread_join(m->m_holders[i]);
	kmem_free(m->m_holders, ncpu * sizeof(*m->m_holders));
	kmem_free(m->m_runs, ncpu * sizeof(*m->m_runs));
}

#endif
