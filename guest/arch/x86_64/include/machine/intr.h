/* SPDX-License-Identifier: ISC */
/*
 * Interrupt priority levels and sources; changing the level costs no VM exit.
 *
 * The level is a variable.  An interrupt that arrives while its level is
 * blocked is recorded in ci_ipending and replayed when the level drops;
 * soft interrupts are bits in the same word.
 */
#ifndef MACHINE_INTR_H
#define MACHINE_INTR_H

#include <sys/cpu.h>
#include <sys/cdefs.h>

/* NetBSD's order. */
#define IPL_NONE	     0
#define IPL_PREEMPT	     1 /* kernel preemption is blocked */
#define IPL_SOFTCLOCK	     2
#define IPL_SOFTBIO	     3
#define IPL_SOFTNET	     4
#define IPL_SOFTSERIAL	     5
#define IPL_VM		     6
#define IPL_SCHED	     7
#define IPL_HIGH	     8
#define IPL_COUNT	     9

/* OpenBSD's other names. */
#define IPL_SOFT	     IPL_SOFTCLOCK
#define IPL_SOFTTTY	     IPL_SOFTSERIAL
#define IPL_BIO		     IPL_VM
#define IPL_NET		     IPL_VM
#define IPL_TTY		     IPL_VM
#define IPL_CLOCK	     IPL_SCHED
#define IPL_STATCLOCK	     IPL_SCHED
#define IPL_IPI		     IPL_HIGH
#define IPL_MPSAFE	     0x100 /* accepted with a level: all are */

/*
 * Sources: bit numbers in ci_ipending, the higher the more urgent.  The hard
 * ones have the vector INTR_VECTOR(source).
 */
#define SIR_PREEMPT	     0
#define SIR_CLOCK	     1 /* the four softint(9) levels */
#define SIR_BIO		     2
#define SIR_NET		     3
#define SIR_SERIAL	     4
#define LIR_TIMER	     5
#define LIR_RESCHED	     6
#define LIR_XCALL	     7 /* cpu_xcall(9) */
#define LIR_IPI		     8 /* ipi(9) */
#define LIR_TEST	     9 /* for cases: intr_test_establish() */
#define INTR_SOURCES	     10

#define INTR_VECTOR(source)  (0xe0 + (source))
#define INTR_VECTOR_SPURIOUS 0xff

/*
 * An interrupt that notes the TSC in ci_raw_tsc, and nothing else: of no
 * level, on the shortest way there is, to measure the machine by.
 */
#define INTR_VECTOR_RAW	     0xf0

/* Sources that may run while the level is ipl. */
extern const uint32_t intr_unblocked[IPL_COUNT];

/* Run what is pending above level ipl, then stay at ipl. */
void intr_replay_spl(int ipl);

/*
 * Mark a source pending on this CPU; it runs when the level allows.  Any
 * context, any IPL.  Does not run anything by itself: an splx() does.
 */
static inline void
intr_mark(u_int source)
{
	/* One instruction, so no interrupt can come between read and write. */
	__asm volatile("orl %1, %0"
		       : "+m"(curcpu()->ci_ipending)
		       : "ir"(1U << source));
}

/*
 * splraise(): block interrupts up to ipl, never lowering the level; returns
 * the level for splx().  Threads do not change CPU, so no pinning is needed.
 */
static inline int
splraise(int ipl)
{
	struct cpu_info *ci = curcpu();
	int old = ci->ci_ilevel;

	if (ipl > old)
		ci->ci_ilevel = ipl;
	/* What the level protects may not move above its raising. */
	__insn_barrier();
	return (old);
}

/* Return to a level splraise() gave, and run what had to wait for it. */
static inline void
splx(int ipl)
{
	struct cpu_info *ci = curcpu();

	__insn_barrier();
	ci->ci_ilevel = ipl;
	/*
	 * An interrupt before the store was recorded, and is seen below; one
	 * after it runs by itself.
	 */
	if (__predict_false(ci->ci_ipending & intr_unblocked[ipl]))
		intr_replay_spl(ipl);
}

#define splsoftclock()	splraise(IPL_SOFTCLOCK)
#define splsoftbio()	splraise(IPL_SOFTBIO)
#define splsoftnet()	splraise(IPL_SOFTNET)
#define splsoftserial() splraise(IPL_SOFTSERIAL)
#define splvm()		splraise(IPL_VM)
#define splsched()	splraise(IPL_SCHED)
#define splhigh()	splraise(IPL_HIGH)
#define splbio()	splvm()
#define splnet()	splvm()
#define spltty()	splvm()
#define splclock()	splsched()
#define spl0()		splx(IPL_NONE)

/* OpenBSD's check that the level is at least that one; IPL_NONE: that it is
   that one. */
#define splassert(ipl)                                              \
	KASSERT((ipl) == IPL_NONE ? curcpu()->ci_ilevel == IPL_NONE \
				  : curcpu()->ci_ilevel >= (ipl))

/*
 * The handler of LIR_TEST, at IPL_HIGH, and the handler of an NMI that does
 * not come from a panic.  NULL: none.  Every CPU runs it.
 */
void intr_test_establish(void (*)(void *), void *);
void nmi_test_establish(void (*)(void *), void *);

/* How many interrupts of the hard source the CPU has taken, run or not. */
uint64_t intr_arrived(const struct cpu_info *, u_int source);

/*
 * Has an interrupt of cpu_xcall(9) come, since this was asked last?  Cleared
 * before the pass, not after: a call queued behind the scan has its own IPI,
 * and so brings a pass of its own.
 */
static inline bool
cpu_xcall_take(struct cpu_info *ci)
{
	if (!ci->ci_md.md_xcall_pending)
		return (false);
	ci->ci_md.md_xcall_pending = false;
	__insn_barrier();
	return (true);
}

/* Make ci run cpu_xcall_dispatch() soon, at IPL_SOFTCLOCK. */
void cpu_xcall_ipi(struct cpu_info *ci);

#endif /* MACHINE_INTR_H */
