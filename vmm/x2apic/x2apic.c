/* SPDX-License-Identifier: ISC */
/*
 * The x2APIC model: which interrupt is pending, in service, and comes next.
 */
#include <string.h>

#include "x2apic/x2apic_private.h"

#define SVR_RESET    0xffU
#define CLASS	     0xf0U

#define BASE_ADDRESS 0xfee00000U
#define BASE_BSP     (1U << 8)
#define BASE_X2APIC  (1U << 10)
#define BASE_ENABLED (1U << 11)

static bool
set_has(const struct x2apic_set *set, unsigned int vector)
{
	return ((set->word[vector / 32] >> vector % 32 & 1) != 0);
}

static void
set_add(struct x2apic_set *set, unsigned int vector)
{
	set->word[vector / 32] |= 1U << vector % 32;
}

void
x2apic_set_remove(struct x2apic_set *set, unsigned int vector)
{
	set->word[vector / 32] &= ~(1U << vector % 32);
}

int
x2apic_set_highest(const struct x2apic_set *set)
{
	for (int i = 7; i >= 0; i--)
		if (set->word[i] != 0)
			return (i * 32 + 31 - __builtin_clz(set->word[i]));
	return (-1);
}

void
x2apic_reset(struct x2apic *apic, uint32_t id, bool bsp)
{
	memset(apic, 0, sizeof(*apic));
	apic->id = id;
	apic->base =
	    BASE_ADDRESS | BASE_ENABLED | BASE_X2APIC | (bsp ? BASE_BSP : 0);
	apic->svr = SVR_RESET;
	for (unsigned int i = 0; i < X2APIC_LVTS; i++)
		apic->lvt[i] = LVT_MASKED;
	apic->due = X2APIC_NEVER;
}

uint8_t
x2apic_cr8(const struct x2apic *apic)
{
	return (apic->tpr >> 4);
}

void
x2apic_set_cr8(struct x2apic *apic, uint8_t cr8)
{
	apic->tpr = (uint8_t)(cr8 << 4);
}

uint8_t
x2apic_ppr(const struct x2apic *apic)
{
	int highest = x2apic_set_highest(&apic->isr);
	uint8_t service = highest == -1 ? 0 : (uint8_t)(highest & CLASS);

	return ((apic->tpr & CLASS) >= service ? apic->tpr : service);
}

int
x2apic_pending(const struct x2apic *apic)
{
	return (x2apic_set_highest(&apic->irr));
}

int
x2apic_deliverable(const struct x2apic *apic)
{
	int vector = x2apic_pending(apic);

	return (vector != -1 && (vector & CLASS) > (x2apic_ppr(apic) & CLASS)
		    ? vector
		    : -1);
}

void
x2apic_take(struct x2apic *apic, int vector)
{
	x2apic_set_remove(&apic->irr, (unsigned int)vector);
	set_add(&apic->isr, (unsigned int)vector);
}

void
x2apic_error(struct x2apic *apic, uint32_t error)
{
	uint32_t lvt = apic->lvt[X2APIC_LVT_ERROR];

	apic->errors |= error;
	if (apic->error_told || (lvt & LVT_MASKED) != 0)
		return;
	apic->error_told = true;
	x2apic_lvt_fire(apic, X2APIC_LVT_ERROR);
}

/*
 * Make a fixed interrupt pending, whether or not the SVR has the APIC switched
 * on.
 */
static enum x2apic_accepted
request(struct x2apic *apic, uint8_t vector, bool level)
{
	if (vector < X2APIC_VECTOR_MIN) {
		x2apic_error(apic, ERROR_RECEIVED_ILL);
		return (X2APIC_ILLEGAL);
	}
	if (level)
		set_add(&apic->tmr, vector);
	else
		x2apic_set_remove(&apic->tmr, vector);
	if (set_has(&apic->irr, vector))
		return (X2APIC_MERGED);
	set_add(&apic->irr, vector);
	return (X2APIC_ACCEPTED);
}

void
x2apic_lvt_fire(struct x2apic *apic, enum x2apic_lvt entry)
{
	if ((apic->lvt[entry] & LVT_MASKED) == 0)
		request(apic, apic->lvt[entry] & LVT_VECTOR, false);
}

enum x2apic_accepted
x2apic_accept(struct x2apic *apic, uint8_t vector, bool level)
{
	if ((apic->svr & SVR_ENABLED) == 0)
		return (X2APIC_DISABLED);
	return (request(apic, vector, level));
}
