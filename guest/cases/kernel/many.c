/* SPDX-License-Identifier: ISC */
/* The kernel itself on more CPUs than a byte counts. */
#include <sys/callout.h>
#include <sys/kcpuset.h>
#include <sys/kmem.h>
#include <machine/hypercall.h>
#include <machine/lapic.h>
#include "ground.h"
#include "many.h"

#ifdef MULTIPROCESSOR

static void
check_known(void)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;
	u_int index = 0, n = 0;

	CHECK_EQ(kcpuset_countset(kcpuset_attached), ncpu);
	CHECK_EQ(kcpuset_countset(kcpuset_running), ncpu);
	for (CPU_INFO_FOREACH(cii, ci)) {
		CHECK_EQ(cpu_index(ci), n);
		CHECK_EQ(ci->ci_cpuid, boot->apic_ids[n]);
		CHECK(kcpuset_isset(kcpuset_running, n));
		CHECK(cpu_lookup(n) == ci);
		CHECK(kcpuset_next(kcpuset_running, &index) == ci);
		n++;
	}
	CHECK_EQ(n, ncpu);
	CHECK(kcpuset_next(kcpuset_running, &index) == NULL);
	CHECK(cpu_lookup(ncpu) == NULL);
}

static void
check_sets(void)
{
	kcpuset_t set;
	u_int index = 0;

	kcpuset_zero(&set);
	for (u_int i = MANY_EDGES; i-- > 0;) {
		kcpuset_set(&set, many_edges[i]);
		CHECK_EQ(kcpuset_ffs(&set), many_edges[i] + 1);
		CHECK_EQ(kcpuset_countset(&set), MANY_EDGES - i);
	}
	for (u_int i = 0; i < MANY_EDGES; i++)
		CHECK(kcpuset_next(&set, &index) == cpu_lookup(many_edges[i]));
	CHECK(kcpuset_next(&set, &index) == NULL);
}

/* What one CPU has done by itself. */
struct deeds {
	struct cond d_cond;
	volatile u_int d_thread, d_callout, d_softint;
	volatile uint32_t d_lapic;
};

static void *softint;
static struct deeds *deeds; /* of each edge */

static struct deeds *
own_deeds(void)
{
	for (u_int i = 0; i < MANY_EDGES; i++)
		if (many_edges[i] == cpu_number())
			return (&deeds[i]);
	case_failed(__FILE__, __LINE__, "CPU", "on cpu%u", cpu_number());
	return (&deeds[0]);
}

static void
soft(void *arg __unused)
{
	own_deeds()->d_softint++;
	cond_signal(&own_deeds()->d_cond);
}

static void
timeout(void *arg)
{
	CHECK(arg == own_deeds());
	own_deeds()->d_callout++;
	softint_schedule(softint);
}

/* A timeout here lets a soft interrupt here wake this thread. */
static void
do_all(void *arg)
{
	struct deeds *d = arg;
	callout_t c;

	CHECK(d == own_deeds());
	d->d_thread++;
	d->d_lapic = lapic_id();
	cond_init(&d->d_cond);
	callout_init(&c, CALLOUT_MPSAFE);
	callout_reset_nsec(&c, 100000, timeout, d);
	cond_wait(&d->d_cond, "many");
}

static void
check_alive(void)
{
	struct lwp *l[MANY_EDGES];

	deeds = kmem_zalloc(MANY_EDGES * sizeof(*deeds), KM_SLEEP);
	softint = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, soft, NULL);
	for (u_int i = 0; i < MANY_EDGES; i++)
		l[i] =
		    thread_start(cpu_lookup(many_edges[i]), do_all, &deeds[i]);
	for (u_int i = 0; i < MANY_EDGES; i++) {
		thread_join(l[i]);
		CHECK_EQ(deeds[i].d_thread, 1);
		CHECK_EQ(deeds[i].d_callout, 1);
		CHECK_EQ(deeds[i].d_softint, 1);
		CHECK_EQ(deeds[i].d_lapic, cpu_lookup(many_edges[i])->ci_cpuid);
	}
}

CASE(many_cpus, .api = XCVM_API_KERNEL, MANY,
    .doc = "Every way to go over the CPUs finds each once, in order; sets of "
	   "those at the borders of bytes and words have just those; and "
	   "threads, timeouts, soft interrupts and sleep are there on them.")
{
	check_known();
	check_sets();
	check_alive();
}

static void
panic_there(void *arg __unused)
{
	panic("the last of many");
}

CASE(many_panic, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE, MANY,
    .panic = "the last of many", .panic_cpu = MANY_VCPUS - 1,
    .doc = "A panic of a CPU whose number no byte holds stops all others.")
{
	thread_start(cpu_lookup(MANY_VCPUS - 1), panic_there, NULL);
	wait_for_panic();
}

#endif
