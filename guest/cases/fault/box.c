/* SPDX-License-Identifier: ISC */
/*
 * A vCPU that is taken off while it looks into a box of xcall(9): what comes
 * meanwhile, and uses the box as well, does so when it has left it.
 */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

/* space=1: the first cv_wait() of a CPU is its thread's, which starts. */

static struct cond go[2] = {COND_INITIALIZER(), COND_INITIALIZER()};
static struct mark waiting, runs, others;

/* Better than the thread that ends a LOW call; it must not sleep. */
static void
call_unpreemptibly(void *arg __unused)
{
	u_int before;

	mark_add(&waiting);
	cond_wait(&go[0], "case");
	kpreempt_disable();
	before = mark_read(&others);
	(void)xc_unicast(0, call_count_2, &runs, NULL, cpu_lookup(0));
	CHECK_EQ(mark_read(&others), before);
	kpreempt_enable();
}

/* Of a priority in between: runs as soon as the other sleeps. */
static void
run_when_let(void *arg __unused)
{
	mark_add(&waiting);
	cond_wait(&go[1], "case");
	mark_add(&others);
}

CASE(n29_call_while_a_call_ends, .api = XCVM_API_XCALL, .kind = XCVM_KIND_FAULT,
    .contract = "N29", .min_vcpus = 2,
    .fault = "kind=preempt,function=cv_broadcast,dst=1,times=2,for_us=40000",
    .doc = "A vCPU is taken off as it ends a LOW call, and a thread there that "
	   "must not sleep is woken: its call finds the box free, and does "
	   "not wait.")
{
	static void (*const func[])(void *) = {
	    call_unpreemptibly, run_when_let};
	struct lwp *l[nitems(func)];
	uint64_t ticket;

	for (u_int i = 0; i < nitems(func); i++) {
		l[i] = thread_start_pri(cpu_lookup(1),
		    PRI_XCALL + (pri_t)(nitems(func) - i), func[i], NULL);
		mark_wait(&waiting, i + 1);
		wait_asleep(l[i], &go[i]);
	}
	ticket = xc_unicast(0, call_count_2, &runs, NULL, cpu_lookup(1));
	mark_wait(&runs, 1);
	/* It is done before those that sleep for it are told. */
	xc_wait(ticket);
	for (u_int i = nitems(func); i-- > 0;)
		cond_signal(&go[i]);
	for (u_int i = 0; i < nitems(func); i++)
		thread_join(l[i]);
	xc_barrier(0);
	CHECK_EQ(mark_read(&runs), 2);
}

/*
 * Wait until the thread holds a spin mutex for longer than one that is not
 * taken off would; or is asleep, or has come to the mark.
 */
static void
await_inside(const struct lwp *l, const struct mark *over)
{
	uint64_t since = nsecuptime();
	u_int looks = 0; /* our own CPU may have been taken off, too */

	while (l->l_stat != LSSLEEP && mark_read(over) == 0 &&
	       (looks < 100 || nsecuptime() - since < 2000000)) {
		looks++;
		if (l->l_cpu->ci_mtx_count == 0) {
			since = nsecuptime();
			looks = 0;
		}
	}
}

/* CPU 1 is taken off as it is to lock the box, which is free then. */
struct rival {
	struct gate r_gate; /* of the call that CPU 0 makes */
	uint64_t r_ticket;
	u_int r_left; /* had that ended, as the rival's function ran? */
};

static void
look_at_gate(void *arg, void *arg2 __unused)
{
	struct rival *r = arg;

	r->r_left = mark_read(&r->r_gate.g_left);
	mark_add(&runs);
}

static void
call_as_well(void *arg)
{
	struct rival *r = arg;

	mark_add(&waiting);
	r->r_ticket = xc_unicast(0, look_at_gate, r, NULL, cpu_lookup(0));
}

static void
pass_gate(void *gate, void *arg2 __unused)
{
	call_gate(gate);
}

CASE(n17_call_before_the_lock, .api = XCVM_API_XCALL, .kind = XCVM_KIND_FAULT,
    .contract = "N17", .min_vcpus = 3,
    .fault = "kind=preempt,function=mutex_enter,dst=1,times=6,for_us=20000",
    .doc = "A caller is taken off its CPU as it is to lock the free box, and "
	   "another call is made: it waits for that to end.")
{
	const volatile uint64_t *calls =
	    &cpu_lookup(1)->ci_xcstat[XCS_XC_LOW_UNICAST];
	struct rival r = {.r_ticket = 0};
	uint64_t ticket, end;
	struct lwp *l;

	l = thread_start(cpu_lookup(1), call_as_well, &r);
	mark_wait(&waiting, 1);
	/* Counted on its way to the lock; but not by every implementation. */
	end = nsecuptime() + 2000000;
	SPIN_UNTIL(*calls != 0 || nsecuptime() >= end);
	ticket = xc_unicast(0, pass_gate, &r.r_gate, NULL, cpu_lookup(2));
	/* Time for what must not happen. */
	end = nsecuptime() + 30000000;
	SPIN_UNTIL(mark_read(&runs) != 0 || nsecuptime() >= end);
	mark_add(&r.r_gate.g_open);
	xc_wait(ticket);
	thread_join(l);
	xc_wait(r.r_ticket);
	CHECK_EQ(mark_read(&runs), 1);
	CHECK_EQ(r.r_left, r.r_ticket > ticket);
}

/*
 * CPU 0 calls all HIGH, and is taken off before it interrupts CPU 2.  The part
 * of CPU 1 has it wait there, in an interrupt, until CPU 2 is inside the box.
 */
struct late {
	u_int l_id;
	struct lwp *l_caller; /* on CPU 2 */
	uint64_t l_ticket;    /* of its call, */
	struct mark l_called; /* once that is made */
};

static void
trigger_cpu_0(void *arg, void *arg2 __unused)
{
	const struct late *l = arg;

	if (cpu_number() == 1)
		PINNED(ipi_trigger(l->l_id, cpu_lookup(0)));
	mark_add(&runs);
}

/* It holds a spin mutex, for longer than one that is not taken off would. */
static void
await_caller(void *arg)
{
	const struct late *l = arg;
	uint64_t since = nsecuptime();

	while (l->l_caller->l_stat != LSSLEEP && nsecuptime() - since < 2000000)
		if (cpu_lookup(2)->ci_mtx_count == 0)
			since = nsecuptime();
}

/* Behind the call of which CPU 1 has run its part, and this CPU has not. */
static void
call_next(void *arg)
{
	struct late *l = arg;

	mark_wait(&runs, 1);
	l->l_ticket =
	    xc_unicast(XC_HIGHPRI, call_count_2, &runs, NULL, cpu_lookup(0));
	mark_add(&l->l_called);
}

CASE(n38_caller_is_called, .api = XCVM_API_XCALL, .kind = XCVM_KIND_FAULT,
    .contract = "N38", .min_vcpus = 3,
    .fault =
	"kind=preempt,function=cpu_ipi,dst=0,space=1,times=1,for_us=100000 "
	"kind=preempt,function=cv_wait,dst=2,space=1,times=1,for_us=100000",
    .doc = "A caller is taken off its CPU as it is to wait for the HIGH call "
	   "before, and that comes to its CPU meanwhile: both run.")
{
	struct late l = {.l_ticket = 0};

	l.l_id = ipi_number(await_caller, &l);
	l.l_caller = thread_start(cpu_lookup(2), call_next, &l);
	xc_wait(xc_broadcast(XC_HIGHPRI, trigger_cpu_0, &l, NULL));
	thread_join(l.l_caller);
	xc_wait(l.l_ticket);
	CHECK_EQ(mark_read(&runs), nx_running() + 1);
	ipi_unregister(l.l_id);
}

/* CPU 2 is taken off as it is to sleep for a call, which ends meanwhile. */
struct sleeper {
	uint64_t s_ticket;
	struct mark s_over;
};

static void
wait_for_call(void *arg)
{
	struct sleeper *s = arg;

	xc_wait(s->s_ticket);
	mark_add(&s->s_over);
}

static void
check_sleeper(u_int flags)
{
	struct sleeper s = {.s_ticket = 0};
	struct gate gate = {0};
	struct lwp *l;

	s.s_ticket = xc_unicast(flags, pass_gate, &gate, NULL, cpu_lookup(1));
	mark_wait(&gate.g_entered, 1);
	l = thread_start(cpu_lookup(2), wait_for_call, &s);
	await_inside(l, &s.s_over);
	mark_add(&gate.g_open);
	thread_join(l);
	CHECK_EQ(mark_read(&s.s_over), 1);
}

#define SLEEPER                                                                \
	.api = XCVM_API_XCALL, .kind = XCVM_KIND_FAULT, .contract = "N10",     \
	.min_vcpus = 3,                                                        \
	.fault = "kind=preempt,function=cv_wait,dst=2,space=1,times=1,for_us=" \
		 "100000"

CASE(n10_low_call_ends_before_sleep, SLEEPER,
    .doc = "A waiter is taken off its CPU as it is to sleep for a LOW call, "
	   "which ends meanwhile: it is woken all the same.")
{
	check_sleeper(0);
}

CASE(n10_high_call_ends_before_sleep, SLEEPER,
    .doc = "A waiter is taken off its CPU as it is to sleep for a HIGH call, "
	   "which ends meanwhile: it is woken all the same.")
{
	check_sleeper(XC_HIGHPRI);
}

#endif /* MULTIPROCESSOR */
