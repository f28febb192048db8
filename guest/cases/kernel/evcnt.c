/* SPDX-License-Identifier: ISC */
/* Event counters: found by name, by anybody at any time. */
#include <sys/evcnt.h>
#include <sys/kmem.h>
#include "ground.h"

CASE(evcnt_lookup, .api = XCVM_API_KERNEL,
    .doc = "Counters are found by group and name while attached.")
{
	struct evcnt one = {.ev_count = 7}, two, three, *ev;
	char group[] = "case", name[] = "one";

	evcnt_attach_dynamic(&one, EVCNT_TYPE_MISC, NULL, "case", "one");
	evcnt_attach_dynamic(&two, EVCNT_TYPE_INTR, &one, "case", "two");
	CHECK_EQ(one.ev_count, 0);
	evcnt_attach_dynamic(&three, EVCNT_TYPE_MISC, NULL, "case", "three");
	two.ev_count++;
	ev = evcnt_lookup("case", "two");
	CHECK(ev == &two && ev->ev_count == 1 && ev->ev_parent == &one);
	CHECK(ev->ev_type == EVCNT_TYPE_INTR);
	CHECK(evcnt_lookup("case", "one") == &one);
	CHECK(evcnt_lookup("case", "three") == &three);
	CHECK(evcnt_lookup("case", "four") == NULL);
	/* By what the names say, wherever they stand. */
	CHECK(evcnt_lookup(group, name) == &one);
	CHECK(evcnt_lookup("other", "one") == NULL);
	evcnt_detach(&two);
	/* Out of the middle: those on both sides are still there. */
	CHECK(evcnt_lookup("case", "two") == NULL);
	CHECK(evcnt_lookup("case", "three") == &three);
	CHECK(evcnt_lookup("case", "one") == &one);
	evcnt_detach(&three);
	CHECK(evcnt_lookup("case", "three") == NULL);
	CHECK(evcnt_lookup("case", "one") == &one);
	evcnt_detach(&one);
	CHECK(evcnt_lookup("case", "one") == NULL);
}

#ifdef MULTIPROCESSOR

#define LONG  4000 /* far longer to go over than an interrupt takes */
#define TIMES 5

static volatile uint64_t looked_at; /* TSC */
static struct mark going, looked;
static volatile bool over;

static void
look_up(void *arg)
{
	looked_at = cpu_counter();
	CHECK(evcnt_lookup("case", "other") == arg);
	mark_add(&looked);
}

static void
interrupt_each_time(void *arg)
{
	struct cpu_info *ci = arg;

	for (u_int n = 1; !over; n++) {
		SPIN_UNTIL(mark_read(&going) >= n || over);
		if (!over)
			test_interrupt(ci);
	}
}

CASE(evcnt_interrupted, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "An interrupt that comes while a counter is detached from a long "
	   "list can look up another.")
{
	struct evcnt other, *evs = kmem_alloc(LONG * sizeof(*evs), KM_SLEEP);
	struct lwp *l;

	test_interrupt_establish(look_up, &other);
	for (u_int i = 0; i < LONG; i++)
		evcnt_attach_dynamic(
		    &evs[i], EVCNT_TYPE_MISC, NULL, "case", "many");
	evcnt_attach_dynamic(&other, EVCNT_TYPE_MISC, NULL, "case", "other");
	l = thread_start(cpu_lookup(1), interrupt_each_time, curcpu());
	for (u_int times = 0, n = 0; times < TIMES; n++) {
		/* Who was attached first is the last in the list. */
		struct evcnt *ev = &evs[n % LONG];
		uint64_t begin = cpu_counter(), end;

		mark_add(&going);
		evcnt_detach(ev);
		end = cpu_counter();
		mark_wait(&looked, n + 1);
		if (looked_at > begin && looked_at < end)
			times++;
		evcnt_attach_dynamic(ev, EVCNT_TYPE_MISC, NULL, "case", "many");
	}
	over = true;
	thread_join(l);
	evcnt_detach(&other);
}

#endif /* MULTIPROCESSOR */
