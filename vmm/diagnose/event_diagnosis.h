/* SPDX-License-Identifier: ISC */
/*
 * The `diagnosis` event: why a run hangs.
 */
#ifndef VMM_DIAGNOSE_EVENT_DIAGNOSIS_H
#define VMM_DIAGNOSE_EVENT_DIAGNOSIS_H

#include <stdbool.h>

#include "diagnose/diagnose.h"
#include "event/sink.h"

struct event_diagnosis {
	const struct snapshot *snapshot;
	const struct diagnose *diagnose;
	bool expected; /* the case declares this verdict */
};
void event_diagnosis(
    struct event_sink *sink, const struct event_diagnosis *diagnosis);

#endif /* VMM_DIAGNOSE_EVENT_DIAGNOSIS_H */
