/* SPDX-License-Identifier: ISC */
/*
 * Finishes an entry of a fault plan: its keys go with its kind and with each
 * other, or it is refused.
 */
#include <inttypes.h>

#include "fault/key.h"
#include "fault/spec.h"

#define nitems(a)  (sizeof(a) / sizeof((a)[0]))

#define REORDER_US 1000
#define EVERY_US   1000

/* Do the keys go with the kind? */
static int
check_keys(const struct fault_spec *spec, struct refusal *why)
{
	uint32_t kind = 1U << spec->kind;
	char list[256];

	for (size_t i = 0; i < KEY_COUNT; i++) {
		bool given = (spec->given & 1U << i) != 0;

		if (given && (fault_keys[i].kinds & kind) == 0) {
			fault_kinds_list(
			    fault_keys[i].kinds, list, sizeof(list));
			return (refuse(why,
			    "%s: %s: is for %s, not for %s: leave it out",
			    spec->where, fault_keys[i].name, list,
			    fault_kinds[spec->kind]));
		}
		if (!given && (fault_keys[i].needed & kind) != 0)
			return (refuse(why,
			    "%s: %s: is missing, and %s needs it: add "
			    "%s=%s",
			    spec->where, fault_keys[i].name,
			    fault_kinds[spec->kind], fault_keys[i].name,
			    fault_keys[i].example));
	}
	return (0);
}

/* A spurious interrupt comes at points of time, or in a function. */
static int
check_spurious(const struct fault_spec *spec, struct refusal *why)
{
	static const enum key ticking[] = {KEY_EVERY, KEY_TO};
	static const enum key entering[] = {KEY_DST, KEY_WALK};
	bool enters = fault_spec_trigger(spec) == FAULT_AT_ENTRY;
	const enum key *wrong = enters ? ticking : entering;

	if (spec->vector == FAULT_VECTOR_NMI)
		return (refuse(why,
		    "%s: vector nmi: a spurious NMI is another kind: say "
		    "kind nmi, with every_us=%d",
		    spec->where, EVERY_US));
	for (size_t i = 0; i < nitems(ticking); i++)
		if ((spec->given & 1U << wrong[i]) != 0)
			return (refuse(why,
			    "%s: %s: a spurious interrupt %s: leave it out%s",
			    spec->where, fault_keys[wrong[i]].name,
			    enters ? "in a function comes to the CPU that is "
				     "in it"
				   : "without function comes at points of time",
			    wrong[i] == KEY_TO	  ? ", or say dst"
			    : wrong[i] == KEY_DST ? ", or say to"
			    : wrong[i] == KEY_WALK
				? ", or add function=cpu_xcall_dispatch"
				: ""));
	return (0);
}

/* Do they go with each other? */
static int
check_together(const struct fault_spec *spec, struct refusal *why)
{
	static const enum key drawn[] = {
	    KEY_PROBABILITY, KEY_INTERVAL, KEY_TIMES, KEY_SPACE};
	static const enum key sent[] = {KEY_VECTOR, KEY_SRC};

	for (size_t i = 0; i < nitems(drawn) && spec->nth != 0; i++)
		if ((spec->given & 1U << drawn[i]) != 0)
			return (refuse(why,
			    "%s: nth and %s exclude each other, as nth is one "
			    "event alone: leave one out",
			    spec->where, fault_keys[drawn[i]].name));
	for (size_t i = 0; i < nitems(sent); i++)
		if (spec->kind == FAULT_NMI && spec->every_us != 0 &&
		    (spec->given & 1U << sent[i]) != 0)
			return (refuse(why,
			    "%s: every_us and %s exclude each other: an NMI "
			    "every so often replaces no interrupt: leave one "
			    "out",
			    spec->where, fault_keys[sent[i]].name));
	if (spec->kind == FAULT_SPURIOUS && check_spurious(spec, why) == -1)
		return (-1);
	if (spec->kind == FAULT_NMI && spec->vector == FAULT_VECTOR_NMI)
		return (refuse(why,
		    "%s: vector nmi: in place of an NMI it changes nothing: "
		    "leave it out",
		    spec->where));
	if (spec->kind == FAULT_MISROUTE && spec->to == spec->dst &&
	    spec->to != FAULT_CPU_NONE)
		return (refuse(why,
		    "%s: to %" PRIu32 ": is where it goes anyway, as dst is "
		    "the same: say another CPU",
		    spec->where, spec->to));
	return (0);
}

int
fault_spec_finish(struct fault_spec *spec, struct refusal *why)
{
	char list[256];

	if ((spec->given & 1U << KEY_KIND) == 0) {
		fault_kinds_list(EVERY_KIND, list, sizeof(list));
		return (refuse(why,
		    "%s: kind: is missing: add kind=lost; the kinds are %s",
		    spec->where, list));
	}
	if (check_keys(spec, why) == -1 || check_together(spec, why) == -1)
		return (-1);
	if (spec->kind == FAULT_REORDER && spec->delay_us == 0)
		spec->delay_us = REORDER_US;
	if (spec->every_us == 0 && fault_spec_trigger(spec) != FAULT_AT_ENTRY &&
	    (spec->kind == FAULT_SPURIOUS || spec->kind == FAULT_STALL ||
		spec->kind == FAULT_SLOW))
		spec->every_us = EVERY_US;
	return (0);
}
