/* SPDX-License-Identifier: ISC */
/*
 * A fault as a person reads it.
 */
#include <inttypes.h>

#include "event/report_text.h"

static void
duration(FILE *out, const char *before, uint64_t us)
{

	fputs(before, out);
	text_duration(out, us, 0);
}

/* The interrupt, and between which CPUs. */
static void
interrupt(FILE *out, const struct fault_hit *hit, const char *name)
{

	if (hit->vector == FAULT_VECTOR_NMI)
		fputs("NMI", out);
	else if (name != NULL)
		fprintf(out, "%s", name);
	else
		fprintf(out, "vector %" PRIu32, hit->vector);
	if (hit->src != FAULT_CPU_NONE)
		fprintf(out, " from cpu%" PRIu32, hit->src);
	fprintf(out, " to cpu%" PRIu32, hit->dst);
}

void
text_fault(FILE *out, const struct fault_hit *hit, const char *name)
{
	const struct fault_spec *spec = hit->spec;

	fprintf(out, "[fault] %s: ", fault_kind_name(spec->kind));
	if (hit->vector == FAULT_VECTOR_NONE)
		fprintf(out, "cpu%" PRIu32, hit->dst);
	else
		interrupt(out, hit, name);
	switch (spec->kind) {
	case FAULT_DUP:
		if (spec->delay_us != 0)
			duration(out, ", again after ", spec->delay_us);
		break;
	case FAULT_DELAY:
		duration(out, ", by ", spec->delay_us);
		break;
	case FAULT_MISROUTE:
		fprintf(out, ", goes to cpu%" PRIu32, hit->to);
		break;
	case FAULT_NMI:
		if (hit->src != FAULT_CPU_NONE)
			fputs(", arrives as an NMI", out);
		break;
	case FAULT_STALL:
		duration(out, ", for ", spec->stall_us);
		break;
	case FAULT_SLOW:
		fprintf(out, ", runs %" PRIu32 " %% of ", spec->duty);
		duration(out, "", spec->every_us);
		break;
	case FAULT_PREEMPT:
		fprintf(out, " at %s", spec->function);
		duration(out, ", for ", spec->for_us);
		break;
	case FAULT_LOST:
	case FAULT_REORDER:
	case FAULT_SPURIOUS:
		break;
	}
	putc('\n', out);
}
