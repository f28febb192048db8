/* SPDX-License-Identifier: ISC */
/* cpu_xcall_sync(9): it returns when the function has, and not before. */
#include <sys/kmem.h>
#include "cpu_xcall/cpu_xcall_case.h"

/*
 * A sync call to this CPU.  A thread of the same priority waits for it to
 * sleep: that is the only way to give it the CPU.
 */
static void
sync_to_self(void *arg __unused)
{
	struct mark other_ran = {0};
	struct lwp *other = thread_start(curcpu(), call_count, &other_ran);
	struct seen seen = {0};

	cpu_xcall_sync(curcpu(), call_see, &seen, "case");
	CHECK_EQ(mark_read(&other_ran), 0);
	CHECK_EQ(mark_read(&seen.s_runs), 1);
	CHECK_EQ(seen.s_cpu, cpu_number());
	CHECK_EQ(seen.s_ipl, IPL_SOFTCLOCK);
	CHECK_EQ(seen.s_lwp, curlwp);
	CHECK_EQ(curcpu()->ci_ilevel, IPL_NONE);
	thread_join(other);
	CHECK_EQ(mark_read(&other_ran), 1);
}

CASE(o18_sync_to_self, .api = XCVM_API_CPU_XCALL, .contract = "O18",
    .doc = "A sync call of a CPU to itself runs inline, and nothing sleeps.")
{
	/* One CPU after the other: each needs two threads. */
	for (u_int i = 0; i < ncpu; i++)
		thread_join(thread_start(cpu_lookup(i), sync_to_self, NULL));
}

CASE(o19_sync_on_one_cpu, .api = XCVM_API_CPU_XCALL, .contract = "O19",
    .max_vcpus = 1,
    .doc = "On a machine with one CPU sync calls run inline, and nothing "
	   "sleeps.")
{
	sync_to_self(NULL);
	sync_to_self(NULL);
}

#ifdef MULTIPROCESSOR

static void
sync_to_cpu_1(void *runs)
{

	cpu_xcall_sync(cpu_lookup(1), call_count, runs, "label");
}

CASE(o17_sync_wait_is_labelled, .api = XCVM_API_CPU_XCALL, .contract = "O17",
    .min_vcpus = 2,
    .doc = "Who waits in cpu_xcall_sync() is asleep under the label given.")
{
	struct mark runs = {0};
	struct hold hold;
	struct lwp *l;

	hold_cpu(&hold, cpu_lookup(1), IPL_SOFTCLOCK);
	l = thread_start(curcpu(), sync_to_cpu_1, &runs);
	YIELD_UNTIL(l->l_stat == LSSLEEP);
	CHECK(strcmp(l->l_wmesg, "label") == 0);
	CHECK_EQ(mark_read(&runs), 0);
	hold_release(&hold);
	thread_join(l);
	CHECK_EQ(mark_read(&runs), 1);
}

/* A question, and room for the answer, on the caller's stack. */
#define WORDS 8
struct question {
	u_long q_in[WORDS];
	u_int q_pause;
	u_long q_out[WORDS];
	struct cpu_info *q_cpu;
	u_int q_finished; /* written last */
};

static void
call_answer(void *arg)
{
	struct question *q = arg;

	q->q_cpu = curcpu();
	for (u_int i = 0; i < WORDS; i++)
		q->q_out[i] = ~q->q_in[i];
	for (u_int n = q->q_pause; n > 0; n--)
		CPU_BUSY_CYCLE();
	WRITE_ONCE(q->q_finished, 1);
}

struct quiz {
	struct budget z_budget;
	volatile u_int z_rounds;
};

static void
ask(u_int self, void *arg)
{
	struct quiz *z = arg;
	struct rng r = rng_init(self);

	do {
		struct cpu_info *ci = cpu_lookup(rng_below(&r, ncpu));
		struct question q;

		memset(&q, 0, sizeof(q));
		q.q_pause = rng_below(&r, 64);
		for (u_int i = 0; i < WORDS; i++)
			q.q_in[i] = rng_next(&r);
		cpu_xcall_sync(ci, call_answer, &q, "case");
		CHECK_EQ(q.q_finished, 1);
		CHECK_EQ(q.q_cpu, ci);
		for (u_int i = 0; i < WORDS; i++)
			CHECK_EQ(q.q_out[i], ~q.q_in[i]);
		atomic_inc_uint(&z->z_rounds);
	} while (budget_left(&z->z_budget));
}

CASE(o17_sync_returns_after_the_function, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_STRESS, .contract = "O17", .min_vcpus = 2,
    .doc = "A sync call returns when its function has ended, with all it "
	   "wrote in view; the function sees all its caller wrote.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct quiz z = {.z_budget = budget_start()};

	on_each_cpu(ask, &z);
	case_metric("calls", "", z.z_rounds);
}

/* A thread whose sync calls all stand at the same place of its stack. */
#define CALLERS	 8
#define MAGIC	 0x600dca11f00dfaceUL
#define POISONED 128 /* words: more than a sync call's frames take */
struct caller {
	struct budget *c_budget;
	struct cpu_info *c_target;
	u_int c_rounds, c_runs;
};

struct errand {
	u_long e_magic;
	struct caller *e_caller;
	u_int e_round, e_ran;
};

static void
call_errand(void *arg)
{
	struct errand *e = arg;

	if (!CHECK_EQ(e->e_magic, MAGIC))
		return;
	e->e_ran = e->e_round;
	e->e_caller->c_runs++;
}

static __noinline void
errand_round(struct caller *c)
{
	struct errand e = {
	    .e_magic = MAGIC, .e_caller = c, .e_round = ++c->c_rounds};

	cpu_xcall_sync(c->c_target, call_errand, &e, "case");
	CHECK_EQ(e.e_ran, c->c_rounds);
	CHECK_EQ(c->c_runs, c->c_rounds);
}

/* Overwrite what errand_round() and its callees left on the stack. */
static __noinline void
poison_stack(void)
{
	u_long words[POISONED];

	memset(words, 0xde, sizeof(words));
	/* Used, as far as the compiler knows. */
	__asm volatile("" : : "r"(words) : "memory");
}

static void
run_errands(void *arg)
{
	struct caller *c = arg;

	do {
		errand_round(c);
		poison_stack();
	} while (budget_left(c->c_budget));
}

CASE(o20_sync_from_many_threads, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_STRESS, .contract = "O20", .min_vcpus = 2,
    .doc = "Threads that make sync calls to one CPU, and overwrite their "
	   "stacks after each, neither return early nor corrupt one another.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct budget b = budget_start();
	struct caller callers[CALLERS];
	struct lwp *threads[CALLERS];
	uint64_t calls = 0;

	for (u_int i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){
		    .c_budget = &b, .c_target = cpu_lookup(ncpu - 1)};
		threads[i] = thread_start(
		    cpu_lookup(i % (ncpu - 1)), run_errands, &callers[i]);
	}
	for (u_int i = 0; i < CALLERS; i++) {
		thread_join(threads[i]);
		CHECK_EQ(callers[i].c_runs, callers[i].c_rounds);
		calls += callers[i].c_rounds;
	}
	case_metric("calls", "", calls);
}

#endif /* MULTIPROCESSOR */
