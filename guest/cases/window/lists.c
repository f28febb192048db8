/* SPDX-License-Identifier: ISC */
/* Windows in the lists of counters and of memory, and in sets of CPUs. */
#include <sys/evcnt.h>
#include <sys/kcpuset.h>
#include <sys/kmem.h>
#include "window/window.h"

/*
 * What is done meanwhile leaves another state behind than it found: one that
 * does and undoes the same would mend what it breaks.
 */

/* --- evcnt(9): counters that are attached, found and detached --- */

static void
evcnt_here(u_int operation)
{
	static struct evcnt ev;

	window_begin_if(operation == 0);
	evcnt_attach_dynamic(&ev, EVCNT_TYPE_MISC, NULL, "window", "here");
	window_begin_if(operation == 1);
	CHECK(evcnt_lookup("window", "here") == &ev);
	window_begin_if(operation == 2);
	evcnt_detach(&ev);
	CHECK(evcnt_lookup("window", "here") == NULL);
}

/* One counter takes the place of the other. */
static void
evcnt_there(u_int cpu __unused, u_int time)
{
	static struct evcnt evs[2];
	static const char *const names[] = {"even", "odd"};
	u_int new = time % 2, old = 1 - new;

	evcnt_attach_dynamic(
	    &evs[new], EVCNT_TYPE_MISC, NULL, "window", names[new]);
	if (time > 0) {
		CHECK(evcnt_lookup("window", names[old]) == &evs[old]);
		evcnt_detach(&evs[old]);
		CHECK(evcnt_lookup("window", names[old]) == NULL);
	}
	CHECK(evcnt_lookup("window", names[new]) == &evs[new]);
}

static const struct window evcnts = {evcnt_here, evcnt_there, 3, NULL};

#ifdef MULTIPROCESSOR
CASE(window_evcnt_cpus, WINDOW_CPUS(70),
    .doc = "Counters that CPUs attach and detach at once are found, at "
	   "whatever instruction one of them stops.")
{
	window_cpus(&evcnts);
}
#endif

CASE(window_evcnt_interrupted, WINDOW_HERE(70),
    .doc = "At each instruction that attaches, finds and detaches a counter "
	   "an interrupt attaches, finds and detaches others.")
{
	window_interrupt(&evcnts);
}

/* --- kmem(9) --- */

#define PIECE 40

/* Fill the piece; is it still filled so? */
static void
fill(unsigned char *piece, u_int what)
{
	piece[0] = piece[PIECE - 1] = (unsigned char)what;
	*(volatile unsigned char *)&piece[8] = (unsigned char)what;
}

static void
check_filled(const unsigned char *piece, u_int what)
{
	CHECK(piece[0] == what && piece[8] == what && piece[PIECE - 1] == what);
}

/* A piece of memory is of who has taken it. */
static void
kmem_here(u_int operation)
{
	unsigned char *piece;

	window_begin_if(operation == 0);
	piece = kmem_alloc(PIECE, KM_SLEEP);
	fill(piece, 1);
	check_filled(piece, 1);
	window_begin_if(operation == 1);
	kmem_free(piece, PIECE);
}

/* One piece takes the place of the other. */
static void
kmem_there(u_int cpu __unused, u_int time)
{
	static unsigned char *pieces[2];
	u_int new = time % 2, old = 1 - new;

	pieces[new] = kmem_alloc(PIECE, KM_SLEEP);
	fill(pieces[new], 2 + new);
	if (time > 0) {
		check_filled(pieces[old], 2 + old);
		kmem_free(pieces[old], PIECE);
	}
	check_filled(pieces[new], 2 + new);
}

static const struct window kmems = {kmem_here, kmem_there, 2, NULL};

#ifdef MULTIPROCESSOR
CASE(window_kmem_cpus, WINDOW_CPUS(100),
    .doc = "Memory that CPUs take and give back at once is of one of them, "
	   "at whatever instruction one stops.")
{
	window_cpus(&kmems);
}
#endif

CASE(window_kmem_preempted, WINDOW_HERE(100),
    .doc = "At each instruction that takes memory or gives it back, a better "
	   "thread does.")
{
	window_thread(&kmems);
}

/* --- kcpuset(9) --- */

static kcpuset_t set; /* all members in one word */
static kcpuset_t *shared;
static u_int uses; /* of it, that stay */

static void
set_here(u_int operation)
{
	cpuid_t own = cpu_number();

	window_begin_if(operation == 0);
	kcpuset_atomic_set(&set, own);
	CHECK(kcpuset_isset(&set, own));
	window_begin_if(operation == 1);
	kcpuset_atomic_clear(&set, own);
	CHECK(!kcpuset_isset(&set, own));
	window_begin_if(operation == 2);
	kcpuset_use(shared);
	window_begin_if(operation == 3);
	kcpuset_unuse(shared, NULL);
}

/* One member takes the place of the other, and three users that of one. */
static void
set_there(u_int cpu __unused, u_int time)
{
	cpuid_t new = 16 + time % 4, old = 16 + (time + 3) % 4;

	kcpuset_atomic_set(&set, new);
	if (time > 0) {
		CHECK(kcpuset_isset(&set, old));
		kcpuset_atomic_clear(&set, old);
	}
	CHECK(kcpuset_isset(&set, new) && !kcpuset_isset(&set, old));
	if (new == 16) {
		kcpuset_use(shared);
		kcpuset_use(shared);
		uses += 2;
	}
}

/* When all is done, the creator and the users that have stayed are left. */
static void
run_sets(void (*run)(const struct window *))
{
	static const struct window sets = {set_here, set_there, 4, NULL};
	kcpuset_t *left = NULL;

	kcpuset_zero(&set);
	kcpuset_create(&shared, true);
	kcpuset_set(shared, 1);
	run(&sets);
	CHECK_EQ(kcpuset_countset(&set), 1);
	for (u_int i = 0; i < uses; i++)
		kcpuset_unuse(shared, NULL);
	CHECK(kcpuset_isset(shared, 1));
	kcpuset_unuse(shared, &left);
	CHECK(left == shared);
	kcpuset_destroy(left);
}

#ifdef MULTIPROCESSOR
CASE(window_kcpuset_cpus, WINDOW_CPUS(20),
    .doc = "CPUs are members and users of a set at once: none gets lost, at "
	   "whatever instruction one stops.")
{
	run_sets(window_cpus);
}
#endif

CASE(window_kcpuset_interrupted, WINDOW_HERE(20),
    .doc = "At each instruction by which a CPU becomes a member or user of a "
	   "set, an interrupt adds another.")
{
	run_sets(window_interrupt);
}
