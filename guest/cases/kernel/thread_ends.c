/* SPDX-License-Identifier: ISC */
/* Threads that end on all CPUs at once: structures and stacks come back. */
#include <sys/kthread.h>
#include <machine/hypercall.h>
#include "ground.h"

static volatile u_int ended;

static void
short_thread(void *cpu)
{
	if (CHECK_EQ(cpu_number(), (uintptr_t)cpu))
		atomic_inc_uint(&ended);
}

/* A better thread than the caller: it has ended when it has been made. */
static bool
make_short(u_int cpu)
{
	return (
	    CHECK_EQ(kthread_create(PRI_KTHREAD + 1, KTHREAD_MPSAFE, NULL,
			 short_thread, (void *)(uintptr_t)cpu, NULL, "short"),
		0));
}

static void
end_often(u_int cpu, void *rounds)
{
	for (u_int i = *(u_int *)rounds; i > 0 && make_short(cpu); i--)
		continue;
}

static void
nothing(void *arg __unused)
{
}

CASE(thread_ends_together, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .min_vcpus = 2,
    .doc = "Threads are made and end on all CPUs at the same time: none is "
	   "given out twice, and no stack is lost.",
    PARAMS(PARAM_KERNEL, PARAM("threads", 200, "on all CPUs together")))
{
	u_int rounds = MAX((u_int)case_param("threads") / ncpu, 2), left = 0;
	struct lwp *l = thread_start(curcpu(), nothing, NULL);
	/* Of those that never were given out, it has the first. */
	u_int stacks = (u_int)((boot->stacks + boot->nstacks * XCVM_STACK_SLOT -
				   l->l_stack) /
			       XCVM_STACK_SLOT);

	thread_join(l);
	on_each_cpu(end_often, &rounds);
	CHECK_EQ(ended, rounds * ncpu);
	/* They are below us, and do not run. */
	while (left <= stacks && kthread_create(1, KTHREAD_MPSAFE, NULL,
				     nothing, NULL, NULL, "left") == 0)
		left++;
	CHECK_EQ(left, stacks);
}
