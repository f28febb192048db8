/* SPDX-License-Identifier: ISC */
/*
 * The x2APIC model's registers, as RDMSR and WRMSR see them.
 */
#include <string.h>

#include "x2apic/x2apic_private.h"

#define SET_WORDS	   8 /* of a struct x2apic_set */

#define VERSION		   (0x14U | (X2APIC_LVTS - 1) << 16)

#define TPR_RESERVED	   0xffffff00U
#define SVR_RESERVED	   0xfffffc00U
#define DIVIDE_RESERVED	   0xfffffff4U
#define SELF_RESERVED	   0xffffff00U
#define ICR_RESERVED	   0xfff33000U /* of the lower half */

#define ICR_MODE(icr)	   ((uint32_t)(icr) >> 8 & 7)
#define ICR_LOGICAL	   (1U << 11)
#define ICR_ASSERT	   (1U << 14)
#define ICR_LEVEL	   (1U << 15)
#define ICR_SHORTHAND(icr) ((uint32_t)(icr) >> 18 & 3)

#define BASE_X2APIC	   (1U << 10)
#define BASE_ENABLED	   (1U << 11)
#define BASE_RESERVED	   0x2ffULL /* bits 7:0 and 9; above MAXPHYADDR, too */
#define BASE_PHYSICAL	   52

#define LVT_DELIVERY	   (7U << 8)
#define LVT_STATUS	   (1U << 12) /* read-only */
#define LVT_POLARITY	   (1U << 13)
#define LVT_REMOTE	   (1U << 14) /* read-only */
#define LVT_LEVEL	   (1U << 15)
#define LVT_READ_ONLY	   (LVT_STATUS | LVT_REMOTE)
#define LVT_ALWAYS	   (LVT_VECTOR | LVT_STATUS | LVT_MASKED)
#define LVT_PIN		   (LVT_DELIVERY | LVT_POLARITY | LVT_REMOTE | LVT_LEVEL)

/* The bits of each LVT entry that are not reserved. */
static const uint32_t lvt_bits[X2APIC_LVTS] = {
    [X2APIC_LVT_TIMER] = LVT_ALWAYS | LVT_MODE,
    [X2APIC_LVT_THERMAL] = LVT_ALWAYS | LVT_DELIVERY,
    [X2APIC_LVT_PERFORMANCE] = LVT_ALWAYS | LVT_DELIVERY,
    [X2APIC_LVT_LINT0] = LVT_ALWAYS | LVT_PIN,
    [X2APIC_LVT_LINT1] = LVT_ALWAYS | LVT_PIN,
    [X2APIC_LVT_ERROR] = LVT_ALWAYS,
};

bool
x2apic_owns(uint32_t msr)
{
	return (msr == X2APIC_MSR_BASE || msr == X2APIC_MSR_DEADLINE ||
		(msr >= X2APIC_MSR_FIRST && msr <= X2APIC_MSR_LAST));
}

static bool
read_array(const struct x2apic *apic, uint32_t msr, uint64_t *value)
{
	if (msr - X2APIC_MSR_ISR < SET_WORDS)
		*value = apic->isr.word[msr - X2APIC_MSR_ISR];
	else if (msr - X2APIC_MSR_TMR < SET_WORDS)
		*value = apic->tmr.word[msr - X2APIC_MSR_TMR];
	else if (msr - X2APIC_MSR_IRR < SET_WORDS)
		*value = apic->irr.word[msr - X2APIC_MSR_IRR];
	else if (msr - X2APIC_MSR_LVT < X2APIC_LVTS)
		*value = apic->lvt[msr - X2APIC_MSR_LVT];
	else
		return (false);
	return (true);
}

static bool
read_register(
    const struct x2apic *apic, uint32_t msr, uint64_t now, uint64_t *value)
{
	switch (msr) {
	case X2APIC_MSR_BASE:
		*value = apic->base;
		return (true);
	case X2APIC_MSR_DEADLINE:
		*value = x2apic_timer_deadline(apic);
		return (true);
	case X2APIC_MSR_ID:
		*value = apic->id;
		return (true);
	case X2APIC_MSR_VERSION:
		*value = VERSION;
		return (true);
	case X2APIC_MSR_TPR:
		*value = apic->tpr;
		return (true);
	case X2APIC_MSR_PPR:
		*value = x2apic_ppr(apic);
		return (true);
	case X2APIC_MSR_LDR:
		*value = x2apic_ldr(apic->id);
		return (true);
	case X2APIC_MSR_SVR:
		*value = apic->svr;
		return (true);
	case X2APIC_MSR_ESR:
		*value = apic->esr;
		return (true);
	case X2APIC_MSR_ICR:
		*value = apic->icr;
		return (true);
	case X2APIC_MSR_INITIAL:
		*value = apic->initial;
		return (true);
	case X2APIC_MSR_CURRENT:
		*value = x2apic_timer_current(apic, now);
		return (true);
	case X2APIC_MSR_DIVIDE:
		*value = apic->divide;
		return (true);
	default:
		return (read_array(apic, msr, value));
	}
}

bool
x2apic_read(struct x2apic *apic, uint32_t msr, uint64_t now, uint64_t *value)
{
	x2apic_advance(apic, now);
	return (read_register(apic, msr, now, value));
}

static void
eoi(struct x2apic *apic)
{
	int vector = x2apic_set_highest(&apic->isr);

	if (vector != -1)
		x2apic_set_remove(&apic->isr, (unsigned int)vector);
}

static void
set_svr(struct x2apic *apic, uint32_t value)
{
	apic->svr = value;
	if ((value & SVR_ENABLED) == 0)
		for (unsigned int i = 0; i < X2APIC_LVTS; i++)
			apic->lvt[i] |= LVT_MASKED;
}

static bool
set_lvt(struct x2apic *apic, enum x2apic_lvt entry, uint32_t value)
{
	if ((value & ~lvt_bits[entry]) != 0)
		return (false);
	if (entry == X2APIC_LVT_TIMER && (value & LVT_MODE) == LVT_MODE)
		return (false);
	value &= ~LVT_READ_ONLY;
	if ((apic->svr & SVR_ENABLED) == 0)
		value |= LVT_MASKED;
	if (entry == X2APIC_LVT_TIMER)
		x2apic_timer_mode(apic, value);
	else
		apic->lvt[entry] = value;
	return (true);
}

/* Why an ICR command is refused, or NULL. */
static const char *
refuse(const struct x2apic_ipi *ipi)
{
	switch (ipi->mode) {
	case X2APIC_FIXED:
		return (NULL);
	case X2APIC_LOWEST:
	case X2APIC_NMI:
		if (ipi->shorthand == X2APIC_SELF ||
		    ipi->shorthand == X2APIC_ALL_AND_SELF)
			return ("a shorthand that includes the sender goes "
				"with fixed mode only");
		return (NULL);
	case X2APIC_SMI:
		return ("an SMI: there is no system management mode here");
	case X2APIC_INIT:
		return ("INIT: CPUs are started by the request of "
			"<xcvm/abi.h>, and are not reset");
	case X2APIC_STARTUP:
		return ("start-up: CPUs are started by the request of "
			"<xcvm/abi.h>");
	default:
		return ("a reserved delivery mode");
	}
}

static void
send(struct x2apic *apic, const struct x2apic_ipi *ipi,
    struct x2apic_effect *effect)
{
	effect->sent = true;
	effect->ipi = *ipi;
	if (ipi->mode != X2APIC_NMI && ipi->vector < X2APIC_VECTOR_MIN)
		x2apic_error(apic, ERROR_SENT_ILL);
}

static bool
set_icr(struct x2apic *apic, uint64_t value, struct x2apic_effect *effect)
{
	struct x2apic_ipi ipi = {
	    .mode = (enum x2apic_mode)ICR_MODE(value),
	    .shorthand = (enum x2apic_shorthand)ICR_SHORTHAND(value),
	    .logical = (value & ICR_LOGICAL) != 0,
	    .vector = (uint8_t)value,
	    .dest = (uint32_t)(value >> 32),
	};

	if (((uint32_t)value & ICR_RESERVED) != 0)
		return (false);
	/* INIT level de-assert: no CPU of today takes notice of it. */
	if (ipi.mode == X2APIC_INIT &&
	    (value & (ICR_ASSERT | ICR_LEVEL)) == ICR_LEVEL) {
		apic->icr = value;
		return (true);
	}
	effect->refused = refuse(&ipi);
	if (effect->refused != NULL)
		return (true);
	apic->icr = value;
	send(apic, &ipi, effect);
	return (true);
}

static bool
set_self(struct x2apic *apic, uint32_t value, struct x2apic_effect *effect)
{
	struct x2apic_ipi ipi = {
	    .mode = X2APIC_FIXED,
	    .shorthand = X2APIC_SELF,
	    .vector = (uint8_t)value,
	};

	if ((value & SELF_RESERVED) != 0)
		return (false);
	send(apic, &ipi, effect);
	return (true);
}

static bool
set_base(struct x2apic *apic, uint64_t value, struct x2apic_effect *effect)
{
	uint64_t changed = value ^ apic->base;

	if ((value & BASE_RESERVED) != 0 || value >> BASE_PHYSICAL != 0)
		return (false);
	/* The only way out of x2APIC mode is to disable the APIC. */
	if ((changed & (BASE_ENABLED | BASE_X2APIC)) != 0 &&
	    (value & (BASE_ENABLED | BASE_X2APIC)) != 0)
		return (false);
	if (changed != 0)
		effect->refused = "another IA32_APIC_BASE: the APIC stays "
				  "where it is, and on";
	return (true);
}

static bool
set_esr(struct x2apic *apic, uint32_t value)
{
	if (value != 0)
		return (false);
	apic->esr = apic->errors;
	apic->errors = 0;
	apic->error_told = false;
	return (true);
}

/* Write a register of 32 bits. */
static bool
write_register(struct x2apic *apic, uint32_t msr, uint32_t value, uint64_t now,
    struct x2apic_effect *effect)
{
	switch (msr) {
	case X2APIC_MSR_TPR:
		if ((value & TPR_RESERVED) != 0)
			return (false);
		apic->tpr = (uint8_t)value;
		return (true);
	case X2APIC_MSR_EOI:
		if (value != 0)
			return (false);
		eoi(apic);
		return (true);
	case X2APIC_MSR_SVR:
		if ((value & SVR_RESERVED) != 0)
			return (false);
		set_svr(apic, value);
		return (true);
	case X2APIC_MSR_ESR:
		return (set_esr(apic, value));
	case X2APIC_MSR_INITIAL:
		x2apic_timer_set_initial(apic, value, now);
		return (true);
	case X2APIC_MSR_DIVIDE:
		if ((value & DIVIDE_RESERVED) != 0)
			return (false);
		x2apic_timer_set_divide(apic, value, now);
		return (true);
	case X2APIC_MSR_SELF:
		return (set_self(apic, value, effect));
	default:
		break;
	}
	if (msr - X2APIC_MSR_LVT >= X2APIC_LVTS)
		return (false);
	return (set_lvt(apic, (enum x2apic_lvt)(msr - X2APIC_MSR_LVT), value));
}

bool
x2apic_write(struct x2apic *apic, uint32_t msr, uint64_t value, uint64_t now,
    struct x2apic_effect *effect)
{
	memset(effect, 0, sizeof(*effect));
	x2apic_advance(apic, now);
	switch (msr) {
	case X2APIC_MSR_BASE:
		return (set_base(apic, value, effect));
	case X2APIC_MSR_DEADLINE:
		x2apic_timer_set_deadline(apic, value, now);
		return (true);
	case X2APIC_MSR_ICR:
		return (set_icr(apic, value, effect));
	default:
		return (
		    value <= UINT32_MAX &&
		    write_register(apic, msr, (uint32_t)value, now, effect));
	}
}
