/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the x2APIC model share.
 */
#ifndef VMM_X2APIC_X2APIC_PRIVATE_H
#define VMM_X2APIC_X2APIC_PRIVATE_H

#include "x2apic/x2apic.h"

#define LVT_VECTOR	   0xffU
#define LVT_MASKED	   (1U << 16)
#define LVT_MODE	   (3U << 17) /* the timer's */
#define LVT_ONE_SHOT	   (0U << 17)
#define LVT_PERIODIC	   (1U << 17)
#define LVT_DEADLINE	   (2U << 17)

#define SVR_ENABLED	   (1U << 8)

#define ERROR_SENT_ILL	   (1U << 5) /* an illegal vector was sent */
#define ERROR_RECEIVED_ILL (1U << 6)

/* Note an error, and raise the error interrupt unless the LVT masks it. */
void x2apic_error(struct x2apic *apic, uint32_t error);

/* Raise the interrupt of an LVT entry, unless it is masked. */
void x2apic_lvt_fire(struct x2apic *apic, enum x2apic_lvt entry);

/* --- the timer (timer.c) --- */

/* Write the timer's LVT entry: a change of mode disarms the timer. */
void x2apic_timer_mode(struct x2apic *apic, uint32_t lvt);

uint32_t x2apic_timer_current(const struct x2apic *apic, uint64_t now);
void x2apic_timer_set_initial(
    struct x2apic *apic, uint32_t initial, uint64_t now);
void x2apic_timer_set_divide(
    struct x2apic *apic, uint32_t divide, uint64_t now);
uint64_t x2apic_timer_deadline(const struct x2apic *apic);
void x2apic_timer_set_deadline(
    struct x2apic *apic, uint64_t deadline, uint64_t now);

#endif /* VMM_X2APIC_X2APIC_PRIVATE_H */
