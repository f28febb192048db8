/* SPDX-License-Identifier: ISC */
/* Time from the TSC, which runs at one rate on all CPUs of a VM. */
#ifndef MACHINE_CLOCK_H
#define MACHINE_CLOCK_H

#include <sys/types.h>
#include <machine/cpu.h>

void clock_init(uint64_t tsc_khz);

uint64_t tsc_to_ns(uint64_t);
uint64_t ns_to_tsc(uint64_t); /* INFSLP stays out of reach */

/* Nanoseconds since the VM was created. */
uint64_t nsecuptime(void);

/*
 * TSC cycles one simple instruction takes here, measured; a large figure
 * means that the hypervisor emulates kernel code.
 */
u_int clock_insn_cycles(void);

#endif /* MACHINE_CLOCK_H */
