/* SPDX-License-Identifier: ISC */
/*
 * The inspection table of a guest made by hand: that of our own, shortened.
 */
#include <string.h>

#include "snapshot.h"

struct image snap_image;

static struct image_record records[SNAP_RECORDS];

static struct image_vector vectors[] = {
    {"resched", SNAP_RESCHED_VECTOR, SNAP_RESCHED},
    {"xcall", SNAP_XCALL_VECTOR, SNAP_XCALL},
    {"ipi", SNAP_IPI_VECTOR, SNAP_IPI},
};

#define CPU_PLACE(offset_, size_)                          \
	{                                                  \
		.base = SNAP_CPUS, .offset = (offset_),    \
		.stride = SNAP_CPU_STRIDE, .size = (size_) \
	}

#define BOX(base_, primitive_)                                          \
	{                                                               \
		.base = (base_), .primitive = (primitive_), .asked = 0, \
		.returned = 8, .function = 16, .left = 24               \
	}

static const struct xcvm_inspect fixed[] = {
    [SNAP_SLOTS] = {XCVM_INSPECT_SLOTS, .u.slots = {.count = 4,
					    .argument = 8,
					    .primitive = XCVM_TRACE_CPU_XCALL}},
    [SNAP_SLOTS_RUNNING] = {XCVM_INSPECT_SLOTS,
	.u.slots = {.count = 1,
	    .argument = 8,
	    .primitive = XCVM_TRACE_IPI_MESSAGE,
	    .running = 1}},
    [SNAP_SOFTINTS] = {XCVM_INSPECT_BITS,
	.u.bits = {.count = 4, .source = SNAP_SOFTCLOCK}},
    [SNAP_NUMBERS] = {XCVM_INSPECT_BITS,
	.u.bits = {.count = 1, .source = XCVM_NO_SOURCE}},
    [SNAP_WAY_XCALL] = {XCVM_INSPECT_WAY,
	.u.way = {.mark = CPU_PLACE(SNAP_XCALL_MARK, 4),
	    .thread = CPU_PLACE(SNAP_XCALL_LWP, 8),
	    .service = SNAP_DISPATCH,
	    .primitive = XCVM_TRACE_CPU_XCALL,
	    .source = SNAP_SOFTCLOCK}},
    [SNAP_WAY_LOW] = {XCVM_INSPECT_WAY,
	.u.way = {.mark = CPU_PLACE(SNAP_LOW_MARK, 4),
	    .thread = {.base = SNAP_LOW_THREADS, .stride = 8, .size = 8},
	    .primitive = XCVM_TRACE_XCALL_LOW,
	    .source = XCVM_NO_SOURCE}},
    [SNAP_WAY_HIGH] = {XCVM_INSPECT_WAY, .u.way = {.handler = SNAP_HIGHPRI,
					     .primitive = XCVM_TRACE_XCALL_HIGH,
					     .source = XCVM_NO_SOURCE}},
    [SNAP_WAY_MESSAGE] = {XCVM_INSPECT_WAY,
	.u.way = {.service = SNAP_SERVICE,
	    .primitive = XCVM_TRACE_IPI_MESSAGE,
	    .source = XCVM_NO_SOURCE}},
    [SNAP_WAY_NUMBER] = {XCVM_INSPECT_WAY,
	.u.way = {.service = SNAP_SERVICE,
	    .primitive = XCVM_TRACE_IPI_NUMBER,
	    .source = XCVM_NO_SOURCE}},
    [SNAP_HIGH_BOX_RECORD] = {XCVM_INSPECT_BOX,
	.u.box = BOX(SNAP_HIGH_BOX, XCVM_TRACE_XCALL_HIGH)},
    [SNAP_LOW_BOX_RECORD] = {XCVM_INSPECT_BOX,
	.u.box = BOX(SNAP_LOW_BOX, XCVM_TRACE_XCALL_LOW)},
    {XCVM_INSPECT_WRAPPER, .u.wrapper = {.function = SNAP_WRAPPER,
			       .waiting = 8,
			       .waiting_size = 4}},
    {XCVM_INSPECT_FIELD,
	.u.field = {.at = {.size = 8}, .field = XCVM_MUTEX_OWNER, .count = 1}},
};

static struct image_record *
add_record(uint32_t kind, const char *name)
{
	struct image_record *r = &records[snap_image.nrecords++];

	r->raw.kind = kind;
	r->name = (char *)(uintptr_t)name;
	return (r);
}

static void
add_source(const char *name, uint32_t bit, uint32_t level)
{
	struct image_record *r = add_record(XCVM_INSPECT_SOURCE, name);

	r->raw.u.source.bit = bit;
	r->raw.u.source.level = level;
}

static void
add_name(const char *name, enum xcvm_named what, uint32_t number)
{
	struct image_record *r = add_record(XCVM_INSPECT_NAME, name);

	r->raw.u.name.what = what;
	r->raw.u.name.number = number;
}

void
snap_table(void)
{
	static const char *const ways[] = {
	    "xcall", "resched", "ipi", "ipi", "ipi"};

	memset(&snap_image, 0, sizeof(snap_image));
	memset(records, 0, sizeof(records));
	snap_image.records = records;
	snap_image.vectors = vectors;
	snap_image.nvectors = sizeof(vectors) / sizeof(vectors[0]);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add_record(fixed[i].kind, NULL)->raw = fixed[i];
	for (size_t i = SNAP_WAY_XCALL; i <= SNAP_WAY_NUMBER; i++)
		records[i].vector =
		    image_vector_named(&snap_image, ways[i - SNAP_WAY_XCALL]);
	add_source("preempt", SNAP_PREEMPT, SNAP_LEVEL_PREEMPT);
	add_source("softclock", SNAP_SOFTCLOCK, SNAP_LEVEL_SOFTCLOCK);
	add_source("softbio", SNAP_SOFTBIO, SNAP_LEVEL_SOFTBIO);
	add_source("resched", SNAP_RESCHED, SNAP_LEVEL_SCHED);
	add_source("xcall", SNAP_XCALL, SNAP_LEVEL_HIGH);
	add_source("ipi", SNAP_IPI, SNAP_LEVEL_HIGH);
	add_name("cpu_xcall", XCVM_NAMED_PRIMITIVE, XCVM_TRACE_CPU_XCALL);
	add_name("cpu_xcall_sync", XCVM_NAMED_PRIMITIVE, XCVM_TRACE_CPU_XCALL);
	add_name("xc_wait (LOW)", XCVM_NAMED_PRIMITIVE, XCVM_TRACE_XCALL_LOW);
	add_name("xc_wait (HIGH)", XCVM_NAMED_PRIMITIVE, XCVM_TRACE_XCALL_HIGH);
	add_name("ipi_wait", XCVM_NAMED_PRIMITIVE, XCVM_TRACE_IPI_MESSAGE);
	add_name("ipi_trigger", XCVM_NAMED_PRIMITIVE, XCVM_TRACE_IPI_NUMBER);
	add_name("intr_entry", XCVM_NAMED_ENTRY, 0);
}
