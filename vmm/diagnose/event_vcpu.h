/* SPDX-License-Identifier: ISC */
/*
 * The `vcpu` event: a vCPU at a crash, in a hang, at SIGQUIT.
 */
#ifndef VMM_DIAGNOSE_EVENT_VCPU_H
#define VMM_DIAGNOSE_EVENT_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/sink.h"
#include "look/snapshot.h"

struct event_vcpu {
	const struct snapshot *snapshot;
	uint32_t cpu;
	const char *why;	     /* "crash", "hang", "sigquit" */
	const struct symbol *frames; /* innermost first */
	size_t nframes;
	bool expected; /* part of a hang that the case declares */
};
void event_vcpu(struct event_sink *sink, const struct event_vcpu *vcpu);

#endif /* VMM_DIAGNOSE_EVENT_VCPU_H */
