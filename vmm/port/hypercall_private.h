/* SPDX-License-Identifier: ISC */
/*
 * What the files that decode requests share.
 */
#ifndef VMM_PORT_HYPERCALL_PRIVATE_H
#define VMM_PORT_HYPERCALL_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include <xcvm/abi.h>

struct vcpu;
struct vm;

/* The request being dealt with. */
struct call {
	struct vcpu *vcpu;
	struct vm *vm;
	const char *name;
	struct xcvm_req req; /* the copy */
	char strings[3][XCVM_STRING_MAX];
};

enum answer {
	ANSWER_GO_ON,
	ANSWER_STOP, /* the vCPU never runs again */
	ANSWER_BAD   /* the ending says what was wrong */
};

/* End the run: a field is not as it must be. */
enum answer call_bad(struct call *call, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Copy a string into strings[slot]; false after call_bad(). */
bool call_string(struct call *call, const char *field, uint64_t gpa, int slot);

/* hypercall_bench.c: the requests of a measurement. */
enum answer call_section(struct call *call);
enum answer call_histogram(struct call *call);

#endif /* VMM_PORT_HYPERCALL_PRIVATE_H */
