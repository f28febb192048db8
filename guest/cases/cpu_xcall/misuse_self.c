/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9) to the own CPU: the rules are those of a call to another. */
#include <sys/mutex.h>
#include "cpu_xcall/cpu_xcall_case.h"

#define MISUSE \
	.api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_MISUSE, .decision = 8

static void
sync_self(void *arg __unused)
{

	cpu_xcall_sync(curcpu(), call_nothing, NULL, "case");
}

/* --- from where: each calls sync_self() --- */

static void
in_softint(void)
{

	softint_schedule(softint_establish(SOFTINT_NET, sync_self, NULL));
}

static void
in_hard_interrupt(void)
{

	intr_test_establish(sync_self, NULL);
	intr_mark(LIR_TEST);
	spl0();
}

static void
at_raised_ipl(void)
{
	int s = splsoftclock();

	sync_self(NULL);
	splx(s);
}

static void
without_preemption(void)
{

	kpreempt_disable();
	sync_self(NULL);
	kpreempt_enable();
}

static void
with_a_spin_mutex(void)
{
	kmutex_t mtx;

	mutex_init(&mtx, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&mtx);
	sync_self(NULL);
	mutex_exit(&mtx);
}

#define SYNC_SELF(id, clause, place, text)                                     \
	CASE(id##_sync_self_##place, MISUSE, .contract = clause ",D8",         \
	    .panic = "cpu_xcall_sync: called " text,                           \
	    .doc = "A sync call of a CPU to itself panics as one to another: " \
		   "called " text ".")                                         \
	{                                                                      \
		place();                                                       \
	}

SYNC_SELF(o25, "O25", in_softint, "in soft interrupt context")
SYNC_SELF(o25, "O25", in_hard_interrupt, "in interrupt context")
SYNC_SELF(o25, "O25", at_raised_ipl, "at raised IPL")
SYNC_SELF(o25, "O25", without_preemption, "with preemption disabled")
SYNC_SELF(o26, "O26", with_a_spin_mutex, "with a spin mutex held")

CASE(o27_self_null_function, MISUSE, .contract = "O27,D8",
    .panic = "cpu_xcall: the function is NULL",
    .doc = "A call of a CPU to itself without a function panics.")
{
	struct xcall xc = XCALL_INITIALIZER(NULL, NULL);

	cpu_xcall(curcpu(), &xc);
}

CASE(o27_self_null_xcall, MISUSE, .contract = "O27,D8",
    .panic = "cpu_xcall: the xcall is NULL",
    .doc = "A call of a CPU to itself without an object panics.")
{

	cpu_xcall(curcpu(), NULL);
}

CASE(o27_sync_self_null_function, MISUSE, .contract = "O27,D8",
    .panic = "cpu_xcall_sync: the function is NULL",
    .doc = "A sync call of a CPU to itself without a function panics.")
{

	cpu_xcall_sync(curcpu(), NULL, NULL, "case");
}
