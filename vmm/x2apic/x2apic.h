/* SPDX-License-Identifier: ISC */
/*
 * The local APIC in x2APIC mode: a model without KVM, threads or a clock of
 * its own.
 *
 * Intel's SDM, volume 3, chapter "Advanced Programmable Interrupt Controller",
 * section "Extended XAPIC (x2APIC)", and its register address table: whatever
 * the SDM calls reserved raises #GP here.  Where the SDM leaves a choice:
 * - The interface of the APIC is version 14H with 6 LVT entries; no CMCI, no
 *   suppression of EOI broadcasts.
 * - The timer's clock is the TSC; all times are values of the guest's TSC.
 * - An ICR command that the SDM leaves undefined is not obeyed, but refused
 *   (struct x2apic_effect).  An illegal vector is sent, and both ends note it.
 * - Lowest-priority mode picks the lowest TPR, then the lowest id.
 * - Where TPR and ISRV are of the same class, the PPR is the TPR.
 *
 * Nothing here locks: one thread at a time may use a struct x2apic.
 */
#ifndef VMM_X2APIC_X2APIC_H
#define VMM_X2APIC_X2APIC_H

#include <stdbool.h>
#include <stdint.h>

#define X2APIC_MSR_BASE	    0x1bU  /* IA32_APIC_BASE */
#define X2APIC_MSR_DEADLINE 0x6e0U /* IA32_TSC_DEADLINE */
#define X2APIC_MSR_FIRST    0x800U
#define X2APIC_MSR_LAST	    0x8ffU

#define X2APIC_MSR_ID	    0x802U
#define X2APIC_MSR_VERSION  0x803U
#define X2APIC_MSR_TPR	    0x808U
#define X2APIC_MSR_PPR	    0x80aU
#define X2APIC_MSR_EOI	    0x80bU
#define X2APIC_MSR_LDR	    0x80dU
#define X2APIC_MSR_SVR	    0x80fU
#define X2APIC_MSR_ISR	    0x810U /* to 0x817; TMR, IRR: also 8 MSRs */
#define X2APIC_MSR_TMR	    0x818U
#define X2APIC_MSR_IRR	    0x820U
#define X2APIC_MSR_ESR	    0x828U
#define X2APIC_MSR_ICR	    0x830U
#define X2APIC_MSR_LVT	    0x832U /* enum x2apic_lvt is added */
#define X2APIC_MSR_INITIAL  0x838U
#define X2APIC_MSR_CURRENT  0x839U
#define X2APIC_MSR_DIVIDE   0x83eU
#define X2APIC_MSR_SELF	    0x83fU

#define X2APIC_VECTOR_MIN   16U		/* lower ones are illegal */
#define X2APIC_ALL	    0xffffffffU /* a destination: every APIC */
#define X2APIC_NEVER	    UINT64_MAX	/* a TSC value that never comes */

enum x2apic_lvt {
	X2APIC_LVT_TIMER,
	X2APIC_LVT_THERMAL,
	X2APIC_LVT_PERFORMANCE,
	X2APIC_LVT_LINT0,
	X2APIC_LVT_LINT1,
	X2APIC_LVT_ERROR,
	X2APIC_LVTS
};

/* 256 bits, one a vector. */
struct x2apic_set {
	uint32_t word[8];
};

struct x2apic {
	uint32_t id;
	uint64_t base; /* IA32_APIC_BASE */
	struct x2apic_set irr, isr, tmr;
	uint8_t tpr;
	uint32_t svr;
	uint32_t errors; /* since the last write of the ESR */
	uint32_t esr;	 /* the register, as RDMSR reads it */
	bool error_told; /* error interrupt sent; an ESR write rearms */
	uint64_t icr;
	uint32_t lvt[X2APIC_LVTS];

	uint32_t divide;  /* the divide configuration register */
	uint32_t initial; /* the initial count register */
	uint64_t due;	  /* when the timer fires; X2APIC_NEVER */
};

/* The delivery modes of an interrupt message, as the ICR has them. */
enum x2apic_mode {
	X2APIC_FIXED = 0,
	X2APIC_LOWEST = 1,
	X2APIC_SMI = 2,
	X2APIC_NMI = 4,
	X2APIC_INIT = 5,
	X2APIC_STARTUP = 6
};

enum x2apic_shorthand {
	X2APIC_NO_SHORTHAND,
	X2APIC_SELF,
	X2APIC_ALL_AND_SELF,
	X2APIC_ALL_BUT_SELF
};

/* An interrupt message as it leaves an APIC: fixed, lowest priority or NMI. */
struct x2apic_ipi {
	enum x2apic_mode mode;
	enum x2apic_shorthand shorthand;
	bool logical;
	uint8_t vector; /* of no meaning for an NMI */
	uint32_t dest;	/* of no meaning with a shorthand */
};

/* What a write did besides changing a register. */
struct x2apic_effect {
	bool sent;
	struct x2apic_ipi ipi; /* if sent: for x2apic_reaches() */
	/*
	 * Not NULL: the guest asked for what is not modelled, or for what the
	 * SDM leaves undefined.  Nothing was sent or changed; this is why.
	 */
	const char *refused;
};

enum x2apic_accepted {
	X2APIC_ACCEPTED,
	X2APIC_MERGED,	/* the vector was pending already: the two are one */
	X2APIC_ILLEGAL, /* a vector below 16; the ESR will say so */
	X2APIC_DISABLED /* the SVR has the APIC switched off */
};

/*
 * Set the state after power-up, but in x2APIC mode.  `bsp`: the APIC is the
 * boot CPU's.
 */
void x2apic_reset(struct x2apic *apic, uint32_t id, bool bsp);

/* Is this MSR for x2apic_read() and x2apic_write()? */
bool x2apic_owns(uint32_t msr);

/*
 * RDMSR and WRMSR at the time `now`, to which the timer is advanced first.
 * False: the access raises #GP and does nothing else.
 */
bool x2apic_read(
    struct x2apic *apic, uint32_t msr, uint64_t now, uint64_t *value);
bool x2apic_write(struct x2apic *apic, uint32_t msr, uint64_t value,
    uint64_t now, struct x2apic_effect *effect);

/* CR8 and the TPR are one: CR8 is the class, a write clears the subclass. */
uint8_t x2apic_cr8(const struct x2apic *apic);
void x2apic_set_cr8(struct x2apic *apic, uint8_t cr8);

/*
 * When x2apic_advance() has something to do next, or X2APIC_NEVER.  Every other
 * function may change that.
 */
uint64_t x2apic_due(const struct x2apic *apic);

/* Will the timer interrupt, if nobody writes to its registers again? */
bool x2apic_armed(const struct x2apic *apic);

/* How often a periodic timer fires, in ticks of the TSC; 0: no such timer. */
uint64_t x2apic_period(const struct x2apic *apic);

/* Let the timer fire if it is due. */
void x2apic_advance(struct x2apic *apic, uint64_t now);

/* A fixed interrupt arrives; `level`: it is level-triggered. */
enum x2apic_accepted x2apic_accept(
    struct x2apic *apic, uint8_t vector, bool level);

/* The vector that a CPU with interrupts on takes now, or -1. */
int x2apic_deliverable(const struct x2apic *apic);

/* The highest vector pending, masked by the PPR or not; or -1. */
int x2apic_pending(const struct x2apic *apic);

/* The CPU takes the vector, which x2apic_deliverable() has returned. */
void x2apic_take(struct x2apic *apic, int vector);

uint8_t x2apic_ppr(const struct x2apic *apic);

/* --- between APICs (route.c) --- */

/* The logical id that belongs to an x2APIC id. */
uint32_t x2apic_ldr(uint32_t id);

/*
 * Is the APIC with that x2APIC id a destination of the message?  In
 * lowest-priority mode only one of the destinations gets it: the one with the
 * lowest x2apic_bid(), and of several the one with the lowest id.
 */
bool x2apic_reaches(
    const struct x2apic_ipi *ipi, uint32_t sender_id, uint32_t id);

#define X2APIC_NO_BID 0x100U /* the APIC takes no part */

uint32_t x2apic_bid(const struct x2apic *apic);

/* --- sets of vectors --- */

void x2apic_set_remove(struct x2apic_set *set, unsigned int vector);
int x2apic_set_highest(const struct x2apic_set *set); /* -1: empty */

#endif /* VMM_X2APIC_X2APIC_H */
