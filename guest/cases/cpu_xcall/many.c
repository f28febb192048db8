/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9) on more CPUs than a byte counts. */
#include "call.h"
#include "many.h"

#ifdef MULTIPROCESSOR

static void
check_there(void *cpu)
{
	CHECK_EQ(cpu_number(), *(u_int *)cpu);
}

/* From this CPU to each edge, and back to the first. */
static void
sync_with_edges(void *arg __unused)
{
	u_int zero = 0;

	for (u_int i = 0; i < MANY_EDGES; i++) {
		u_int cpu = many_edges[i];

		cpu_xcall_sync(cpu_lookup(cpu), check_there, &cpu, "far");
	}
	cpu_xcall_sync(cpu_lookup(0), check_there, &zero, "far");
}

static void
one_object_everywhere(void)
{
	struct many m;
	struct xcall xc = XCALL_INITIALIZER(many_run, &m);

	many_begin(&m, true);
	for (u_int i = 0; i < ncpu; i++)
		cpu_xcall(cpu_lookup(i), &xc);
	many_wait(&m);
	mark_wait(&m.m_all, ncpu);
	many_end(&m);
}

CASE(o7_many_cpus, .api = XCVM_API_CPU_XCALL, .contract = "O1,O7,O17", MANY,
    .doc = "One object queued on more than 255 CPUs runs once on each, and "
	   "calls from the first CPU and the last run where they are sent.")
{
	one_object_everywhere();
	sync_with_edges(NULL);
	thread_join(thread_start(cpu_lookup(ncpu - 1), sync_with_edges, NULL));
}

#endif
