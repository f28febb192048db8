/* SPDX-License-Identifier: ISC */
/* Windows in taking and giving back mutexes. */
#include <sys/mutex.h>
#include "window/window.h"

/* What is stopped in. */
enum { ENTER, TRY, EXIT, OPERATIONS };

#define LONG 60 /* spins: most of the time, so that what ends early is seen */

static kmutex_t mutex;
static struct mutex mtx; /* OpenBSD's */
static volatile u_int inside;
static u_int all;			/* under the mutex */
static volatile u_int entries[MAXCPUS]; /* by CPU, at any level */

/* Nobody else is; and for so long. */
static void
be_inside(u_int spins)
{
	CHECK_EQ(++inside, 1);
	for (u_int i = 0; i < spins; i++)
		CPU_BUSY_CYCLE();
	CHECK_EQ(inside, 1);
	all++;
	inside--;
}

static void
own(u_int operation)
{
	window_begin_if(operation != EXIT);
	if (operation == TRY) {
		while (!mutex_tryenter(&mutex))
			CPU_BUSY_CYCLE();
	} else
		mutex_enter(&mutex);
	CHECK(mutex_owned(&mutex));
	be_inside(0);
	window_begin_if(operation == EXIT);
	mutex_exit(&mutex);
	atomic_inc_uint(&entries[cpu_number()]);
}

static void
own_meanwhile(u_int cpu, u_int time __unused)
{
	mutex_enter(&mutex);
	be_inside(LONG);
	CHECK(mutex_owned(&mutex));
	mutex_exit(&mutex);
	atomic_inc_uint(&entries[cpu]);
}

/* Only where the one inside is on another CPU, or let go by then. */
static void
own_if_free(u_int cpu, u_int time __unused)
{
	if (mutex_tryenter(&mutex)) {
		be_inside(0);
		mutex_exit(&mutex);
		atomic_inc_uint(&entries[cpu]);
	}
}

static void
check_entries(void)
{
	u_int sum = 0;

	for (u_int i = 0; i < ncpu; i++)
		sum += entries[i];
	CHECK_EQ(all, sum);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

static void
run_mutex(int ipl, void (*run)(const struct window *),
    void (*meanwhile)(u_int, u_int))
{
	const struct window owners = {own, meanwhile, OPERATIONS, NULL};

	mutex_init(&mutex, MUTEX_DEFAULT, ipl);
	run(&owners);
	CHECK(!mutex_owned(&mutex));
	check_entries();
	mutex_destroy(&mutex);
}

#ifdef MULTIPROCESSOR
CASE(window_mutex_adaptive_cpus, WINDOW_CPUS(60),
    .doc = "An adaptive mutex has one owner, and everybody gets it, at "
	   "whatever instruction one CPU stops.")
{
	run_mutex(IPL_NONE, window_cpus, own_meanwhile);
}

CASE(window_mutex_spin_cpus, WINDOW_CPUS(40),
    .doc = "A spin mutex has one owner, and everybody gets it, at whatever "
	   "instruction one CPU stops.")
{
	run_mutex(IPL_SCHED, window_cpus, own_meanwhile);
}
#endif

CASE(window_mutex_interrupted, WINDOW_HERE(50),
    .doc = "At each instruction by which a spin mutex is entered and left, an "
	   "interrupt that the mutex is for enters it.")
{
	run_mutex(IPL_HIGH, window_interrupt, own_meanwhile);
}

CASE(window_mutex_below_interrupted, WINDOW_HERE(50),
    .doc = "At each instruction by which a spin mutex is entered and left, an "
	   "interrupt above its level enters and leaves another.")
{
	run_mutex(IPL_VM, window_interrupt, own_if_free);
}

CASE(window_mutex_preempted, WINDOW_HERE(60),
    .doc =
	"At each instruction by which an adaptive mutex is entered and left, "
	"a better thread enters it.")
{
	run_mutex(IPL_NONE, window_thread, own_meanwhile);
}

/* --- OpenBSD's --- */

static void
own_mtx(u_int operation)
{
	window_begin_if(operation != EXIT);
	if (operation == TRY) {
		while (!mtx_enter_try(&mtx))
			CPU_BUSY_CYCLE();
	} else
		mtx_enter(&mtx);
	MUTEX_ASSERT_LOCKED(&mtx);
	be_inside(0);
	window_begin_if(operation == EXIT);
	mtx_leave(&mtx);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
	atomic_inc_uint(&entries[cpu_number()]);
}

/* From another level than that of the one that is stopped. */
static void
own_mtx_meanwhile(u_int cpu, u_int time __unused)
{
	int s = splsoftserial(), ipl = cpu_ipl();

	mtx_enter(&mtx);
	be_inside(LONG);
	MUTEX_ASSERT_LOCKED(&mtx);
	mtx_leave(&mtx);
	CHECK_EQ(cpu_ipl(), ipl);
	splx(s);
	atomic_inc_uint(&entries[cpu]);
}

static const struct window mtx_owners = {
    own_mtx, own_mtx_meanwhile, OPERATIONS, NULL};

#ifdef MULTIPROCESSOR
CASE(window_mtx_cpus, WINDOW_CPUS(40),
    .doc = "An OpenBSD mutex has one owner, and everybody gets it, at whatever "
	   "instruction one CPU stops.")
{
	mtx_init(&mtx, IPL_SCHED);
	window_cpus(&mtx_owners);
	check_entries();
}
#endif

CASE(window_mtx_interrupted, WINDOW_HERE(50),
    .doc = "At each instruction by which an OpenBSD mutex is entered and left, "
	   "an interrupt enters it.")
{
	mtx_init(&mtx, IPL_HIGH);
	window_interrupt(&mtx_owners);
	check_entries();
}
