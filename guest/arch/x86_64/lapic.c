/* SPDX-License-Identifier: ISC */
/* The local APIC in x2APIC mode. */
#include <sys/cpu.h>
#include <sys/xctrace.h>
#include <machine/clock.h>
#include <machine/intr.h>
#include <machine/lapic.h>
#include <kern/md.h>
#include <machine/cpufunc.h>

#define CPUID_1_ECX_DEADLINE (1U << 24)

bool lapic_icr_fence = true;
static bool lapic_deadline; /* the timer has TSC-deadline mode */

void
lapic_init(void)
{
	wrmsr(MSR_X2APIC_SVR, SVR_ENABLE | INTR_VECTOR_SPURIOUS);
	/* All CPUs are alike. */
	lapic_deadline = (cpuid_ecx(1) & CPUID_1_ECX_DEADLINE) != 0;
	wrmsr(MSR_X2APIC_LVT_TIMER,
	    (lapic_deadline ? LVT_TSC_DEADLINE : LVT_ONE_SHOT) |
		INTR_VECTOR(LIR_TIMER));
	if (!lapic_deadline)
		wrmsr(MSR_X2APIC_DIVIDE, DIVIDE_BY_1);
}

void
lapic_icr_write(uint64_t command)
{
	if (lapic_icr_fence)
		icr_fence();
	xctrace_stamp(XCTRACE_ICR);
	wrmsr(MSR_X2APIC_ICR, command);
}

void
lapic_ipi(u_int apic_id, u_int vector)
{
	lapic_icr_write(ICR_DEST(apic_id) | ICR_FIXED | ICR_ASSERT | vector);
}

void
lapic_self_ipi(u_int vector)
{
	wrmsr(MSR_X2APIC_SELF_IPI, vector);
}

uint64_t
lapic_read(u_int msr)
{
	return (rdmsr(msr));
}

void
lapic_write(u_int msr, uint64_t value)
{
	wrmsr(msr, value);
}

u_int
lapic_id(void)
{
	return ((u_int)rdmsr(MSR_X2APIC_ID));
}

u_int
lapic_ldr(void)
{
	return ((u_int)rdmsr(MSR_X2APIC_LDR));
}

void
lapic_timer_arm(uint64_t tsc)
{
	uint64_t now, left = 0;

	if (lapic_deadline) {
		wrmsr(MSR_TSC_DEADLINE, tsc);
		return;
	}
	/* Its clock is the TSC then (abi.h), and it has 32 bits. */
	now = cpu_counter();
	if (tsc != 0)
		left = tsc > now ? tsc - now : 1;
	wrmsr(MSR_X2APIC_INITIAL, MIN(left, UINT32_MAX));
}

void
cpu_timer_arm(uint64_t tsc)
{
	struct cpu_md *md = &curcpu()->ci_md;

	/* Each write is a VM exit; one that is due earlier serves as well. */
	if (md->md_timer_deadline == 0 || tsc < md->md_timer_deadline) {
		md->md_timer_deadline = tsc;
		lapic_timer_arm(tsc);
	}
}

void
cpu_resched_ipi(struct cpu_info *ci)
{
	lapic_ipi(ci->ci_cpuid, INTR_VECTOR(LIR_RESCHED));
}

void
cpu_xcall_ipi(struct cpu_info *ci)
{
	xctrace(XCVM_TRACE_IPI, XCVM_TRACE_CPU_XCALL, cpu_index(ci), NULL);
	lapic_ipi(ci->ci_cpuid, INTR_VECTOR(LIR_XCALL));
}

void
cpu_stop_others(void)
{
	lapic_icr_write(ICR_OTHERS | ICR_NMI | ICR_ASSERT);
}

void
cpu_stop(void)
{
	cpu_halt_forever();
}
