/* SPDX-License-Identifier: ISC */
/*
 * The watch on each wait of the three APIs says for which call and which CPUs
 * it is, whichever places the call has there.
 */
#include <sys/kcpuset.h>
#include "diag/watch.h"

#ifdef MULTIPROCESSOR

#define PLACES (CACHE_LINE_SIZE / sizeof(ipi_msg_t *))

static struct mark runs;

/* Functions that a watch can be told apart by. */
static void
call_first(void *arg __unused)
{
	mark_add(&runs);
}

static void
call_low(void *arg1 __unused, void *arg2 __unused)
{
	mark_add(&runs);
}

static void
call_high(void *arg1 __unused, void *arg2 __unused)
{
	mark_add(&runs);
}

static void
call_next(void *arg1 __unused, void *arg2 __unused)
{
	mark_add(&runs);
}

/* --- what waits --- */

static struct xcall slots[XCALL_CPU_SLOTS + 1];
static ipi_msg_t msgs[PLACES], last;
static uint64_t tickets[NX_CLASSES];

static void
fill_slots(void)
{
	call_n(held[1], slots, XCALL_CPU_SLOTS, call_nothing, NULL);
}

static void
wait_slot(void)
{
	call_n(held[1], &slots[XCALL_CPU_SLOTS], 1, call_first, NULL);
}

static void
wait_sync(void)
{
	cpu_xcall_sync(held[1], call_first, NULL, "watch");
}

static void
fill_places(u_int n)
{
	for (u_int i = 0; i < n; i++) {
		msgs[i] = (ipi_msg_t){.func = call_nothing};
		PINNED(ipi_unicast(&msgs[i], held[1]));
	}
	last = (ipi_msg_t){.func = call_first};
}

static void
fill_all_places(void)
{
	fill_places(PLACES);
}

static void
fill_but_one(void)
{
	fill_places(PLACES - 1);
}

static void
wait_place_unicast(void)
{
	PINNED(ipi_unicast(&last, held[1]));
}

static void
wait_place_multicast(void)
{
	kcpuset_t set;

	kcpuset_zero(&set);
	kcpuset_set(&set, cpu_index(held[1]));
	PINNED(ipi_multicast(&last, &set));
}

static void
wait_place_broadcast(void)
{
	PINNED(ipi_broadcast(&last, true));
}

static void
wait_message(void)
{
	PINNED(ipi_broadcast(&last, false));
	ipi_wait(&last);
}

static void
fill_boxes(void)
{
	tickets[0] = xc_broadcast(0, call_low, NULL, NULL);
	tickets[1] = xc_broadcast(XC_HIGHPRI, call_high, NULL, NULL);
}

static void
wait_low(void)
{
	xc_wait(tickets[0]);
}

static void
wait_high(void)
{
	xc_wait(tickets[1]);
}

static void
wait_low_unicast(void)
{
	nx_call(0, held[1], call_next, NULL, NULL);
}

static void
wait_high_unicast(void)
{
	nx_call(XC_HIGHPRI, held[1], call_next, NULL, NULL);
}

static void
wait_low_broadcast(void)
{
	nx_call(0, NULL, call_next, NULL, NULL);
}

static void
wait_high_broadcast(void)
{
	nx_call(XC_HIGHPRI, NULL, call_next, NULL, NULL);
}

#define WATCHED .contract = "D5", .decision = 5, .min_vcpus = 4

CASE(d5_watch_of_slots, WATCHED, .api = XCVM_API_CPU_XCALL,
    .doc = "The waits of cpu_xcall(9) tell their call and its CPU.")
{
	static const struct wait waits[] = {
	    {"cpu_xcall", fill_slots, wait_slot, call_first, 1},
	    {"cpu_xcall_sync", NULL, wait_sync, call_first, 1},
	};

	check_waits(waits, nitems(waits));
}

CASE(d5_watch_of_boxes, WATCHED, .api = XCVM_API_XCALL,
    .doc = "The waits of xcall(9) tell the call of their class, and the CPUs "
	   "that have not run it.")
{
	static const struct wait waits[] = {
	    {"xc_wait (LOW)", fill_boxes, wait_low, call_low, HELD},
	    {"xc_wait (HIGH)", fill_boxes, wait_high, call_high, HELD},
	    {"xc_unicast (LOW)", fill_boxes, wait_low_unicast, call_low, HELD},
	    {"xc_unicast (HIGH)", fill_boxes, wait_high_unicast, call_high,
		HELD},
	    {"xc_broadcast (LOW)", fill_boxes, wait_low_broadcast, call_low,
		HELD},
	    {"xc_broadcast (HIGH)", fill_boxes, wait_high_broadcast, call_high,
		HELD},
	};

	check_waits(waits, nitems(waits));
	check_first_wait(&waits[0]);
}

CASE(d5_watch_of_mailboxes, WATCHED, .api = XCVM_API_IPI,
    .doc = "The waits of ipi(9) tell their message, and the CPUs that have "
	   "not run it, whichever place it has there.")
{
	static const struct wait waits[] = {
	    {"ipi_wait", fill_but_one, wait_message, call_first, HELD},
	    {"ipi_unicast", fill_all_places, wait_place_unicast, call_first, 1},
	    {"ipi_multicast", fill_all_places, wait_place_multicast, call_first,
		1},
	    {"ipi_broadcast", fill_all_places, wait_place_broadcast, call_first,
		1},
	};

	check_waits(waits, nitems(waits));
	check_first_wait(&waits[0]);
}

static void
wait_running(void *gate)
{
	ipi_msg_t msg = {.func = call_gate, .arg = gate};

	PINNED(ipi_unicast(&msg, cpu_lookup(ncpu - 1)));
	ipi_wait(&msg);
}

CASE(d5_watch_of_a_running_message, WATCHED, .api = XCVM_API_IPI,
    .doc = "The wait for a message that runs tells the CPU that runs it.")
{
	const struct wait wait = {"ipi_wait", NULL, NULL, call_gate, 1};
	struct gate gate = {0};
	struct lwp *l = thread_start(cpu_lookup(1), wait_running, &gate);

	held[HELD - 1] = cpu_lookup(ncpu - 1);
	mark_wait(&gate.g_entered, 1);
	check_watch(&wait, l);
	mark_add(&gate.g_open);
	thread_join(l);
}

#endif /* MULTIPROCESSOR */
