/* SPDX-License-Identifier: ISC */
/*
 * Which APICs a message of the x2APIC model is for.
 */
#include "x2apic/x2apic_private.h"

/* A cluster is 16 APICs; each is one bit of the lower half. */
#define CLUSTER_SHIFT	16
#define CLUSTER_MEMBERS 0xffffU

uint32_t
x2apic_ldr(uint32_t id)
{
	return (id >> 4 << CLUSTER_SHIFT | 1U << (id & 15));
}

static bool
reaches_logical(uint32_t dest, uint32_t id)
{
	uint32_t ldr = x2apic_ldr(id);

	return (dest >> CLUSTER_SHIFT == ldr >> CLUSTER_SHIFT &&
		(dest & ldr & CLUSTER_MEMBERS) != 0);
}

bool
x2apic_reaches(const struct x2apic_ipi *ipi, uint32_t sender_id, uint32_t id)
{
	switch (ipi->shorthand) {
	case X2APIC_SELF:
		return (id == sender_id);
	case X2APIC_ALL_AND_SELF:
		return (true);
	case X2APIC_ALL_BUT_SELF:
		return (id != sender_id);
	default:
		break;
	}
	if (ipi->dest == X2APIC_ALL)
		return (true);
	return (
	    ipi->logical ? reaches_logical(ipi->dest, id) : ipi->dest == id);
}

uint32_t
x2apic_bid(const struct x2apic *apic)
{
	return ((apic->svr & SVR_ENABLED) != 0 ? apic->tpr : X2APIC_NO_BID);
}
