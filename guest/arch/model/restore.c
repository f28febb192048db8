/* SPDX-License-Identifier: ISC */
/* Snapshot and restoring. */
#include <kern/kern.h>
#include <kern/md.h>
#include "restore.h"

#define LINES  65536 /* that one order may write */
#define SLOTS  1024  /* stacks */
#define PIECES (2 * SLOTS)
#define STACKS (1 << 20) /* bytes in use on all stacks together */

void model_resume(uint64_t sp) __dead;

struct line {
	uintptr_t addr;
	uint64_t bytes[MODEL_LINE / 8];
};

/* Something kept whole. */
struct piece {
	void *addr;
	void *copy;
	size_t len;
};

static struct line *lines;
static uint32_t nlines;
static char *copies, *copies_end;
static struct piece pieces[PIECES];
static u_int npieces;
static struct lwp *threads[SLOTS]; /* by slot */
static uint64_t resume_sp;

/* Take room of the end of the heap. */
static void *
reserve(uint64_t *end, uint64_t size)
{
	*end = (*end - size) & ~(uint64_t)(MODEL_LINE - 1);
	return ((void *)*end);
}

void
explore_reserve(uint64_t start, uint64_t *end)
{
	uint64_t top = *end;

	lines = reserve(end, LINES * sizeof(*lines));
	copies = reserve(end, STACKS);
	copies_end = copies + STACKS;
	record_place(reserve(end, MODEL_CHOICES * sizeof(struct xcvm_choice)));
	model.stamp = reserve(end, top / MODEL_LINE * sizeof(*model.stamp));
	model.shadow =
	    reserve(end, top / MODEL_GRANULE * sizeof(*model.shadow));
	model.limit = *end;
	model.order = 1;
	if (*end < start + (8 << 20) || *end > top)
		explore_skip("needs more memory for its shadow: --mem 64M");
}

void
explore_thread(struct lwp *l, vaddr_t top)
{
	uint64_t slot = (top - boot->stacks) / XCVM_STACK_SLOT - 1;

	if (slot < SLOTS)
		threads[slot] = l;
}

static void
keep(void *addr, size_t len)
{
	struct piece *p = &pieces[npieces++];

	if (npieces == PIECES || (size_t)(copies_end - copies) < len)
		panic("model: no room left for the snapshot");
	p->addr = addr;
	p->copy = copies;
	p->len = len;
	copies += len;
	model_copy(p->copy, addr, len);
}

/* The stack of that slot, from sp on. */
static void
keep_stack(u_int slot, uint64_t sp)
{
	uint64_t bottom = boot->stacks + (uint64_t)slot * XCVM_STACK_SLOT;

	if (sp > bottom && sp < bottom + XCVM_STACK_SLOT)
		keep((void *)sp, bottom + XCVM_STACK_SLOT - sp);
}

static void
keep_thread(struct lwp *l, u_int slot)
{
	const struct mcpu *c = &model.cpus[l->l_cpu->ci_index];
	uint64_t sp = (uint64_t)l->l_md_sp;

	if (l == l->l_cpu->ci_curlwp)
		sp = c == model.me ? resume_sp : c->c_sp;
	keep_stack(slot, sp);
	keep(&l->l_md_sp, sizeof(l->l_md_sp));
}

void
restore_snapshot(uint64_t sp)
{
	resume_sp = sp;
	npieces = 0;
	keep(cpu_lookup(0), ncpu * sizeof(struct cpu_info));
	for (u_int i = 0; i < ncpu; i++)
		if (cpu_lookup(i)->ci_idlelwp != NULL)
			keep_thread(
			    cpu_lookup(i)->ci_idlelwp, i * XCVM_CPU_STACKS);
	for (u_int i = 0; i < SLOTS; i++)
		if (threads[i] != NULL)
			keep_thread(threads[i], i);
	for (u_int i = 0; i < ncpu; i++)
		keep(&model.cpus[i], offsetof(struct mcpu, c_buffer));
	keep(&model.time, sizeof(model.time));
	keep(threads, sizeof(threads));
}

void
explore_save(uintptr_t addr)
{
	struct line *line;

	addr &= ~(uintptr_t)(MODEL_LINE - 1);
	if (!model.cow || addr >= model.limit ||
	    model.stamp[addr / MODEL_LINE] == model.order)
		return;
	if (nlines == LINES)
		explore_skip("writes too much to be explored");
	model.stamp[addr / MODEL_LINE] = model.order;
	line = &lines[nlines++];
	line->addr = addr;
	for (u_int i = 0; i < MODEL_LINE / 8; i++)
		line->bytes[i] = ((const volatile uint64_t *)addr)[i];
}

void
restore_all(void)
{
	for (u_int i = 0; i < nlines; i++)
		model_copy((void *)lines[i].addr, lines[i].bytes, MODEL_LINE);
	nlines = 0;
	for (u_int i = 0; i < npieces; i++)
		model_copy(pieces[i].addr, pieces[i].copy, pieces[i].len);
	for (u_int i = 0; i < model.ncpu; i++)
		buffer_empty(&model.cpus[i]);
}

void
restore_resume(void)
{
	model.cpu = 0;
	model.me = &model.cpus[0];
	model.ready = model.me->c_ready;
	model_self = model.me->c_info;
	((struct xcvm_boot *)(uintptr_t)boot)->running = 0;
	model_resume(resume_sp);
}
