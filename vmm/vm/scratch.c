/* SPDX-License-Identifier: ISC */
/*
 * A VM of a few instructions.
 */
#include <sys/mman.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/x86.h"
#include "vm/entry.h"
#include "vm/pagetable.h"
#include "vm/scratch.h"

#define MEMORY (16 * PAGE_SIZE)
#define TABLES (1 * PAGE_SIZE)

int
scratch_create(struct scratch *s, const struct kvm *kvm, struct failure *why)
{
	memset(s, 0, sizeof(*s));
	s->kvm = kvm;
	s->vcpu = -1;
	s->run = MAP_FAILED;
	s->vm = KVM_IOCTL_VALUE(kvm->fd, KVM_CREATE_VM, 0, why);
	return (s->vm == -1 ? -1 : 0);
}

static int
set_up_memory(struct scratch *s, const uint8_t *code, size_t len, uint64_t *cr3,
    struct failure *why)
{
	struct pagetable pt;

	if (guestmem_create(&s->mem, MEMORY, why) == -1)
		return (-1);
	/* There is room: all sizes are constant. */
	pagetable_create(&pt, &s->mem, TABLES, SCRATCH_CODE, 0);
	pagetable_map_small(
	    &pt, SCRATCH_CODE, SCRATCH_CODE + PAGE_SIZE, PAGETABLE_EXEC);
	guestmem_write(&s->mem, SCRATCH_CODE, code, len);
	*cr3 = pt.root;
	return (kvm_give_memory(s->kvm, s->vm, s->mem.base, s->mem.size, why));
}

int
scratch_load(
    struct scratch *s, const uint8_t *code, size_t len, struct failure *why)
{
	struct kvm_regs regs;
	uint64_t cr3;

	if (set_up_memory(s, code, len, &cr3, why) == -1)
		return (-1);
	s->vcpu = KVM_IOCTL_VALUE(s->vm, KVM_CREATE_VCPU, 0, why);
	if (s->vcpu == -1)
		return (-1);
	s->run = mmap(NULL, s->kvm->run_size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, s->vcpu, 0);
	if (s->run == MAP_FAILED)
		return (fail(
		    why, VERDICT_CRASH, "mmap of a vCPU: %s", strerror(errno)));
	memset(&regs, 0, sizeof(regs));
	regs.rip = SCRATCH_CODE;
	regs.rflags = X86_RFLAGS_ALWAYS;
	if (KVM_IOCTL(s->vcpu, KVM_SET_CPUID2, s->kvm->cpuid, why) == -1 ||
	    entry_mode(s->vcpu, cr3, true, why) == -1)
		return (-1);
	return (KVM_IOCTL(s->vcpu, KVM_SET_REGS, &regs, why));
}

int
scratch_run(struct scratch *s, struct failure *why)
{
	int result;

	do {
		result = KVM_IOCTL_VALUE(s->vcpu, KVM_RUN, 0, why);
	} while (result == -1 && errno == EINTR);
	return (result == -1 ? -1 : (int)s->run->exit_reason);
}

void
scratch_destroy(struct scratch *s)
{
	if (s->run != MAP_FAILED)
		munmap(s->run, s->kvm->run_size);
	if (s->vcpu != -1)
		close(s->vcpu);
	if (s->vm != -1)
		close(s->vm);
	guestmem_destroy(&s->mem);
}
