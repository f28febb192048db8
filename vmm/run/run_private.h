/* SPDX-License-Identifier: ISC */
/*
 * What run.c and conduct.c share.
 */
#ifndef VMM_RUN_RUN_PRIVATE_H
#define VMM_RUN_RUN_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "apic/probe.h"
#include "event/sink.h"
#include "fault/fault.h"
#include "fault/plan.h"
#include "inject/inject.h"
#include "port/port.h"
#include "run/run.h"
#include "vm/boot.h"

struct stats;
struct symbols;

struct run {
	const struct options *options;
	const struct image *image;
	const struct image_case *test;
	struct event_sink *sink;
	struct run_result *result;
	struct boot_layout layout;
	struct symbols *symbols;
	enum options_apic apic; /* the VM's: kernel or user */
	struct fault_plan plan;
	struct fault_count *injected; /* by entry of `plan`; or NULL */
	struct stats *stats;
	struct port *port;
	struct inject *inject; /* NULL: no fault plan */
	struct apic_host apic_host;
	bool probed; /* apic_host is filled */
	int wake_fd;
	uint64_t start_us;
	bool decided;
};

/* Set the verdict of the run, the reason, and how long the run took. */
void run_decide(struct run *run, enum verdict verdict, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Set the verdict of a run that a signal has ended. */
void run_decide_interrupt(struct run *run, int sig);

/* Wait for the end of a run on a started VM, and set the verdict. */
void run_conduct(struct run *run, struct vm *vm);

#endif /* VMM_RUN_RUN_PRIVATE_H */
