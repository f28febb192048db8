/* SPDX-License-Identifier: ISC */
/*
 * Everything a run tells.  One function per kind of event; each writes one
 * JSON object on one line to --events, whole or not at all, and tells a
 * person the same through the report.
 *
 * All functions but event_open() and event_close() may be called from any
 * thread, and from several processes that share one sink by fork().
 *
 * A write that fails is remembered: nothing more is written, a regular file
 * is cut back to its last whole line, and event_failed() says so.  Whoever
 * waits for a run to end polls it (or event_failure_fd()) and ends the run
 * as VERDICT_USAGE.
 */
#ifndef VMM_EVENT_EVENT_H
#define VMM_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>
#include <xcvm/abi.h>

#include "base/outcome.h"
#include "base/refusal.h"
#include "event/hostinfo.h"
#include "event/report.h"
#include "fault/fault.h"
#include "fault/plan.h"
#include "image/image.h"
#include "image/symbol.h"
#include "options/options.h"
#include "vm/stats.h"
#include "vm/trace.h"

struct diagnose;
struct event_sink;
struct snapshot;

/*
 * `path` is --events (NULL: no JSON at all); `report` is where a person
 * reads, and may be NULL.  The file is created or truncated here.  NULL with
 * `why` filled if it cannot be written.
 */
struct event_sink *event_open(
    const char *path, struct report *report, struct refusal *why);
void event_close(struct event_sink *sink);

/* Is there a reader of JSON?  If not, statistics need not be gathered. */
bool event_wanted(const struct event_sink *sink);

/*
 * Begin run `number` (from 1): sets what `run` and `t_us` count from.  Called
 * by main and each, never by the run itself.
 */
void event_begin(struct event_sink *sink, uint32_t number);

/* For --each: begin a run that started earlier, as event_clock_us() told. */
void event_resume(struct event_sink *sink, uint32_t number, uint64_t start_us);

/*
 * In a child of --each: tell another report from now on, and note in
 * `progress` how far the run has told of itself.
 */
#define EVENT_TOLD_RUN 1
#define EVENT_TOLD_END 2
void event_child(
    struct event_sink *sink, struct report *report, _Atomic int *progress);

/* The clock behind t_us, and t_us now. */
uint64_t event_clock_us(void);
uint64_t event_run_us(const struct event_sink *sink);

/* NULL, or "--events FILE: No space left on device: ...". */
const char *event_failed(struct event_sink *sink);

/* Becomes readable (poll) when a write fails; -1 if there is no JSON. */
int event_failure_fd(const struct event_sink *sink);

/*
 * Stop waiting for a reader that does not read: a write that blocks for more
 * than a moment fails; the report's too.  For Ctrl-C;
 * async-signal-safe.
 */
void event_abandon(struct event_sink *sink);

/* ---- run: the first of a run ---- */
void event_run(struct event_sink *sink, const struct options *options,
    const struct image *image, const struct image_case *c, uint64_t mem_size,
    const struct hostinfo *host);

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

/* ---- section: a measured section has ended ---- */
struct event_section {
	uint32_t cpu;
	const char *name;
	uint64_t operations;
	uint64_t elapsed_ns;
	const uint64_t *exits; /* of each vCPU to this program */
	uint32_t nvcpus;
	const struct stats *begin, *end; /* NULL: none */
};
void event_section(
    struct event_sink *sink, const struct event_section *section);

/* ---- histogram: what was measured of one phase ---- */
struct event_histogram {
	uint32_t cpu;
	uint32_t target; /* or XCVM_NO_CPU */
	const char *phase;
	uint64_t count, min, max;
	const uint32_t *counts; /* see <xcvm/abi.h> */
	uint32_t ncounts;
};
void event_histogram(
    struct event_sink *sink, const struct event_histogram *histogram);

/* ---- stall: a wait passed its limit, or ended after it had ---- */
struct event_stall {
	uint32_t cpu;
	uint32_t target;	/* or XCVM_NO_CPU: thread, ipl, pending are */
	const char *primitive;	/* of no CPU either */
	const char *thread;	/* what the target runs */
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
	bool expected;		      /* as the case declared it */
	const struct xcvm_regs *regs; /* NULL: it was no trap */
	const struct symbol *frames;  /* the panicking CPU's backtrace */
	size_t nframes;		      /* 0: not taken */
};
void event_panic(struct event_sink *sink, const struct event_panic *panic);

/* ---- vcpu: crash, hang, SIGQUIT ---- */
#define EVENT_NOT_STARTED "not started"
struct event_vcpu {
	uint32_t cpu;
	const char *why;   /* "crash", "hang", "sigquit" */
	const char *state; /* "running", "halted", EVENT_NOT_STARTED, ... */
	const char *error; /* NULL, or why the registers are missing */
	const struct kvm_regs *regs;   /* NULL: not readable */
	const struct kvm_sregs *sregs; /* NULL: not readable */
	const struct symbol *frames;   /* innermost first */
	size_t nframes;
	const struct trace *trace;	 /* NULL: not read */
	const struct snapshot *snapshot; /* APIC, and what its kernel keeps */
	bool expected; /* part of a hang that the case declares */
};
void event_vcpu(struct event_sink *sink, const struct event_vcpu *vcpu);

/* ---- fault: one was injected; `name` of its vector, NULL: it has none ---- */
void event_fault(
    struct event_sink *sink, const struct fault_hit *hit, const char *name);

/* ---- core: --core was written, or could not be ---- */
struct event_core {
	const char *path;
	const char *image;
	const char *error; /* NULL: it is there */
	uint64_t bytes;	   /* of the file */
	uint64_t stored;   /* of them no hole */
};
void event_core(struct event_sink *sink, const struct event_core *core);

/* ---- diagnosis: why the run hangs ---- */
struct event_diagnosis {
	const struct snapshot *snapshot;
	const struct diagnose *diagnose;
	bool expected; /* as the case declares it */
};
void event_diagnosis(
    struct event_sink *sink, const struct event_diagnosis *diagnosis);

/* ---- end: the last of a run ---- */
struct event_end {
	enum verdict verdict;
	const char *reason;    /* "" for a pass */
	const char *diagnosis; /* its verdict; NULL: it did not hang */
	uint64_t elapsed_us;   /* of the run */
	uint32_t insn_cycles;  /* TSC cycles a simple instruction; 0 unknown */
	uint64_t failed_checks;
	const struct fault_plan *faults;    /* NULL: not known */
	const struct fault_count *injected; /* for each; NULL: none */
	const struct stats *stats;	    /* NULL: none */
	int interrupted; /* signal: `code` is then 128 + it; or 0 */
};
/* From this many cycles per simple instruction on, it is emulated. */
#define EVENT_EMULATED_CYCLES 100
void event_end(struct event_sink *sink, const struct event_end *end);

/*
 * ---- summary: the last of --each ----
 * `run` is 0 and `t_us` counts from the start of the command.
 */
struct event_summary {
	unsigned count[VERDICT_COUNT];
	uint64_t faults; /* injected */
	uint64_t elapsed_us;
	int code;	 /* the exit code */
	int interrupted; /* signal that ended it early, or 0 */
};
void event_summary(
    struct event_sink *sink, const struct event_summary *summary);

#endif /* VMM_EVENT_EVENT_H */
