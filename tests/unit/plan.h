/* SPDX-License-Identifier: ISC */
/*
 * A fault plan, and interrupts sent through it: what the tests of fault.h share.
 */
#ifndef PLAN_H
#define PLAN_H

#include "fault/fault.h"
#include "unit.h"

#define PLAN_NCPUS 8
#define PLAN_SEED  42

extern struct fault_spec plan[2];
extern struct fault *fault;

/* What became of the last that was sent, and the fault it met, if one. */
extern struct fault_arrival arrivals[FAULT_ARRIVALS_MAX];
extern struct fault_hit hit;
extern bool injected;

/* Begin with a plan of one entry, or of two. */
void plan_begin(uint64_t seed, const char *first, const char *second);
void plan_end(void);

/* Send one; how many arrive. */
size_t plan_send_at(
    uint64_t now_us, uint32_t src, uint32_t dst, uint32_t vector);
size_t plan_send(uint32_t src, uint32_t dst, uint32_t vector);

/* Check the i-th arrival. */
bool plan_arrives(size_t i, uint32_t src, uint32_t dst, uint32_t vector);

#endif /* PLAN_H */
