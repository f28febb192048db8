/* SPDX-License-Identifier: ISC */
/*
 * What holds for a local APIC, whoever models it.
 */
#include "vm/apic.h"

#define CLASS_SHIFT 4

bool
apic_bit(const uint32_t bits[APIC_VECTORS / 32], uint32_t vector)
{
	return ((bits[vector / 32] >> vector % 32 & 1) != 0);
}

int
apic_highest(const uint32_t bits[APIC_VECTORS / 32])
{
	for (int vector = APIC_VECTORS - 1; vector >= 0; vector--)
		if (apic_bit(bits, (uint32_t)vector))
			return (vector);
	return (-1);
}

uint32_t
apic_held_class(const struct apic_state *state)
{
	int service = apic_highest(state->isr);
	uint32_t class = state->tpr >> CLASS_SHIFT;

	if (service >= 0 && (uint32_t)service >> CLASS_SHIFT > class)
		class = (uint32_t)service >> CLASS_SHIFT;
	return (class);
}

int
apic_deliverable(const struct apic_state *state)
{
	int vector = apic_highest(state->irr);

	return (vector >= 0 &&
			(uint32_t)vector >> CLASS_SHIFT > apic_held_class(state)
		    ? vector
		    : -1);
}
