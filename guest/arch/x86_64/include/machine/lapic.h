/* SPDX-License-Identifier: ISC */
/*
 * The local APIC in x2APIC mode: registers are MSRs, an IPI is one WRMSR.
 * SDM volume 3, chapter 11; APM volume 2, chapter 16.
 */
#ifndef MACHINE_LAPIC_H
#define MACHINE_LAPIC_H

#include <sys/types.h>

#define MSR_APIC_BASE	     0x1b
#define MSR_TSC_DEADLINE     0x6e0
#define MSR_X2APIC_ID	     0x802
#define MSR_X2APIC_TPR	     0x808
#define MSR_X2APIC_PPR	     0x80a
#define MSR_X2APIC_EOI	     0x80b
#define MSR_X2APIC_LDR	     0x80d
#define MSR_X2APIC_SVR	     0x80f
#define MSR_X2APIC_ISR	     0x810 /* to 0x817, 32 vectors each */
#define MSR_X2APIC_TMR	     0x818 /* to 0x81f, likewise */
#define MSR_X2APIC_IRR	     0x820 /* to 0x827, likewise */
#define MSR_X2APIC_ESR	     0x828
#define MSR_X2APIC_ICR	     0x830
#define MSR_X2APIC_LVT_TIMER 0x832
#define MSR_X2APIC_LVT_ERROR 0x837
#define MSR_X2APIC_INITIAL   0x838 /* count of the timer */
#define MSR_X2APIC_CURRENT   0x839
#define MSR_X2APIC_DIVIDE    0x83e
#define MSR_X2APIC_SELF_IPI  0x83f

#define APIC_BASE_BSP	     0x100
#define APIC_BASE_X2APIC     0x400
#define APIC_BASE_ENABLE     0x800
#define SVR_ENABLE	     0x100
#define LVT_MASKED	     (1U << 16)
#define LVT_ONE_SHOT	     0
#define LVT_PERIODIC	     (1U << 17)
#define LVT_TSC_DEADLINE     (2U << 17)
#define DIVIDE_BY_1	     0xb

#define ICR_FIXED	     0x00000
#define ICR_LOWEST	     0x00100 /* one of its destinations */
#define ICR_NMI		     0x00400
#define ICR_LOGICAL	     0x00800
#define ICR_ASSERT	     0x04000
#define ICR_SELF	     0x40000
#define ICR_ALL		     0x80000 /* this CPU as well */
#define ICR_OTHERS	     0xc0000
#define ICR_DEST(id)	     ((uint64_t)(id) << 32)

/* Switch this CPU's APIC on and its timer to TSC-deadline mode. */
void lapic_init(void);

/*
 * Send an interrupt command: vector, ICR_* and ICR_DEST().  All that this
 * CPU stored before is visible to the handler.  Any context, any IPL.
 */
void lapic_icr_write(uint64_t);

/* lapic_icr_write(), for measuring: returns the TSC as it was just before. */
uint64_t lapic_icr_clocked(uint64_t);

/* Fixed-mode IPI to one CPU by its x2APIC id. */
void lapic_ipi(u_int apic_id, u_int vector);

/* Interrupt this CPU through the SELF IPI register. */
void lapic_self_ipi(u_int vector);

u_int lapic_id(void);
u_int lapic_ldr(void);

/* Any register of this CPU's, by its MSR. */
uint64_t lapic_read(u_int msr);
void lapic_write(u_int msr, uint64_t);

/* The vector's bit of MSR_X2APIC_IRR, ISR or TMR, of this CPU's. */
static inline bool
lapic_vector(u_int bank, u_int vector)
{
	return ((lapic_read(bank + vector / 32) >> vector % 32 & 1) != 0);
}

/*
 * Fire LIR_TIMER at that TSC value (at once if it has passed); 0 disarms.
 * Where there is no TSC-deadline mode it may fire before, if that is more
 * than 2^32 ticks away.
 */
void lapic_timer_arm(uint64_t tsc);

/*
 * The full fence before each ICR write; boot parameter icr_fence=0 leaves it
 * out, for measuring only.
 */
extern bool lapic_icr_fence;

#endif /* MACHINE_LAPIC_H */
