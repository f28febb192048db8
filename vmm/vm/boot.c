/* SPDX-License-Identifier: ISC */
/*
 * Guest memory ready to enter: where everything lies, and its contents.
 */
#include <stdio.h>
#include <string.h>

#include <xcvm/abi.h>

#include "vm/boot.h"
#include "vm/pagetable.h"

#define KIB		  (1ULL << 10)
#define MIB		  (1ULL << 20)
#define BOOT_HEAP_MIN	  (2 * MIB)  /* whatever the number of vCPUs */
#define BOOT_HEAP_PER_CPU (32 * KIB) /* and for each vCPU */

static uint64_t
round_up(uint64_t n, uint64_t unit)
{
	return ((n + unit - 1) / unit * unit);
}

static uint64_t
round_down(uint64_t n, uint64_t unit)
{
	return (n / unit * unit);
}

/* Place everything up to heap_start in memory of `mem_size` bytes. */
static void
place(struct boot_layout *layout, uint64_t mem_size, uint32_t vcpus,
    uint64_t nchoices, const struct image *image)
{
	uint64_t low = GUESTMEM_START, image_start, stacks_end, room;

	layout->mem_size = mem_size;
	layout->boot = low;
	low = round_up(low + sizeof(struct xcvm_boot), 64);
	layout->apic_ids = low;
	low = round_up(low + vcpus * sizeof(uint32_t), PAGE_SIZE);

	image_start = round_down(image->segments[0].vaddr, PAGE_SIZE);
	layout->stacks = round_up(image->end, XCVM_STACK_SLOT);
	layout->nstacks = XCVM_STACKS((uint64_t)vcpus);
	stacks_end = layout->stacks + layout->nstacks * XCVM_STACK_SLOT;

	room = pagetable_room(mem_size, image_start, stacks_end);
	layout->tables = low + room <= IMAGE_ADDR_MIN ? low : stacks_end;
	layout->tables_end = layout->tables + room;
	layout->trace = layout->tables == low ? stacks_end : layout->tables_end;
	layout->heap_start =
	    round_up(layout->trace + vcpus * sizeof(struct xcvm_trace), 64);
	/* At the end, so that nothing else lies elsewhere than without it. */
	layout->schedule = round_down(
	    mem_size - nchoices * sizeof(struct xcvm_choice), PAGE_SIZE);
	layout->heap_end = layout->schedule;
}

int
boot_layout(struct boot_layout *layout, const struct options *options,
    const struct image *image, struct failure *why)
{
	uint64_t heap = BOOT_HEAP_MIN +
			(uint64_t)options->vcpus * BOOT_HEAP_PER_CPU +
			options->replay.nchoices * sizeof(struct xcvm_choice);
	uint64_t need, mem;

	/* The tables of the largest memory are the largest tables. */
	place(layout, OPTIONS_MEM_MAX, options->vcpus, options->replay.nchoices,
	    image);
	need = round_up(layout->heap_start + heap, MIB);
	if (need > OPTIONS_MEM_MAX)
		return (fail(why, VERDICT_USAGE,
		    "--vcpus %u: they need %lluM of memory, and %lluM is the "
		    "most a guest can have",
		    options->vcpus, (unsigned long long)(need / MIB),
		    (unsigned long long)(OPTIONS_MEM_MAX / MIB)));
	mem = options->mem;
	if (mem < need && options->mem_given)
		return (fail(why, VERDICT_USAGE,
		    "--mem %llu%c: %u vCPUs need at least %lluM",
		    (unsigned long long)(mem % MIB == 0 ? mem / MIB
							: mem / KIB),
		    mem % MIB == 0 ? 'M' : 'K', options->vcpus,
		    (unsigned long long)(need / MIB)));
	place(layout, mem < need ? need : mem, options->vcpus,
	    options->replay.nchoices, image);
	return (0);
}

uint64_t
boot_stack(const struct boot_layout *layout, uint32_t cpu)
{
	uint64_t slot = (uint64_t)cpu * XCVM_CPU_STACKS;

	return (layout->stacks + (slot + 1) * XCVM_STACK_SLOT - 8);
}

static int
map_image(struct pagetable *pt, const struct image *image)
{
	for (size_t i = 0; i < image->nsegments; i++) {
		const struct image_segment *s = &image->segments[i];
		unsigned access = 0;

		if ((s->flags & IMAGE_WRITE) != 0)
			access |= PAGETABLE_WRITE;
		if ((s->flags & IMAGE_EXEC) != 0)
			access |= PAGETABLE_EXEC;
		if (pagetable_map_small(pt, round_down(s->vaddr, PAGE_SIZE),
			round_up(s->vaddr + s->memsz, PAGE_SIZE), access) == -1)
			return (-1);
	}
	return (0);
}

static int
map_all(struct pagetable *pt, const struct boot_layout *layout,
    const struct image *image)
{
	uint64_t image_start = round_down(image->segments[0].vaddr, PAGE_SIZE);
	uint64_t slot = layout->stacks;

	if (pagetable_map(pt, GUESTMEM_START, image_start, PAGETABLE_WRITE) ==
	    -1)
		return (-1);
	if (map_image(pt, image) == -1)
		return (-1);
	for (uint64_t i = 0; i < layout->nstacks; i++) {
		if (pagetable_map_small(pt, slot + XCVM_STACK_GUARD,
			slot + XCVM_STACK_SLOT, PAGETABLE_WRITE) == -1)
			return (-1);
		slot += XCVM_STACK_SLOT;
	}
	/*
	 * From the last stack slot on, with the page tables if they lie there.
	 */
	return (pagetable_map(pt, slot, layout->mem_size, PAGETABLE_WRITE));
}

static int
load_image(struct guestmem *mem, const struct image *image)
{
	for (size_t i = 0; i < image->nsegments; i++) {
		const struct image_segment *s = &image->segments[i];

		if (guestmem_range(mem, s->vaddr, s->memsz) == NULL)
			return (-1);
		if (guestmem_write(mem, s->vaddr, s->data, s->filesz) == -1)
			return (-1);
	}
	return (0);
}

static int
write_boot_block(struct guestmem *mem, const struct boot_layout *layout,
    const struct options *options, const struct image_case *test,
    uint64_t tsc_khz)
{
	struct xcvm_boot boot;

	memset(&boot, 0, sizeof(boot));
	boot.magic = XCVM_BOOT_MAGIC;
	boot.version = XCVM_ABI_VERSION;
	boot.ncpu = options->vcpus;
	boot.tsc_khz = tsc_khz;
	boot.seed = options->seed;
	boot.mem_size = layout->mem_size;
	boot.stacks = layout->stacks;
	boot.nstacks = layout->nstacks;
	boot.heap_start = layout->heap_start;
	boot.heap_end = layout->heap_end;
	boot.apic_ids = layout->apic_ids;
	boot.test = test->addr;
	boot.trace = layout->trace;
	if (options->replay.path != NULL) {
		boot.schedule = layout->schedule;
		boot.nschedule = options->replay.nchoices;
		if (guestmem_write(mem, layout->schedule,
			options->replay.choices,
			boot.nschedule * sizeof(struct xcvm_choice)) == -1)
			return (-1);
	}
	boot.nparams = (uint32_t)test->nparams;
	for (size_t i = 0; i < test->nparams && i < XCVM_PARAM_MAX; i++) {
		const struct image_param *p = &test->params[i];

		snprintf(boot.params[i].name, sizeof(boot.params[i].name), "%s",
		    p->name);
		boot.params[i].value = options_param(options, p);
	}
	for (uint32_t cpu = 0; cpu < options->vcpus; cpu++) {
		uint32_t id = options_apic_id(options, cpu);

		if (guestmem_write(mem, layout->apic_ids + cpu * sizeof(id),
			&id, sizeof(id)) == -1)
			return (-1);
	}
	return (guestmem_write(mem, layout->boot, &boot, sizeof(boot)));
}

int
boot_fill(struct guestmem *mem, const struct boot_layout *layout,
    const struct options *options, const struct image *image,
    const struct image_case *test, uint64_t tsc_khz, uint64_t *cr3,
    struct failure *why)
{
	struct pagetable pt;

	if (load_image(mem, image) == -1)
		return (fail(why, VERDICT_USAGE,
		    "%s: a segment does not fit into guest memory",
		    image->path));
	if (pagetable_create(&pt, mem, layout->tables, layout->tables_end,
		image_is_model(image) ? PAGETABLE_USER : 0) == -1 ||
	    map_all(&pt, layout, image) == -1)
		return (fail(why, VERDICT_CRASH,
		    "the page tables outgrow the room made for them"));
	if (write_boot_block(mem, layout, options, test, tsc_khz) == -1)
		return (fail(why, VERDICT_CRASH,
		    "the boot block lies outside guest memory"));
	*cr3 = pt.root;
	return (0);
}
