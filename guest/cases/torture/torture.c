/* SPDX-License-Identifier: ISC */
/*
 * Torture in the manner of Linux's scftorture: on every CPU a worker makes
 * calls of all three interfaces, in a mix that weights and the seed decide,
 * and all that the callers and the functions can see is checked.
 */
#include <sys/kmem.h>
#include <machine/hypercall.h>
#include "call.h"
#include "torture/torture.h"

static const struct {
	const char *name;   /* in the summary */
	const char *weight; /* the parameter */
	bool remote;	    /* makes no sense on the only CPU */
} primitives[PRIMITIVES] = {
    [P_CPU_XCALL] = {"cpu_xcall", "weight_cpu_xcall", false},
    [P_CPU_XCALL_SYNC] = {"cpu_xcall_sync", "weight_cpu_xcall_sync", false},
    [P_LOW_UNICAST] = {"LOW unicast", "weight_low_unicast", false},
    [P_LOW_BROADCAST] = {"LOW broadcast", "weight_low_broadcast", false},
    [P_HIGH_UNICAST] = {"HIGH unicast", "weight_high_unicast", false},
    [P_HIGH_BROADCAST] = {"HIGH broadcast", "weight_high_broadcast", false},
    [P_TRIGGER] = {"ipi_trigger", "weight_trigger", true},
    [P_TRIGGER_MULTI] = {"ipi_trigger_multi", "weight_trigger_set", false},
    [P_TRIGGER_BROADCAST] = {"ipi_trigger_broadcast", "weight_trigger_set",
	false},
    [P_UNICAST] = {"ipi_unicast", "weight_unicast", true},
    [P_MULTICAST] = {"ipi_multicast", "weight_multicast", false},
    [P_BROADCAST] = {"ipi_broadcast", "weight_broadcast", false},
    [P_CHURN] = {"ipi_register", "weight_churn", false},
};

/* Calls of cpu_xcall() that a worker has under way at once. */
#define ASYNC 4

struct worker {
	struct rng w_rng;
	struct shot w_shot;	    /* for calls that it waits for */
	struct shot w_async[ASYNC]; /* for those it does not */
	u_int w_async_cpu[ASYNC];
	struct lives w_lives;
	uint64_t w_calls[PRIMITIVES];
};

static struct torture {
	struct budget t_budget;
	u_int t_weights[PRIMITIVES], t_total;
	struct worker **t_workers; /* of each CPU */
} torture;

u_int
other_cpu(struct rng *r)
{
	u_int cpu = rng_below(r, ncpu - 1);

	return (cpu + (cpu >= cpu_number()));
}

/* Give the call time to begin, to end, or neither. */
static void
linger(struct worker *w)
{
	if (rng_below(&w->w_rng, 2))
		spin_randomly(&w->w_rng, 100);
}

static void
random_set(struct rng *r, kcpuset_t *set)
{
	kcpuset_zero(set);
	for (u_int i = 0; i < ncpu; i++)
		if (rng_below(r, 2))
			kcpuset_set(set, i);
}

static void
running_set(kcpuset_t *set, bool skip_self)
{
	kcpuset_copy(set, kcpuset_running);
	if (skip_self)
		kcpuset_clear(set, cpu_number());
}

/* --- one call of each interface --- */

/* Without waiting: the worker comes back to it before it uses it again. */
static bool
call_async(struct worker *w)
{
	u_int i = rng_below(&w->w_rng, ASYNC), target;
	struct shot *s = &w->w_async[i];

	if (s->s_live) {
		if (mark_read(&s->s_done) == 0)
			return (false);
		shot_check(s, w->w_async_cpu[i]);
	}
	target = w->w_async_cpu[i] = rng_below(&w->w_rng, ncpu);
	shot_load(s, P_CPU_XCALL, IPL_SOFTCLOCK, rng_next(&w->w_rng));
	shot_aim(s, target);
	cpu_xcall_set(&s->s_xcall, shot_run, s);
	cpu_xcall(cpu_lookup(target), &s->s_xcall);
	return (true);
}

static void
call_sync(struct worker *w)
{
	struct shot *s = &w->w_shot;
	u_int target = rng_below(&w->w_rng, ncpu);

	shot_load(s, P_CPU_XCALL_SYNC, IPL_SOFTCLOCK, rng_next(&w->w_rng));
	shot_aim(s, target);
	cpu_xcall_sync(cpu_lookup(target), shot_run, s, "torture");
	shot_check(s, target);
}

static void
call_xcall(struct worker *w, enum primitive what)
{
	bool high = what == P_HIGH_UNICAST || what == P_HIGH_BROADCAST;
	int ipl =
	    high ? IPL_SOFTCLOCK + (int)rng_below(&w->w_rng, 4) : IPL_NONE;
	u_int flags = high ? XC_HIGHPRI_IPL(ipl) : 0;
	u_int target = rng_below(&w->w_rng, ncpu);
	struct shot *s = &w->w_shot;
	kcpuset_t set;
	uint64_t ticket;
	void *key;

	shot_load(s, what, ipl, rng_next(&w->w_rng));
	key = (void *)(uintptr_t)s->s_key;
	if (what == P_LOW_UNICAST || what == P_HIGH_UNICAST) {
		kcpuset_zero(&set);
		kcpuset_set(&set, target);
		shot_aim_set(s, &set);
		ticket =
		    xc_unicast(flags, shot_run_2, s, key, cpu_lookup(target));
	} else {
		running_set(&set, false);
		shot_aim_set(s, &set);
		ticket = xc_broadcast(flags, shot_run_2, s, key);
	}
	linger(w);
	xc_wait(ticket);
	shot_check_set(s, &set);
}

static void
ring(struct worker *w, enum primitive what)
{
	bool skip_self = rng_below(&w->w_rng, 2);
	u_int bell = bell_choose(&w->w_rng);
	struct cpu_info *ci = NULL;
	kcpuset_t set;
	int s;

	kcpuset_zero(&set);
	if (what == P_TRIGGER)
		kcpuset_set(&set, other_cpu(&w->w_rng));
	else if (what == P_TRIGGER_MULTI)
		random_set(&w->w_rng, &set);
	else
		running_set(&set, skip_self);
	kpreempt_disable();
	s = splraise((int)rng_below(&w->w_rng, IPL_HIGH + 1));
	for (u_int i = 0; (ci = kcpuset_next(&set, &i)) != NULL;)
		bell_announce(bell, cpu_index(ci));
	if (what == P_TRIGGER)
		ipi_trigger(
		    bell_number(bell), cpu_lookup(kcpuset_ffs(&set) - 1));
	else if (what == P_TRIGGER_MULTI)
		ipi_trigger_multi(bell_number(bell), &set);
	else
		ipi_trigger_broadcast(bell_number(bell), skip_self);
	splx(s);
	kpreempt_enable();
}

static void
send(struct worker *w, enum primitive what)
{
	bool skip_self = rng_below(&w->w_rng, 2);
	struct shot *s = &w->w_shot;
	kcpuset_t set;

	shot_load(s, what, ANY_IPL, rng_next(&w->w_rng));
	s->s_msg = (ipi_msg_t){.func = shot_run, .arg = s};
	kcpuset_zero(&set);
	if (what == P_UNICAST)
		kcpuset_set(&set, other_cpu(&w->w_rng));
	else if (what == P_MULTICAST)
		random_set(&w->w_rng, &set);
	else
		running_set(&set, skip_self);
	shot_aim_set(s, &set);
	kpreempt_disable();
	if (what == P_UNICAST)
		ipi_unicast(&s->s_msg, cpu_lookup(kcpuset_ffs(&set) - 1));
	else if (what == P_MULTICAST)
		ipi_multicast(&s->s_msg, &set);
	else
		ipi_broadcast(&s->s_msg, skip_self);
	kpreempt_enable();
	linger(w);
	ipi_wait(&s->s_msg);
	shot_check_set(s, &set);
}

/* --- the workers --- */

static bool
make_call(struct worker *w, enum primitive what)
{
	switch (what) {
	case P_CPU_XCALL:
		return (call_async(w));
	case P_CPU_XCALL_SYNC:
		call_sync(w);
		break;
	case P_LOW_UNICAST:
	case P_LOW_BROADCAST:
	case P_HIGH_UNICAST:
	case P_HIGH_BROADCAST:
		call_xcall(w, what);
		break;
	case P_TRIGGER:
	case P_TRIGGER_MULTI:
	case P_TRIGGER_BROADCAST:
		ring(w, what);
		break;
	case P_UNICAST:
	case P_MULTICAST:
	case P_BROADCAST:
		send(w, what);
		break;
	default:
		return (churn(&w->w_lives, &w->w_rng));
	}
	return (true);
}

static enum primitive
choose(struct rng *r)
{
	u_int n = rng_below(r, torture.t_total), what = 0;

	while (n >= torture.t_weights[what])
		n -= torture.t_weights[what++];
	return (what);
}

static void
work(u_int cpu, void *arg __unused)
{
	struct worker *w = torture.t_workers[cpu];
	int s;

	while (budget_left(&torture.t_budget)) {
		enum primitive what = choose(&w->w_rng);

		w->w_calls[what] += make_call(w, what);
		/* Be hard to reach now and then. */
		s = splraise((int)rng_below(&w->w_rng, IPL_HIGH + 1));
		spin_randomly(&w->w_rng, 8);
		splx(s);
	}
}

static void
worker_check(struct worker *w)
{
	for (u_int i = 0; i < ASYNC; i++)
		if (w->w_async[i].s_live)
			shot_check(&w->w_async[i], w->w_async_cpu[i]);
	lives_check(&w->w_lives);
}

static void
torture_init(void)
{
	for (u_int i = 0; i < PRIMITIVES; i++) {
		/* Numbers that end with triggers on the way: decision 4. */
		if (i == P_CHURN && case_foreign(XCVM_API_IPI))
			continue;
		if (ncpu > 1 || !primitives[i].remote)
			torture.t_weights[i] =
			    (u_int)case_param(primitives[i].weight);
		torture.t_total += torture.t_weights[i];
	}
	if (torture.t_total == 0)
		case_skip("all weights that make sense here are 0");
	torture.t_workers =
	    kmem_alloc(ncpu * sizeof(*torture.t_workers), KM_SLEEP);
	for (u_int cpu = 0; cpu < ncpu; cpu++) {
		struct worker *w = kmem_zalloc(sizeof(*w), KM_SLEEP);

		w->w_rng = rng_init(cpu);
		shot_init(&w->w_shot, cpu);
		for (u_int i = 0; i < ASYNC; i++)
			shot_init(&w->w_async[i], cpu);
		torture.t_workers[cpu] = w;
	}
	bells_init();
	torture.t_budget = budget_start();
}

/* One line: the seed, the calls of each kind, and what was wrong. */
static void
summarize(void)
{
	static const char *const fault_names[FAULTS] = {"wrong CPU",
	    "wrong context", "order in", "order out", "lost", "duplicate",
	    "stray"};
	char line[XCVM_STRING_MAX];
	size_t n;

	n = (size_t)snprintf(line, sizeof(line),
	    "torture: seed %lu, %u CPU%s:", boot->seed, ncpu,
	    ncpu == 1 ? "" : "s");
	for (u_int i = 0; i < PRIMITIVES; i++) {
		uint64_t calls = 0;

		for (u_int cpu = 0; cpu < ncpu; cpu++)
			calls += torture.t_workers[cpu]->w_calls[i];
		n += (size_t)snprintf(line + n, sizeof(line) - n, " %s %lu,",
		    primitives[i].name, calls);
		case_metric(primitives[i].name, "", calls);
	}
	n += (size_t)snprintf(line + n, sizeof(line) - n, " wrong:");
	for (u_int i = 0; i < FAULTS; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, " %s %u%s",
		    fault_names[i], torture_faults[i],
		    i == FAULTS - 1 ? "" : ",");
	printf("%s\n", line);
}

#define PARAM_WEIGHT(name, value) \
	PARAM("weight_" name, value, "share of these calls in the mix")

CASE(torture, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS, .contract = "I38",
    .max_vcpus = 256,
    .doc = "All CPUs make calls of cpu_xcall(9), xcall(9) and ipi(9) in a "
	   "random mix: right CPU, right level and context, order in and out, "
	   "none lost, none twice, none after its time.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200), PARAM_WEIGHT("cpu_xcall", 8),
	PARAM_WEIGHT("cpu_xcall_sync", 4), PARAM_WEIGHT("low_unicast", 4),
	PARAM_WEIGHT("low_broadcast", 1), PARAM_WEIGHT("high_unicast", 4),
	PARAM_WEIGHT("high_broadcast", 1), PARAM_WEIGHT("trigger", 8),
	PARAM_WEIGHT("trigger_set", 1), PARAM_WEIGHT("unicast", 8),
	PARAM_WEIGHT("multicast", 2), PARAM_WEIGHT("broadcast", 1),
	PARAM_WEIGHT("churn", 1)))
{
	torture_init();
	on_each_cpu(work, NULL);
#ifdef MULTIPROCESSOR
	calls_drain_others();
#endif
	ipi_settle_all();
	for (u_int cpu = 0; cpu < ncpu; cpu++)
		worker_check(torture.t_workers[cpu]);
	bells_check();
	summarize();
	CHECK_EQ(torture_faults[F_WRONG_CPU], 0);
	CHECK_EQ(torture_faults[F_WRONG_CONTEXT], 0);
	CHECK_EQ(torture_faults[F_ORDER_IN], 0);
	CHECK_EQ(torture_faults[F_ORDER_OUT], 0);
	CHECK_EQ(torture_faults[F_LOST], 0);
	CHECK_EQ(torture_faults[F_DUPLICATE], 0);
	CHECK_EQ(torture_faults[F_STRAY], 0);
}
