/* SPDX-License-Identifier: ISC */
/* xc_barrier(9): whom it waits for, and whom not. */
#include "xcall/xcall_case.h"

/* A thread that makes a barrier. */
struct barrier {
	u_int b_flags;
	const struct mark *b_awaited; /* what must have happened by then, */
	bool b_early;		      /* and had not */
	struct mark b_returned;
	struct lwp *b_lwp;
};

static void
barrier_thread(void *arg)
{
	struct barrier *b = arg;

	xc_barrier(b->b_flags);
	b->b_early = mark_read(b->b_awaited) == 0;
	mark_add(&b->b_returned);
}

/* The barrier is made, and does not return. */
static void
barrier_start(struct barrier *b, u_int flags, const struct mark *awaited)
{
	*b = (struct barrier){.b_flags = flags, .b_awaited = awaited};
	b->b_lwp = thread_start(curcpu(), barrier_thread, b);
	nx_wait_asleep(b->b_lwp, &b->b_returned);
	nx_grace(&b->b_returned);
	CHECK_EQ(mark_read(&b->b_returned), 0);
}

/* Now it may return. */
static void
barrier_end(struct barrier *b)
{
	thread_join(b->b_lwp);
	CHECK(!b->b_early);
}

/* --- a soft interrupt that waits for a mutex --- */

static void
pass_softint(void *gate)
{
	nx_pass(gate, NULL);
}

static void
schedule_thread(void *softint)
{
	softint_schedule(softint);
}

CASE(n24_barrier_and_blocked_softint, .api = XCVM_API_XCALL, .contract = "N24",
    .doc = "A barrier at SOFTNET waits for a SOFTNET soft interrupt that "
	   "waits for a mutex; one at SOFTSERIAL does not.")
{
	struct barrier b;
	struct nx_gate gate;
	void *softint = softint_establish(
	    SOFTINT_NET | SOFTINT_MPSAFE, pass_softint, &gate);

	nx_gate_close(&gate);
	thread_join(thread_start(nx_last_cpu(), schedule_thread, softint));
	YIELD_UNTIL(mark_read(&gate.g_entered) == 1);
	xc_barrier(XC_HIGHPRI);
	CHECK_EQ(mark_read(&gate.g_left), 0);

	barrier_start(&b, XC_HIGHPRI_IPL(IPL_SOFTNET), &gate.g_left);
	nx_gate_open(&gate);
	barrier_end(&b);
	softint_disestablish(softint);
}

CASE(n23_barrier_of_idle_cpus, .api = XCVM_API_XCALL, .contract = "N22,N23",
    .doc = "Barriers of all kinds return when no CPU is in a section.")
{
	xc_barrier(0);
	for (u_int i = 0; i < NX_LEVELS; i++)
		xc_barrier(XC_HIGHPRI_IPL(nx_levels[i]));
	xc_barrier(0);
}

#ifdef MULTIPROCESSOR

/* --- a section of another CPU --- */

#define NO_PREEMPTION (-1) /* instead of an IPL */
struct section {
	int s_ipl;
	struct mark s_inside, s_leave, s_left;
};

static int
section_enter(int ipl)
{
	if (ipl != NO_PREEMPTION)
		return (splraise(ipl));
	kpreempt_disable();
	return (0);
}

static void
section_leave(int ipl, int s)
{
	if (ipl != NO_PREEMPTION)
		splx(s);
	else
		kpreempt_enable();
}

static void
section_thread(void *arg)
{
	struct section *sec = arg;
	int s = section_enter(sec->s_ipl);

	mark_add(&sec->s_inside);
	mark_wait(&sec->s_leave, 1);
	mark_add(&sec->s_left);
	section_leave(sec->s_ipl, s);
}

static struct lwp *
section_start(struct section *sec, int ipl)
{
	struct lwp *l;

	*sec = (struct section){.s_ipl = ipl};
	l = thread_start(nx_last_cpu(), section_thread, sec);
	mark_wait(&sec->s_inside, 1);
	return (l);
}

static void
check_delayed(u_int flags, int ipl)
{
	struct section sec;
	struct barrier b;
	struct lwp *l = section_start(&sec, ipl);

	barrier_start(&b, flags, &sec.s_left);
	mark_add(&sec.s_leave);
	barrier_end(&b);
	thread_join(l);
}

static void
check_not_delayed(u_int flags, int ipl)
{
	struct section sec;
	struct lwp *l = section_start(&sec, ipl);

	xc_barrier(flags);
	CHECK_EQ(mark_read(&sec.s_left), 0);
	mark_add(&sec.s_leave);
	thread_join(l);
}

CASE(n22_high_barrier_waits_for_section, .api = XCVM_API_XCALL,
    .contract = "N22", .min_vcpus = 2,
    .doc = "A HIGH barrier waits for a CPU at its level or a higher one.")
{
	check_delayed(XC_HIGHPRI, IPL_SOFTSERIAL);
	check_delayed(XC_HIGHPRI, IPL_HIGH);
	check_delayed(XC_HIGHPRI_IPL(IPL_SOFTCLOCK), IPL_SOFTCLOCK);
	check_delayed(XC_HIGHPRI_IPL(IPL_SOFTBIO), IPL_SOFTSERIAL);
}

CASE(n22_high_barrier_passes_lower_section, .api = XCVM_API_XCALL,
    .contract = "N22", .min_vcpus = 2,
    .doc = "A HIGH barrier does not wait for a CPU below its level, or one "
	   "that has preemption disabled.")
{
	check_not_delayed(XC_HIGHPRI, IPL_SOFTNET);
	check_not_delayed(XC_HIGHPRI_IPL(IPL_SOFTBIO), IPL_SOFTCLOCK);
	check_not_delayed(XC_HIGHPRI_IPL(IPL_SOFTCLOCK), NO_PREEMPTION);
}

CASE(n23_low_barrier_waits_for_section, .api = XCVM_API_XCALL,
    .contract = "N23", .min_vcpus = 2,
    .doc = "A LOW barrier waits for a CPU that has preemption disabled, or is "
	   "above IPL_NONE.")
{
	check_delayed(0, NO_PREEMPTION);
	check_delayed(0, IPL_SOFTCLOCK);
	check_delayed(0, IPL_HIGH);
}

/* --- readers in sections, and a writer that frees what they read --- */

#define READERS 3
#define OBJECTS 4 /* a freed one is used again three barriers later */
#define ALIVE	0x600d600d600d600d
struct object {
	volatile u_long o_words[2]; /* ALIVE, or free */
};

struct readers {
	struct budget r_budget;
	uint64_t r_call_time;
	int r_ipl;
	struct object r_objects[OBJECTS];
	struct object *volatile r_current;
	struct mark r_freed_seen;
	volatile u_int r_sections;
};

static void
reader_thread(void *arg)
{
	struct readers *rd = arg;
	struct rng r = rng_init(cpu_number());
	struct object *o;
	u_int sections = 0;
	int s;

	for (; budget_left(&rd->r_budget); sections++) {
		s = section_enter(rd->r_ipl);
		o = rd->r_current;
		nx_spend(nx_random_length(&r, 2 * rd->r_call_time));
		if (o->o_words[0] != ALIVE || o->o_words[1] != ALIVE)
			mark_add(&rd->r_freed_seen);
		section_leave(rd->r_ipl, s);
	}
	atomic_add_uint(&rd->r_sections, sections);
}

static void
object_fill(struct object *o, u_long value)
{
	o->o_words[0] = o->o_words[1] = value;
}

static void
check_readers(u_int flags, int ipl)
{
	struct readers rd = {.r_call_time = nx_call_time(),
	    .r_budget = budget_start(),
	    .r_ipl = ipl};
	u_int n = MIN(READERS, nx_running() - 1), barriers = 0;
	struct object *old, *new = &rd.r_objects[0];
	struct lwp *threads[READERS];
	struct rng r = rng_init(0);

	object_fill(new, ALIVE);
	rd.r_current = new;
	for (u_int i = 0; i < n; i++)
		threads[i] =
		    thread_start(cpu_lookup(i + 1), reader_thread, &rd);
	for (; budget_left(&rd.r_budget); barriers++) {
		old = new;
		new = &rd.r_objects[(barriers + 1) % OBJECTS];
		object_fill(new, ALIVE);
		/* Release: who finds the object finds it filled. */
		atomic_store_release(&rd.r_current, new);
		xc_barrier(flags);
		object_fill(old, 0);
		nx_spend(nx_random_length(&r, 2 * rd.r_call_time));
	}
	for (u_int i = 0; i < n; i++)
		thread_join(threads[i]);
	CHECK_EQ(mark_read(&rd.r_freed_seen), 0);
	case_metric("barriers", "", barriers);
	case_metric("sections", "", rd.r_sections);
}

CASE(n22_high_barrier_before_free, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_STRESS, .contract = "N22", .min_vcpus = 2,
    .doc = "What is freed after a HIGH barrier is not seen by readers at "
	   "splsoftserial.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	check_readers(XC_HIGHPRI, IPL_SOFTSERIAL);
}

CASE(n23_low_barrier_before_free, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_STRESS, .contract = "N23", .min_vcpus = 2,
    .doc = "What is freed after a LOW barrier is not seen by readers that "
	   "have preemption disabled.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	check_readers(0, NO_PREEMPTION);
}

#endif /* MULTIPROCESSOR */
