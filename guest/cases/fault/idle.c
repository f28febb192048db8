/* SPDX-License-Identifier: ISC */
/* CPUs that halt, and do not wake. */
#include <machine/lapic.h>
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define TDX                                                              \
	"TDX guests could take an interrupt between STI and HLT (Linux " \
	"9f98a4f4e721), and then slept over the wake-up that it brought. "

/*
 * An idle loop of our own, on CPU 1: the kernel's would not do, because its
 * interrupts leave for the thread they wake by themselves.
 */
struct sleeper {
	u_int s_id;
	bool s_shadow; /* STI is followed by HLT at once */
	struct mark s_asleep, s_sent;
	volatile bool s_wake;
};

static void
wake_sleeper(void *arg)
{
	struct sleeper *s = arg;

	s->s_wake = true;
}

/* The plan has the vCPU leave here, so that it takes what is pending. */
void fault_sti_window(void);

__noinline void
fault_sti_window(void)
{
	/* It begins with a push: see fault_vcpu_away(). */
	__asm volatile("" : : : "rbx", "memory");
}

static void
sleep_until_woken(void *arg)
{
	struct sleeper *s = arg;

	(void)intr_disable();
	while (!s->s_wake) {
		/* The wake-up comes after the look, as it may. */
		mark_add(&s->s_asleep);
		mark_wait(&s->s_sent, 1);
		if (s->s_shadow) {
			fault_sti_window();
			__asm volatile("sti; hlt" : : : "memory");
		} else {
			intr_enable();
			fault_sti_window();
			__asm volatile("hlt" : : : "memory");
		}
		(void)intr_disable();
	}
	intr_enable();
}

static void
wake_from_halt(bool shadow)
{
	static struct sleeper s;
	struct lwp *l;

	s.s_shadow = shadow;
	s.s_id = ipi_number(wake_sleeper, &s);
	l = thread_start(cpu_lookup(1), sleep_until_woken, &s);
	mark_wait(&s.s_asleep, 1);
	PINNED(ipi_trigger(s.s_id, cpu_lookup(1)));
	mark_add(&s.s_sent);
	thread_join(l);
	CHECK_EQ(mark_read(&s.s_asleep), 1);
}

#define WINDOW "kind=preempt,function=fault_sti_window,dst=1,for_us=100,nth=1"

CASE(tdx_sti_hlt_window, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .fault = WINDOW,
    .doc = TDX "With the HLT right after the STI there is no such window.")
{
	wake_from_halt(true);
}

CASE(tdx_sti_hlt_window_hangs, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .fault = WINDOW,
    .diagnosis = "no interrupt can ever arrive",
    .doc = TDX "Here the HLT is an instruction later than it should be.")
{
	wake_from_halt(false);
}

#define VIRTUALBOX                                                    \
	"An idle vCPU of VirtualBox (issues 861, 776) never got the " \
	"interrupt of Linux's expedited grace period, though an NMI " \
	"reached it. "

CASE(virtualbox_861_deaf_cpu_hangs, .api = XCVM_API_IPI,
    .kind = XCVM_KIND_FAULT, .contract = "D5", .decision = 5, .min_vcpus = 2,
    .fault = "kind=lost,vector=ipi,dst=1",
    .diagnosis = "sent, not pending at the target", .limit_ms = FAULT_SETTLE_MS,
    .doc = VIRTUALBOX
    "Here none of the vector arrives: to send again is no cure.",
    PARAMS(PARAM_FAULT(1)))
{
	static struct mark nmis;

	nmi_test_establish(call_count, &nmis);
	lapic_icr_write(
	    ICR_DEST(cpu_lookup(1)->ci_cpuid) | ICR_NMI | ICR_ASSERT);
	mark_wait(&nmis, 1);
	fault_message(cpu_lookup(1));
}

#endif /* MULTIPROCESSOR */
