/* SPDX-License-Identifier: ISC */
/*
 * --each: every chosen case in a child process of its own, a summary last.
 */
#ifndef VMM_RUN_EACH_H
#define VMM_RUN_EACH_H

#include "event/report.h"
#include "event/sink.h"
#include "image/image.h"
#include "options/options.h"

/*
 * Run all chosen cases, tell the sink and whoever reads `config->out`, and
 * return the exit code.  No other thread may exist yet.  No child outlives the
 * call, also when a signal ends it; the code is then 128 + the signal.
 */
int each_run(const struct options *options, const struct image *image,
    struct event_sink *sink, const struct report_config *config);

#endif /* VMM_RUN_EACH_H */
