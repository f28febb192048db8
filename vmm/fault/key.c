/* SPDX-License-Identifier: ISC */
/*
 * The keys and kinds of a fault plan: what each is called, takes and goes with.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fault/key.h"

#define KIND(kind) (1U << FAULT_##kind)
#define ON_THEIR_WAY                                            \
	(KIND(LOST) | KIND(DUP) | KIND(DELAY) | KIND(REORDER) | \
	    KIND(MISROUTE) | KIND(NMI))
#define ENTERING (KIND(PREEMPT) | KIND(SPURIOUS))
#define TICKING	 (KIND(NMI) | KIND(SPURIOUS) | KIND(STALL) | KIND(SLOW))

const char *const fault_kinds[FAULT_KINDS] = {
    [FAULT_LOST] = "lost",
    [FAULT_DUP] = "dup",
    [FAULT_DELAY] = "delay",
    [FAULT_REORDER] = "reorder",
    [FAULT_MISROUTE] = "misroute",
    [FAULT_NMI] = "nmi",
    [FAULT_SPURIOUS] = "spurious",
    [FAULT_STALL] = "stall",
    [FAULT_SLOW] = "slow",
    [FAULT_PREEMPT] = "preempt",
};

const struct key_info fault_keys[KEY_COUNT] = {
#define NUMBER(member)                       \
	offsetof(struct fault_spec, member), \
	    sizeof(((struct fault_spec *)0)->member)
#define CPU_MAX 4094
    [KEY_KIND] = {"kind", EVERY_KIND, EVERY_KIND, "lost", 0, 0, 0, 0},
    [KEY_VECTOR] = {"vector", ON_THEIR_WAY | KIND(SPURIOUS), KIND(SPURIOUS),
	"xcall", 0, 0, 0, 0},
    [KEY_SRC] = {"src", ON_THEIR_WAY, 0, "0", NUMBER(src), 0, CPU_MAX},
    [KEY_DST] = {"dst", EVERY_KIND, 0, "1", NUMBER(dst), 0, CPU_MAX},
    [KEY_FUNCTION] = {"function", ENTERING, KIND(PREEMPT), "cpu_xcall_dispatch",
	0, 0, 0, 0},
    [KEY_WALK] = {"walk", ENTERING, 0, "64", NUMBER(walk), 1, FAULT_WALK_MAX},
    [KEY_TO] = {"to", KIND(MISROUTE) | KIND(SPURIOUS), 0, "1", NUMBER(to), 0,
	CPU_MAX},
    [KEY_DELAY] = {"delay_us", KIND(DUP) | KIND(DELAY) | KIND(REORDER),
	KIND(DELAY), "500", NUMBER(delay_us), 1, FAULT_TIME_MAX_US},
    [KEY_STALL] = {"stall_us", KIND(STALL), KIND(STALL), "10000",
	NUMBER(stall_us), 1, FAULT_TIME_MAX_US},
    [KEY_FOR] = {"for_us", KIND(PREEMPT), KIND(PREEMPT), "10000",
	NUMBER(for_us), 1, FAULT_TIME_MAX_US},
    [KEY_DUTY] = {"duty", KIND(SLOW), KIND(SLOW), "50", NUMBER(duty), 1, 99},
    [KEY_EVERY] = {"every_us", TICKING, 0, "1000", NUMBER(every_us),
	FAULT_TICK_MIN_US, FAULT_TIME_MAX_US},
    [KEY_AFTER] = {"after", EVERY_KIND, 0, "20000", NUMBER(after_us), 0,
	FAULT_TIME_MAX_US},
    [KEY_NTH] = {"nth", EVERY_KIND, 0, "1", NUMBER(nth), 1, INT64_MAX},
    [KEY_PROBABILITY] = {"probability", EVERY_KIND, 0, "10",
	NUMBER(probability), 0, 100},
    [KEY_INTERVAL] = {"interval", EVERY_KIND, 0, "10", NUMBER(interval), 1,
	INT64_MAX},
    [KEY_TIMES] = {"times", EVERY_KIND, 0, "1", NUMBER(times), 0, INT64_MAX},
    [KEY_SPACE] = {"space", EVERY_KIND, 0, "10", NUMBER(space), 0, INT64_MAX},
};

const char *
fault_kind_name(enum fault_kind kind)
{
	return (fault_kinds[kind]);
}

/* ", or " before the last of several. */
static const char *
separator(size_t i, size_t count)
{
	return (i == 0 ? "" : i + 1 < count ? ", " : " or ");
}

void
fault_kinds_list(uint32_t which, char *text, size_t size)
{
	size_t count = (size_t)__builtin_popcount(which), n = 0, len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < FAULT_KINDS && len < size; i++) {
		if ((which & 1U << i) == 0)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%s",
		    separator(n, count), fault_kinds[i]);
		n++;
	}
}
