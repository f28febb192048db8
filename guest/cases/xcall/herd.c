/* SPDX-License-Identifier: ISC */
/* xcall(9): many callers at once, all of whom must wait for the same call. */
#include "xcall/xcall_case.h"

#define HERD_MAX 64
struct herd {
	struct nx_gate h_gate;
	struct nx_caller h_callers[HERD_MAX];
	struct mark h_runs;
	u_int h_order[HERD_MAX]; /* callers, as their functions ran */
};

static void
herd_run(void *arg, void *caller)
{
	struct herd *h = arg;
	u_int place = atomic_inc_uint_nv(&h->h_runs.m_count) - 1;

	if (place < HERD_MAX)
		h->h_order[place] =
		    (u_int)((struct nx_caller *)caller - h->h_callers);
}

/* How far callers were overtaken, at most, by those that came after them. */
static u_int
largest_delay(const struct herd *h, u_int n)
{
	u_int largest = 0;

	for (u_int place = 0; place < n; place++)
		if (place > h->h_order[place])
			largest = MAX(largest, place - h->h_order[place]);
	return (largest);
}

/* Gather n callers behind a call that is held up, and let them go. */
static void
herd_round(struct herd *h, u_int flags, u_int n)
{
	uint64_t first;

	h->h_runs = (struct mark){0};
	nx_gate_close(&h->h_gate);
	first = xc_unicast(flags, nx_pass, &h->h_gate, NULL, nx_last_cpu());
	for (u_int i = 0; i < n; i++) {
		struct nx_caller *c = &h->h_callers[i];

		*c = (struct nx_caller){.c_flags = flags,
		    .c_target = nx_last_cpu(),
		    .c_func = herd_run,
		    .c_arg1 = h,
		    .c_arg2 = c};
		nx_caller_start(c, cpu_lookup(i % nx_running()));
		nx_wait_asleep(c->c_lwp, &c->c_submitted);
	}
	CHECK_EQ(mark_read(&h->h_runs), 0);
	nx_gate_open(&h->h_gate);
	for (u_int i = 0; i < n; i++)
		thread_join(h->h_callers[i].c_lwp);
	CHECK_EQ(mark_read(&h->h_runs), n);
	xc_wait(first);
}

static void
check_herd(u_int flags)
{
	static struct herd h;
	struct budget b = budget_start();
	u_int n = MIN((u_int)case_param("callers"), HERD_MAX);
	u_int rounds = 0, delay_max = 0;
	uint64_t start, longest = 0;

	do {
		start = nsecuptime();
		herd_round(&h, flags, n);
		longest = MAX(longest, nsecuptime() - start);
		delay_max = MAX(delay_max, largest_delay(&h, n));
		rounds++;
	} while (budget_left(&b));
	case_metric("rounds", "", rounds);
	case_metric("longest round", "ns", longest);
	case_metric("overtaken by, at most", "callers", delay_max);
}

#define PARAM_CALLERS \
	PARAM("callers", 16, "threads that call at once, at most 64")

CASE(n38_herd_of_low_callers, .api = XCVM_API_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "N38",
    .doc = "Many threads wait to make a LOW call: all are served.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100), PARAM_CALLERS))
{
	check_herd(0);
}

CASE(n38_herd_of_high_callers, .api = XCVM_API_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "N38",
    .doc = "Many threads wait to make a HIGH call: all are served.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100), PARAM_CALLERS))
{
	check_herd(XC_HIGHPRI);
}
