/* SPDX-License-Identifier: ISC */
/* Torture: one call, what its function checks, and what the caller does. */
#include <sys/kmem.h>
#include "torture/torture.h"

volatile u_int torture_faults[FAULTS];

void
fault(enum fault f)
{
	atomic_inc_uint(&torture_faults[f]);
}

static u_long
word(u_long key, u_int i)
{
	return ((key ^ i) * 0x9e3779b97f4a7c15);
}

void
shot_init(struct shot *s, u_int from)
{
	*s = (struct shot){.s_from = from,
	    .s_hits = kmem_zalloc(ncpu * sizeof(*s->s_hits), KM_SLEEP)};
}

void
shot_load(struct shot *s, enum primitive what, int ipl, u_long key)
{
	s->s_what = what;
	s->s_ipl = ipl;
	s->s_key = key;
	for (u_int i = 0; i < SHOT_WORDS; i++)
		s->s_in[i] = word(key, i);
	s->s_done.m_count = 0;
	s->s_live = true;
}

void
shot_aim(struct shot *s, u_int cpu)
{
	s->s_hits[cpu] = (struct hit){.h_wanted = true};
}

void
shot_aim_set(struct shot *s, const kcpuset_t *set)
{
	struct cpu_info *ci;

	for (u_int i = 0; (ci = kcpuset_next(set, &i)) != NULL;)
		shot_aim(s, cpu_index(ci));
}

/* Where the function of each primitive must find itself. */
static bool
context_is_right(const struct shot *s, u_int cpu)
{
	bool hard = cpu_intr_p(), soft = cpu_softintr_p();

	if (s->s_ipl != ANY_IPL && cpu_ipl() != s->s_ipl)
		return (false);
	switch (s->s_what) {
	case P_CPU_XCALL:
	case P_CPU_XCALL_SYNC:
		return (!hard && (soft || cpu == s->s_from));
	case P_LOW_UNICAST:
	case P_LOW_BROADCAST:
		return (!hard && !soft);
	case P_HIGH_UNICAST:
	case P_HIGH_BROADCAST:
		return (!hard && soft);
	default:
		/*
		 * Not always in an interrupt: a CPU that triggers itself
		 * serves all that is pending.  The level on the sender's own
		 * CPU is decision 2, and has cases of its own.
		 */
		return (cpu == s->s_from || cpu_ipl() == IPL_HIGH);
	}
}

void
shot_run(void *arg)
{
	struct shot *s = arg;
	u_int cpu = cpu_number();
	struct hit *h = &s->s_hits[cpu];

	if (!s->s_live) {
		fault(F_STRAY);
		return;
	}
	for (u_int i = 0; i < SHOT_WORDS; i++) {
		if (s->s_in[i] != word(s->s_key, i)) {
			fault(F_ORDER_IN);
			break;
		}
	}
	if (!h->h_wanted)
		fault(F_WRONG_CPU);
	if (!context_is_right(s, cpu))
		fault(F_WRONG_CONTEXT);
	if (atomic_inc_uint_nv(&h->h_runs) > 1)
		fault(F_DUPLICATE);
	/* Some take their time. */
	for (u_int i = s->s_key % 16 == 0 ? 200 : 0; i > 0; i--)
		CPU_BUSY_CYCLE();
	h->h_out = word(s->s_key, cpu + SHOT_WORDS);
	if (s->s_what == P_CPU_XCALL)
		mark_add(&s->s_done);
}

void
shot_run_2(void *arg1, void *arg2)
{
	struct shot *s = arg1;

	if ((u_long)(uintptr_t)arg2 != s->s_key)
		fault(F_ORDER_IN);
	shot_run(s);
}

static void
hit_check(struct shot *s, u_int cpu)
{
	struct hit *h = &s->s_hits[cpu];

	if (h->h_runs == 0)
		fault(F_LOST);
	else if (h->h_out != word(s->s_key, cpu + SHOT_WORDS))
		fault(F_ORDER_OUT);
	h->h_wanted = false;
}

void
shot_check(struct shot *s, u_int cpu)
{
	hit_check(s, cpu);
	s->s_live = false;
}

void
shot_check_set(struct shot *s, const kcpuset_t *set)
{
	struct cpu_info *ci;

	for (u_int i = 0; (ci = kcpuset_next(set, &i)) != NULL;)
		hit_check(s, cpu_index(ci));
	s->s_live = false;
}
