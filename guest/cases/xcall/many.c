/* SPDX-License-Identifier: ISC */
/* xcall(9) on more CPUs than a byte counts. */
#include "many.h"
#include "xcall/xcall_case.h"

#ifdef MULTIPROCESSOR

static void
broadcast(u_int flags)
{
	struct many m;
	uint64_t ticket;

	many_begin(&m, true);
	ticket = nx_submit(flags, NULL, many_run_2, &m, NULL);
	many_wait(&m);
	xc_wait(ticket);
	many_end(&m);
}

CASE(n1_many_cpus, .api = XCVM_API_XCALL, .contract = "N1", MANY,
    .doc = "A LOW broadcast to more than 255 CPUs runs once on each, and "
	   "xc_wait() returns after the last.")
{
	broadcast(0);
}

static void
check_there(void *cpu, void *arg2 __unused)
{
	CHECK_EQ(cpu_number(), *(u_int *)cpu);
}

CASE(n2_many_cpus, .api = XCVM_API_XCALL, .contract = "N1,N2", MANY,
    .doc = "A HIGH broadcast to more than 255 CPUs runs once on each, and "
	   "xc_wait() returns after the last; calls to one run there.")
{
	broadcast(XC_HIGHPRI);
	for (u_int k = 0; k < NX_CLASSES; k++) {
		for (u_int i = 0; i < MANY_EDGES; i++) {
			u_int cpu = many_edges[i];

			nx_call(nx_class_flags[k], cpu_lookup(cpu), check_there,
			    &cpu, NULL);
		}
	}
}

#endif
