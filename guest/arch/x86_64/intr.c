/* SPDX-License-Identifier: ISC */
/*
 * The interrupt priority level: record what is blocked, replay it when the
 * level drops.  An interrupt and splx() go the same way from here on.
 */
#include <sys/systm.h>
#include <sys/intr.h>
#include <sys/ipi.h>
#include <sys/xctrace.h>
#include <machine/lapic.h>
#include <kern/kern.h>
#include <kern/md.h>
#include <machine/cpufunc.h>
#include <machine/vector.h>

#define S(source)     (1U << (source))
#define ABOVE_HIGH    0
#define ABOVE_SCHED   (S(LIR_XCALL) | S(LIR_IPI) | S(LIR_TEST))
#define ABOVE_VM      (ABOVE_SCHED | S(LIR_TIMER) | S(LIR_RESCHED))
#define ABOVE_SERIAL  ABOVE_VM
#define ABOVE_NET     (ABOVE_SERIAL | S(SIR_SERIAL))
#define ABOVE_BIO     (ABOVE_NET | S(SIR_NET))
#define ABOVE_CLOCK   (ABOVE_BIO | S(SIR_BIO))
#define ABOVE_PREEMPT (ABOVE_CLOCK | S(SIR_CLOCK))
#define ABOVE_NONE    (ABOVE_PREEMPT | S(SIR_PREEMPT))

const uint32_t intr_unblocked[IPL_COUNT] = {
    [IPL_NONE] = ABOVE_NONE,
    [IPL_PREEMPT] = ABOVE_PREEMPT,
    [IPL_SOFTCLOCK] = ABOVE_CLOCK,
    [IPL_SOFTBIO] = ABOVE_BIO,
    [IPL_SOFTNET] = ABOVE_NET,
    [IPL_SOFTSERIAL] = ABOVE_SERIAL,
    [IPL_VM] = ABOVE_VM,
    [IPL_SCHED] = ABOVE_SCHED,
    [IPL_HIGH] = ABOVE_HIGH,
};

CTASSERT(INTR_VECTOR_RAW == VECTOR_RAW);
CTASSERT(INTR_SOURCES <= nitems(((struct cpu_md *)0)->md_arrived));

static const uint8_t source_ipl[INTR_SOURCES] = {
    [SIR_PREEMPT] = IPL_PREEMPT,
    [SIR_CLOCK] = IPL_SOFTCLOCK,
    [SIR_BIO] = IPL_SOFTBIO,
    [SIR_NET] = IPL_SOFTNET,
    [SIR_SERIAL] = IPL_SOFTSERIAL,
    [LIR_TIMER] = IPL_SCHED,
    [LIR_RESCHED] = IPL_SCHED,
    [LIR_XCALL] = IPL_HIGH,
    [LIR_IPI] = IPL_HIGH,
    [LIR_TEST] = IPL_HIGH,
};

static struct {
	void (*volatile func)(void *);
	void *arg;
} test_handler, nmi_handler;

/* End of interrupt: the next one of that class may come. */
static inline void
lapic_eoi(void)
{
	wrmsr(MSR_X2APIC_EOI, 0);
}

/* The IPI of cpu_xcall(9): what it brings is for the soft interrupt. */
static inline void
intr_xcall(struct cpu_info *ci)
{
	xctrace(XCVM_TRACE_RECEIVED, XCVM_TRACE_CPU_XCALL, cpu_index(ci), NULL);
	ci->ci_md.md_xcall_pending = true;
}

static void
intr_run(struct cpu_info *ci, u_int source)
{
	switch (source) {
	case LIR_TIMER:
		ci->ci_md.md_timer_deadline = 0;
		callout_intr();
		break;
	case LIR_RESCHED:
		sched_ipi();
		break;
	case LIR_XCALL:
		intr_xcall(ci);
		softint_mark(SOFTINT_CLOCK);
		break;
	case LIR_IPI:
		xctrace(XCVM_TRACE_RECEIVED, XCVM_TRACE_IPI_NUMBER,
		    cpu_index(ci), NULL);
		ipi_cpu_handler();
		break;
	case LIR_TEST:
		if (test_handler.func != NULL)
			test_handler.func(test_handler.arg);
		break;
	default:
		panic("interrupt source %u has no handler", source);
	}
}

static void
intr_run_soft(u_int source)
{
	if (source == SIR_PREEMPT)
		sched_preempt();
	else
		softint_dispatch(source - SIR_CLOCK);
}

/*
 * Run what is pending above level ipl, the most urgent first, and leave the
 * level there.  Entered and left with interrupts off; handlers run with them
 * on, so that more urgent ones can come in between.
 */
static __noinline void
intr_replay(struct cpu_info *ci, int ipl)
{
	uint32_t todo;

	while ((todo = ci->ci_ipending & intr_unblocked[ipl]) != 0) {
		u_int source = 31 - (u_int)__builtin_clz(todo);

		ci->ci_ipending &= ~S(source);
		ci->ci_ilevel = source_ipl[source];
		if (source < LIR_TIMER) {
			intr_enable();
			intr_run_soft(source);
			intr_off();
		} else {
			ci->ci_idepth++;
			intr_enable();
			intr_run(ci, source);
			intr_off();
			ci->ci_idepth--;
		}
	}
	ci->ci_ilevel = ipl;
}

void
intr_replay_spl(int ipl)
{
	uint64_t flags = intr_disable();

	intr_replay(curcpu(), ipl);
	intr_restore(flags);
}

/* An interrupt that nobody asked for. */
static __noinline void
intr_spurious(struct cpu_info *ci, const struct intrframe *f)
{
	/* The APIC did not mark its own in service: no EOI. */
	if (f->if_vector != INTR_VECTOR_SPURIOUS)
		lapic_eoi();
	ci->ci_md.md_spurious++;
}

/* It has come, and is to be handled as soon as the level allows. */
static inline void
intr_accept(struct cpu_info *ci, u_int source)
{
	lapic_eoi();
	cpu_count_inc(&ci->ci_md.md_arrived[source]);
}

/* An interrupt came: entry code calls this with interrupts off. */
void
intr(struct intrframe *f)
{
	struct cpu_info *ci = curcpu();
	u_int source = (u_int)f->if_vector - INTR_VECTOR(0);
	int ipl = ci->ci_ilevel;

	xctrace_stamp(XCTRACE_HANDLER);
	if (f->if_rip - (uint64_t)cpu_idle_window <
	    (uint64_t)cpu_idle_window_size)
		f->if_rip = (uint64_t)cpu_idle_resume;

	if (source == LIR_XCALL && ipl < IPL_SOFTCLOCK) {
		/*
		 * The shortest way for what can be run at once: a soft
		 * interrupt begins by letting what is more urgent pass.
		 */
		intr_accept(ci, LIR_XCALL);
		intr_xcall(ci);
		ci->ci_ilevel = IPL_SOFTCLOCK;
		intr_enable();
		softint_dispatch(SOFTINT_CLOCK);
		intr_off();
		intr_replay(curcpu(), ipl);
		return;
	}
	if (source < LIR_TIMER || source >= INTR_SOURCES) {
		intr_spurious(ci, f);
		return;
	}
	intr_accept(ci, source);
	ci->ci_ipending |= S(source);
	if (ci->ci_ipending & intr_unblocked[ipl])
		intr_replay(ci, ipl);
}

/*
 * INTR_VECTOR_RAW: the CPU enters it, all but, and the fewer registers it
 * uses, the fewer it has to save before it can read the clock.  What it
 * interrupts goes on with nothing pending, so the idle loop may halt again.
 */
void
intr_raw(struct iretframe *f __unused)
{
	__asm volatile(
	    "rdtsc; shlq $32, %%rdx; orq %%rdx, %%rax;"
	    "movq %%rax, %%gs:%c0;"
	    "movl %1, %%ecx; xorl %%eax, %%eax; xorl %%edx, %%edx;"
	    "wrmsr"
	    :
	    : "i"(offsetof(struct cpu_info, ci_raw_tsc)), "i"(MSR_X2APIC_EOI)
	    : "rax", "rcx", "rdx", "cc", "memory");
}

uint64_t
intr_arrived(const struct cpu_info *ci, u_int source)
{
	return (ci->ci_md.md_arrived[source]);
}

void
intr_test_establish(void (*func)(void *), void *arg)
{
	test_handler.func = NULL;
	test_handler.arg = arg;
	test_handler.func = func;
}

void
nmi_test_establish(void (*func)(void *), void *arg)
{
	nmi_handler.func = NULL;
	nmi_handler.arg = arg;
	nmi_handler.func = func;
}

/* NMI: stop for a CPU that panics, whatever this one was doing. */
void
intr_nmi(void)
{
	if (panicked != 0 && panicked != cpu_number() + 1)
		panic_stop();
	if (nmi_handler.func != NULL)
		nmi_handler.func(nmi_handler.arg);
	else
		curcpu()->ci_md.md_spurious++;
}

bool
cpu_intr_p(void)
{
	return (curcpu()->ci_idepth > 0);
}
