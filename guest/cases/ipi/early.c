/* SPDX-License-Identifier: ISC */
/* ipi(9) while other CPUs come up. */
#include <sys/kmem.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

#define SLOW 1000 /* spins */

static struct rising {
	u_int r_id;
	ipi_msg_t r_msg;
	struct mark r_ran;
	volatile bool r_sent; /* the message is not its owner's */
	struct mark r_late;   /* executions of one that was */
	volatile u_int r_round;
	volatile u_int *r_seen; /* of each CPU: the round of its last trigger */
} rising;

/* It takes longer than a sender that does not wait for it. */
static void
rising_message(void *arg)
{
	struct rising *r = arg;

	for (u_int i = 0; i < SLOW; i++)
		CPU_BUSY_CYCLE();
	if (!r->r_sent)
		mark_add(&r->r_late);
	mark_add(&r->r_ran);
}

static void
rising_handler(void *arg)
{
	struct rising *r = arg;

	r->r_seen[cpu_number()] = r->r_round;
}

/* A CPU that was up before is sent it, and one that is not up after is not. */
static void
broadcast(struct rising *r)
{
	u_int before = kcpuset_countset(kcpuset_running);
	u_int ran = mark_read(&r->r_ran);

	r->r_sent = true;
	PINNED(ipi_broadcast(&r->r_msg, true));
	ipi_wait(&r->r_msg);
	r->r_sent = false;
	ran = mark_read(&r->r_ran) - ran;
	CHECK_GE(ran, before - 1);
	CHECK_LE(ran, kcpuset_countset(kcpuset_running) - 1);
	/* What should not be there comes now, not when there is a next. */
	ipi_settle_all();
}

/*
 * The fault lets CPU 0 see that no other is up, and takes it away between that
 * look and the next, while the others come up.
 */
CASE(i13_while_cpus_come_up, .api = XCVM_API_IPI, .contract = "I13,I11",
    .min_vcpus = 2,
    .fault = "kind=preempt,function=kern_cpu_main,for_us=20000 "
	     "kind=preempt,function=kcpuset_next,dst=0,for_us=50000,nth=3 "
	     "kind=preempt,function=xc_init_cpu,for_us=3000,probability=50",
    .doc = "Broadcasts while other CPUs come up: each ends when all CPUs that "
	   "it was for have run it, and none runs it later.",
    PARAMS(PARAM_KERNEL, PARAM_EARLY))
{
	struct rising *r = &rising;
	struct lwp *boot;

	r->r_msg = (ipi_msg_t){.func = rising_message, .arg = r};
	r->r_seen = kmem_zalloc(ncpu * sizeof(u_int), KM_SLEEP);
	r->r_id = ipi_number(rising_handler, r);
	boot = thread_start(curcpu(), call_boot_others, NULL);
	do {
		yield();
		broadcast(r);
		r->r_round++;
		PINNED(ipi_trigger_broadcast(r->r_id, true));
	} while (!mp_online);
	thread_join(boot);
	r->r_round++;
	PINNED(ipi_trigger_broadcast(r->r_id, true));
	broadcast(r);
	ipi_unregister(r->r_id);
	CHECK_EQ(mark_read(&r->r_late), 0);
	for (u_int i = 1; i < ncpu; i++)
		CHECK_EQ(r->r_seen[i], r->r_round);
	case_metric("broadcasts", "", r->r_round);
}

#endif /* MULTIPROCESSOR */
