/* SPDX-License-Identifier: ISC */
/*
 * The `schedule` event: what a model machine chose in an order, and where its
 * CPUs stood when the order failed.
 */
#ifndef VMM_EVENT_SCHEDULE_H
#define VMM_EVENT_SCHEDULE_H

#include <stdint.h>

#include <xcvm/abi.h>

#include "event/sink.h"
#include "image/symbol.h"

struct event_schedule {
	uint32_t cpu; /* that ran last */
	uint32_t ncpus;
	const struct xcvm_choice *choices;
	uint64_t nchoices;
	const struct xcvm_standing *cpus;
	uint64_t steps;
	uint64_t order;
	uint64_t diverged; /* 1 + the replayed choice that did not fit; or 0 */
	struct symbols *symbols;
};
void event_schedule(
    struct event_sink *sink, const struct event_schedule *schedule);

#endif /* VMM_EVENT_SCHEDULE_H */
