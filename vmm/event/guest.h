/* SPDX-License-Identifier: ISC */
/*
 * What the guest itself tells: console, check, metric, stall, panic.
 */
#ifndef VMM_EVENT_GUEST_H
#define VMM_EVENT_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xcvm/abi.h>

#include "event/sink.h"
#include "image/symbol.h"

/* ---- console: the guest printed; `text` may be part of a line ---- */
void event_console(
    struct event_sink *sink, uint32_t cpu, const char *text, size_t len);

/* ---- check: a check failed ---- */
struct event_check {
	uint32_t cpu;
	const char *file;
	uint64_t line;
	const char *expr;
	const char *message; /* "" if none */
};
void event_check(struct event_sink *sink, const struct event_check *check);

/* ---- metric: the guest reports a figure; unit "" for a count ---- */
void event_metric(struct event_sink *sink, uint32_t cpu, const char *name,
    uint64_t value, const char *unit);

/* ---- stall: a wait passed its limit, or ended after it had ---- */
struct event_stall {
	uint32_t cpu;
	uint32_t target; /* or XCVM_NO_CPU */
	const char *primitive;
	const char *thread;	/* the target's, as are ipl and pending */
	struct symbol function; /* of the call */
	uint64_t elapsed_ns;
	uint32_t ipl;
	uint32_t pending;
	bool resolved;
};
void event_stall(struct event_sink *sink, const struct event_stall *stall);

/* ---- panic: the guest panicked ---- */
struct event_panic {
	uint32_t cpu;
	const char *message;
	bool expected;		      /* the case declares this panic */
	const struct xcvm_regs *regs; /* NULL: no trap */
	const struct symbol *frames;  /* the panicking CPU's backtrace */
	size_t nframes;		      /* 0: no backtrace was taken */
};
void event_panic(struct event_sink *sink, const struct event_panic *panic);

#endif /* VMM_EVENT_GUEST_H */
