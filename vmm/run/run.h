/* SPDX-License-Identifier: ISC */
/*
 * One run, from options to a verdict.
 */
#ifndef VMM_RUN_RUN_H
#define VMM_RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/outcome.h"
#include "event/sink.h"
#include "image/image.h"
#include "options/options.h"

struct run_result {
	enum verdict verdict;
	int code;		/* exit code; 128 + signal if interrupted */
	int interrupted;	/* the signal that ended the run, or 0 */
	uint64_t elapsed_us;	/* wall clock, from start to verdict */
	uint64_t failed_checks; /* as many as the guest reported */
	uint64_t faults;	/* injected */
	uint32_t insn_cycles;	/* as the guest measured; 0: unknown */
	char reason[FAILURE_TEXT_MAX]; /* one sentence; "" for a pass */
	const char *diagnosis;	       /* a hang's verdict; or NULL */
};

/*
 * Boot a fresh VM, run one case in it and take everything down again: no
 * thread, descriptor or mapping is left.  All of the run's events are told,
 * from `run` to `end`, whatever happens; the caller has called event_begin()
 * or event_resume().  A case that image_case_fits() refuses is a skip.
 *
 * The caller has no other thread.  SIGINT, SIGTERM and SIGHUP end the run,
 * SIGQUIT dumps every vCPU and lets the run go on; after the run the signals
 * are the caller's again.  An interrupted run has the verdict fail and the
 * reason "interrupted by SIGINT".
 */
void run_case(const struct options *options, const struct image *image,
    const struct image_case *test, struct event_sink *sink,
    struct run_result *result);

#endif /* VMM_RUN_RUN_H */
