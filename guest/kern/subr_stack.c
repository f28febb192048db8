/* SPDX-License-Identifier: ISC */
/* Stacks, from the slots the VMM laid out; the lowest page of each faults. */
#include <sys/systm.h>
#include <sys/kmem.h>
#include <sys/lock.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

static __cpu_simple_lock_t stack_lock;
static vaddr_t first_slot;
static u_int untouched, nslots; /* slots never given out start here */
static u_int nfree;
static uint16_t *free_slots;

void
stack_init(const struct xcvm_boot *b)
{
	u_int reserved = b->ncpu * XCVM_CPU_STACKS;

	first_slot = b->stacks + (vaddr_t)reserved * XCVM_STACK_SLOT;
	nslots = (u_int)b->nstacks - reserved;
	free_slots = kmem_alloc(nslots * sizeof(*free_slots), KM_SLEEP);
}

vaddr_t
stack_of_cpu(const struct cpu_info *ci, u_int n)
{
	return (boot->stacks +
		(ci->ci_index * XCVM_CPU_STACKS + n + 1) * XCVM_STACK_SLOT);
}

vaddr_t
stack_alloc(void)
{
	vaddr_t slot = 0;
	int s = splhigh();

	__cpu_simple_lock(&stack_lock);
	if (nfree > 0)
		slot =
		    first_slot + (vaddr_t)free_slots[--nfree] * XCVM_STACK_SLOT;
	else if (untouched < nslots)
		slot = first_slot + (vaddr_t)untouched++ * XCVM_STACK_SLOT;
	__cpu_simple_unlock(&stack_lock);
	splx(s);
	return (slot);
}

void
stack_free(vaddr_t slot)
{
	int s = splhigh();

	__cpu_simple_lock(&stack_lock);
	KASSERT(nfree < nslots);
	free_slots[nfree++] = (uint16_t)((slot - first_slot) / XCVM_STACK_SLOT);
	__cpu_simple_unlock(&stack_lock);
	splx(s);
}
