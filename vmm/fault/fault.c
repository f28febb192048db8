/* SPDX-License-Identifier: ISC */
/*
 * A fault plan at work: which eligible event gets which fault.
 */
#include <stdlib.h>
#include <string.h>

#include "fault/fault.h"

/* What is drawn for an event: numbers that must not depend on each other. */
enum draw { DRAW_CHANCE, DRAW_CPU };

struct entry {
	struct fault_count count;
	uint64_t past_space; /* eligible events after `space` of them */
};

/* An interrupt held back until another goes ahead to the same CPU. */
struct held {
	uint64_t ticket; /* 0: none */
	struct ipi ipi;
};

struct fault {
	const struct fault_spec *specs;
	size_t nspecs;
	uint32_t ncpus;
	uint64_t seed;
	struct entry *entries;
	struct held *held; /* by CPU */
	uint64_t tickets;  /* given out */
};

struct fault *
fault_open(const struct fault_spec *specs, size_t nspecs, uint32_t ncpus,
    uint64_t seed)
{
	struct fault *fault = calloc(1, sizeof(*fault));

	if (fault == NULL)
		return (NULL);
	fault->specs = specs;
	fault->nspecs = nspecs;
	fault->ncpus = ncpus;
	fault->seed = seed;
	fault->entries = calloc(nspecs + 1, sizeof(*fault->entries));
	fault->held = calloc(ncpus, sizeof(*fault->held));
	if (fault->entries == NULL || fault->held == NULL) {
		fault_close(fault);
		return (NULL);
	}
	return (fault);
}

void
fault_close(struct fault *fault)
{
	if (fault == NULL)
		return;
	free(fault->entries);
	free(fault->held);
	free(fault);
}

/* The finalizer of SplitMix64: every bit of the result hangs on all of x. */
static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return (x ^ x >> 31);
}

/* A number below `limit`, for the nth eligible event of an entry. */
static uint32_t
draw(const struct fault *fault, size_t entry, uint64_t nth, enum draw what,
    uint32_t limit)
{
	uint64_t x = fault->seed;

	x = mix(x + 0x9e3779b97f4a7c15ULL * (entry + 1));
	x = mix(x + 0x9e3779b97f4a7c15ULL * (nth + 1));
	x = mix(x + 0x9e3779b97f4a7c15ULL * (what + 1U));
	return ((uint32_t)(((x >> 32) * limit) >> 32));
}

/* An eligible event, in the order in which Linux's should_fail() asks. */
static bool
takes(struct fault *fault, size_t i)
{
	const struct fault_spec *spec = &fault->specs[i];
	struct entry *entry = &fault->entries[i];
	uint64_t nth = ++entry->count.eligible;

	if (spec->nth != 0)
		return (nth == spec->nth);
	if (spec->times != FAULT_TIMES_ALL &&
	    entry->count.injected >= (uint64_t)spec->times)
		return (false);
	if (nth <= spec->space)
		return (false);
	entry->past_space++;
	if (entry->past_space % spec->interval != 0)
		return (false);
	return (draw(fault, i, nth, DRAW_CHANCE, 100) < spec->probability);
}

static void
inject(
    struct fault *fault, size_t i, const struct ipi *ipi, struct fault_hit *hit)
{
	fault->entries[i].count.injected++;
	hit->entry = i;
	hit->spec = &fault->specs[i];
	hit->nth = fault->entries[i].count.eligible;
	hit->src = ipi->src;
	hit->dst = ipi->dst;
	hit->vector = ipi->vector;
	hit->to = FAULT_CPU_NONE;
	hit->after = 0;
}

static bool
eligible(
    const struct fault *fault, size_t i, uint64_t now_us, const struct ipi *ipi)
{
	const struct fault_spec *spec = &fault->specs[i];

	return (
	    fault_spec_trigger(spec) == FAULT_AT_DELIVERY &&
	    now_us >= spec->after_us &&
	    (spec->src == FAULT_CPU_NONE || spec->src == ipi->src) &&
	    (spec->dst == FAULT_CPU_NONE || spec->dst == ipi->dst) &&
	    (spec->vector == FAULT_VECTOR_NONE ? ipi->vector != FAULT_VECTOR_NMI
					       : spec->vector == ipi->vector) &&
	    (spec->kind != FAULT_MISROUTE || fault->ncpus > 1));
}

/* A CPU other than the destination; there are two at least. */
static uint32_t
another(const struct fault *fault, const struct fault_hit *hit)
{
	uint32_t cpu =
	    draw(fault, hit->entry, hit->nth, DRAW_CPU, fault->ncpus - 1);

	return (cpu < hit->dst ? cpu : cpu + 1);
}

/* What becomes of an interrupt that meets a fault: 0 to 2 arrivals. */
static size_t
afflict(struct fault *fault, struct fault_hit *hit,
    struct fault_arrival arrivals[FAULT_ARRIVALS_MAX])
{
	const struct fault_spec *spec = hit->spec;

	switch (spec->kind) {
	case FAULT_LOST:
		return (0);
	case FAULT_DUP:
		arrivals[1] = arrivals[0];
		arrivals[1].delay_us = spec->delay_us;
		return (2);
	case FAULT_DELAY:
		arrivals[0].delay_us = spec->delay_us;
		return (1);
	case FAULT_REORDER:
		/* Of two in a row, the second goes ahead of the first. */
		if (fault->held[hit->dst].ticket != 0)
			return (1);
		arrivals[0].delay_us = spec->delay_us;
		arrivals[0].ticket = ++fault->tickets;
		fault->held[hit->dst].ticket = arrivals[0].ticket;
		fault->held[hit->dst].ipi = arrivals[0].ipi;
		return (1);
	case FAULT_MISROUTE:
		hit->to =
		    spec->to != FAULT_CPU_NONE ? spec->to : another(fault, hit);
		arrivals[0].ipi.dst = hit->to;
		return (1);
	case FAULT_NMI:
		arrivals[0].ipi.vector = FAULT_VECTOR_NMI;
		return (1);
	case FAULT_SPURIOUS:
	case FAULT_STALL:
	case FAULT_SLOW:
	case FAULT_PREEMPT:
		break; /* never eligible at a delivery */
	}
	return (1);
}

size_t
fault_delivery(struct fault *fault, uint64_t now_us, const struct ipi *sent,
    struct fault_arrival arrivals[FAULT_ARRIVALS_MAX], struct fault_hit *hit,
    bool *injected)
{
	struct held *held;
	size_t n = 1;

	*injected = false;
	arrivals[0] = (struct fault_arrival){.ipi = *sent};
	for (size_t i = 0; i < fault->nspecs; i++) {
		if (!eligible(fault, i, now_us, sent) || !takes(fault, i) ||
		    *injected)
			continue;
		inject(fault, i, sent, hit);
		*injected = true;
	}
	if (*injected)
		n = afflict(fault, hit, arrivals);
	if (n == 0 || arrivals[0].delay_us != 0)
		return (n);
	held = &fault->held[arrivals[0].ipi.dst];
	if (held->ticket != 0) {
		arrivals[n++] = (struct fault_arrival){.ipi = held->ipi};
		held->ticket = 0;
	}
	return (n);
}

bool
fault_release(struct fault *fault, uint64_t ticket, struct ipi *ipi)
{
	for (uint32_t cpu = 0; cpu < fault->ncpus; cpu++) {
		struct held *held = &fault->held[cpu];

		if (held->ticket != ticket)
			continue;
		*ipi = held->ipi;
		held->ticket = 0;
		return (true);
	}
	return (false);
}

/* The CPU that a tick befalls; that of a slow CPU is drawn once for all. */
static uint32_t
victim(const struct fault *fault, size_t i, uint64_t nth)
{
	const struct fault_spec *spec = &fault->specs[i];
	uint32_t given = spec->kind == FAULT_SPURIOUS ? spec->to : spec->dst;

	if (given != FAULT_CPU_NONE)
		return (given);
	return (draw(fault, i, spec->kind == FAULT_SLOW ? 0 : nth, DRAW_CPU,
	    fault->ncpus));
}

bool
fault_tick(struct fault *fault, size_t i, struct fault_hit *hit)
{
	const struct fault_spec *spec = &fault->specs[i];
	struct ipi ipi = {.src = FAULT_CPU_NONE};

	if (!takes(fault, i))
		return (false);
	ipi.dst = victim(fault, i, fault->entries[i].count.eligible);
	if (spec->kind == FAULT_SPURIOUS)
		ipi.vector = spec->vector;
	else if (spec->kind == FAULT_NMI)
		ipi.vector = FAULT_VECTOR_NMI;
	inject(fault, i, &ipi, hit);
	return (true);
}

bool
fault_entered(struct fault *fault, uint64_t now_us, const char *function,
    uint32_t offset, uint32_t cpu, struct fault_hit *hit)
{
	struct ipi ipi = {.src = FAULT_CPU_NONE, .dst = cpu};
	bool injected = false;

	for (size_t i = 0; i < fault->nspecs; i++) {
		const struct fault_spec *spec = &fault->specs[i];

		if (fault_spec_trigger(spec) != FAULT_AT_ENTRY ||
		    now_us < spec->after_us ||
		    (spec->dst != FAULT_CPU_NONE && spec->dst != cpu) ||
		    strcmp(spec->function, function) != 0 ||
		    spec->offset != offset || !takes(fault, i) || injected)
			continue;
		ipi.vector = spec->kind == FAULT_SPURIOUS ? spec->vector
							  : FAULT_VECTOR_NONE;
		inject(fault, i, &ipi, hit);
		if (spec->walk != 0)
			hit->after =
			    (fault->entries[i].count.injected - 1) % spec->walk;
		injected = true;
	}
	return (injected);
}

bool
fault_spent(const struct fault *fault, size_t i)
{
	const struct fault_spec *spec = &fault->specs[i];
	struct fault_count count = fault->entries[i].count;

	if (spec->nth != 0)
		return (count.eligible >= spec->nth);
	return (spec->probability == 0 ||
		(spec->times != FAULT_TIMES_ALL &&
		    count.injected >= (uint64_t)spec->times));
}

bool
fault_holds(const struct fault *fault)
{
	for (uint32_t cpu = 0; cpu < fault->ncpus; cpu++)
		if (fault->held[cpu].ticket != 0)
			return (true);
	return (false);
}

struct fault_count
fault_count(const struct fault *fault, size_t i)
{
	return (fault->entries[i].count);
}
