/* SPDX-License-Identifier: ISC */
/* Who does what while a CPU or a thread stands in a window. */
#include "window/window.h"

static const struct window *window;

__noinline void
window_begin(void)
{
	__insn_barrier();
}

/*
 * Each operation, as often as it has places, and `wait` after it; on a host
 * that has far too much else to do, not all of them.
 */
static void
do_all(void (*wait)(u_int))
{
	u_int places = (u_int)case_param("places"), time;
	u_int all = places * window->w_operations;
	struct budget b = budget_start();

	for (time = 0; time < all && budget_left(&b); time++) {
		window->w_do(time / places);
		wait(time);
	}
	case_metric("places", "", time);
	if (time < all)
		case_metric("places left out for want of time", "", all - time);
}

static volatile bool over;

/* --- a CPU is taken away --- */

#ifdef MULTIPROCESSOR

static void
wait_not(u_int time __unused)
{
}

static void
on_cpu(u_int cpu, void *arg __unused)
{
	if (cpu == 1) {
		do_all(wait_not);
		over = true;
		if (window->w_end != NULL)
			window->w_end();
	} else if (cpu == 0) {
		for (u_int time = 0; !over; time++)
			window->w_meanwhile(cpu, time);
	}
}

void
window_cpus(const struct window *w)
{
	window = w;
	on_each_cpu(on_cpu, NULL);
}
#endif

/* --- this CPU is interrupted --- */

static struct mark interrupts;

static void
interrupted(void *arg __unused)
{
	window->w_meanwhile(cpu_number(), mark_read(&interrupts));
	mark_add(&interrupts);
}

static void
wait_for_interrupt(u_int time)
{
	mark_wait(&interrupts, time + 1);
}

void
window_interrupt(const struct window *w)
{
	window = w;
	intr_test_establish(interrupted, NULL);
	do_all(wait_for_interrupt);
	intr_test_establish(NULL, NULL);
}

/* --- this CPU goes to a better thread --- */

static struct cond wanted;
static volatile u_int times; /* that the better thread has run */

static void
want_better(void *arg __unused)
{
	cond_signal(&wanted);
}

static void
better(void *arg __unused)
{
	while (!over) {
		cond_wait(&wanted, "window");
		cond_init(&wanted);
		window->w_meanwhile(cpu_number(), times++);
	}
}

static void
wait_for_thread(u_int time)
{
	YIELD_UNTIL(times > time);
}

void
window_thread(const struct window *w)
{
	struct lwp *l;

	window = w;
	cond_init(&wanted);
	l = thread_start_pri(curcpu(), PRI_KTHREAD + 1, better, NULL);
	wait_asleep(l, &wanted);
	intr_test_establish(want_better, NULL);
	do_all(wait_for_thread);
	intr_test_establish(NULL, NULL);
	over = true;
	cond_signal(&wanted);
	thread_join(l);
}
