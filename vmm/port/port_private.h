/* SPDX-License-Identifier: ISC */
/*
 * What the files that decode requests share.
 */
#ifndef VMM_PORT_PORT_PRIVATE_H
#define VMM_PORT_PORT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include <xcvm/abi.h>

#include "port/port.h"
#include "port/section.h"

/* `section` and `failed_checks` are under vm->report_lock. */
struct port {
	struct vm *vm;
	struct event_sink *sink;
	struct section *section;
	uint64_t failed_checks;
};

/* The request being dealt with. */
struct call {
	struct port *port;
	struct vcpu *vcpu;
	uint32_t cpu; /* whose request it is */
	const char *name;
	struct xcvm_req req; /* copied from guest memory */
	char strings[3][XCVM_STRING_MAX];
};

/* What becomes of the vCPU that has made a request. */
enum call_end {
	CALL_GO_ON,
	CALL_STOP, /* it never runs again */
	CALL_BAD   /* it never runs again; the ending says why */
};

/* End the run as a crash: a field of the request is not as it must be. */
enum call_end call_bad(struct call *call, const char *field, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Copy the string at `gpa` into strings[slot]; false after call_bad(). */
bool call_string(struct call *call, const char *field, uint64_t gpa, int slot);

/* measure.c: the requests of a measurement. */
enum call_end call_section(struct call *call);
enum call_end call_histogram(struct call *call);

/* schedule.c: what a model machine chose. */
enum call_end call_schedule(struct call *call);

#endif /* VMM_PORT_PORT_PRIVATE_H */
