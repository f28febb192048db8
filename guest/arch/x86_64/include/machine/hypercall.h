/* SPDX-License-Identifier: ISC */
/* Requests to the VMM, one function each; see <xcvm/abi.h>. */
#ifndef MACHINE_HYPERCALL_H
#define MACHINE_HYPERCALL_H

#include <sys/types.h>
#include <xcvm/abi.h>

/* What the VMM told at entry. */
extern const struct xcvm_boot *boot;

/*
 * All: any context, any IPL; interrupts are off while the request is out.
 * Strings must stay put until the function returns.
 */
void hypercall_console(const char *text, size_t len);
void hypercall_check(
    const char *file, u_int line, const char *expr, const char *message);
void hypercall_metric(const char *name, const char *unit, uint64_t value);

/* What follows is measured, or no longer; see <xcvm/abi.h>. */
void hypercall_section_begin(const char *name);
void hypercall_section_end(const char *name, uint64_t operations);

/* Hand over a phase; cpu and target as in <xcvm/abi.h>. */
struct hypercall_histogram {
	const char *phase;
	const uint32_t *counts;
	u_int ncounts;
	uint64_t count, min, max;
	u_int cpu, target;
};
void hypercall_histogram(const struct hypercall_histogram *);

void hypercall_start_cpus(u_int first, u_int count);
void hypercall_panic(const char *message, const struct xcvm_regs *) __dead;
void hypercall_done(enum xcvm_verdict, const char *reason) __dead;

/*
 * Report a wait that passed its limit, or ended after it had; target NULL: it
 * is for a CPU that nobody knows.
 */
void hypercall_stall(const char *primitive, const struct cpu_info *target,
    const void *function, uint64_t elapsed_ns, bool resolved);

#endif /* MACHINE_HYPERCALL_H */
