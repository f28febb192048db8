/* SPDX-License-Identifier: ISC */
/*
 * --core: an ELF core of the guest, for gdb.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "event/end.h"
#include "look/core_elf.h"
#include "look/core_file.h"
#include "run/core.h"
#include "run/signals.h"
#include "vm/registers.h"
#include "vm/vcpu.h"

_Static_assert(CORE_ELF_ALIGN == CORE_FILE_PAGE, "memory begins a page");

static void
read_thread(const struct vcpu *vcpu, const struct xcvm_regs *trap,
    struct core_thread *thread)
{
	struct user_regs_struct *to = &thread->regs;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct failure lost;

	memset(thread, 0, sizeof(*thread));
	thread->cpu = vcpu->index;
	if (vcpu_registers(vcpu, &regs, &sregs, &lost) == -1) {
		memset(&regs, 0, sizeof(regs));
		memset(&sregs, 0, sizeof(sregs));
	}
	if (trap != NULL)
		registers_at_trap(trap, &regs);
	to->r15 = regs.r15;
	to->r14 = regs.r14;
	to->r13 = regs.r13;
	to->r12 = regs.r12;
	to->rbp = regs.rbp;
	to->rbx = regs.rbx;
	to->r11 = regs.r11;
	to->r10 = regs.r10;
	to->r9 = regs.r9;
	to->r8 = regs.r8;
	to->rax = regs.rax;
	to->rcx = regs.rcx;
	to->rdx = regs.rdx;
	to->rsi = regs.rsi;
	to->rdi = regs.rdi;
	to->orig_rax = UINT64_MAX; /* in no system call */
	to->rip = regs.rip;
	to->cs = trap != NULL ? trap->cs : sregs.cs.selector;
	to->eflags = regs.rflags;
	to->rsp = regs.rsp;
	to->ss = trap != NULL ? trap->ss : sregs.ss.selector;
	to->fs_base = sregs.fs.base;
	to->gs_base = sregs.gs.base;
	to->ds = sregs.ds.selector;
	to->es = sregs.es.selector;
	to->fs = sregs.fs.selector;
	to->gs = sregs.gs.selector;
}

/* A thread for each vCPU, that of the ending first. */
static struct core_thread *
read_threads(const struct vm *vm, const struct ending *ending)
{
	struct core_thread *threads = calloc(vm->nvcpus, sizeof(*threads));
	size_t n = 0;

	if (threads == NULL)
		return (NULL);
	if (ending != NULL)
		read_thread(vm_vcpu(vm, ending->cpu),
		    ending->has_regs ? &ending->regs : NULL, &threads[n++]);
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		if (ending == NULL || &vm->vcpus[i] != vm_vcpu(vm, ending->cpu))
			read_thread(&vm->vcpus[i], NULL, &threads[n++]);
	return (threads);
}

/* The command that repeats the run, in one line. */
static void
command_line(const struct vm *vm, char *text, size_t size)
{
	char **command = options_command(vm->config.options, vm->config.test);
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; command != NULL && command[i] != NULL; i++) {
		len += (size_t)snprintf(text + len, size - len, "%s%s",
		    i == 0 ? "" : " ", command[i]);
		if (len >= size)
			break;
	}
	options_command_free(command);
}

static void *
make_head(const struct vm *vm, const struct ending *ending, size_t *size)
{
	const char *image = vm->config.image->path;
	const char *slash = strrchr(image, '/');
	struct core_thread *threads = read_threads(vm, ending);
	char command[256];
	struct core_elf core = {
	    .program = slash != NULL ? slash + 1 : image,
	    .command = command,
	    .threads = threads,
	    .nthreads = vm->nvcpus,
	    .start = GUESTMEM_START,
	    .size = vm->mem.size - GUESTMEM_START,
	};
	void *head;

	if (threads == NULL)
		return (NULL);
	command_line(vm, command, sizeof(command));
	head = core_elf_head(&core, size);
	free(threads);
	return (head);
}

/* What to do about the error; "" when that goes without saying. */
static const char *
cure(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return (": make room, or name a file elsewhere");
	case EFBIG:
		return (": raise the limit (ulimit -f), or take less --mem");
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOENT:
	case ENOTDIR:
		return (": name a file in a folder that can be written");
	default:
		return ("");
	}
}

static int
write_file(const struct vm *vm, const struct ending *ending,
    struct core_size *size, struct refusal *why)
{
	const char *path = vm->config.options->core;
	size_t head_size = 0;
	void *head = make_head(vm, ending, &head_size);
	struct core_piece pieces[] = {
	    {head, head_size},
	    {vm->mem.base + GUESTMEM_START, vm->mem.size - GUESTMEM_START},
	};
	int result = -1, error;

	if (head == NULL)
		return (refuse(why, "--core %s: out of memory", path));
	if (options_core_file(vm->config.options, why) == 0) {
		result =
		    core_file_write(path, pieces, 2, signals_interrupt, size);
		error = errno;
		if (result == -1 && error == EINTR)
			refuse(why, "--core %s: interrupted by %s", path,
			    signals_name(signals_interrupt()));
		else if (result == -1)
			refuse(why, "--core %s: %s%s", path, strerror(error),
			    cure(error));
	}
	free(head);
	return (result);
}

void
core_write(
    const struct vm *vm, struct event_sink *sink, const struct ending *ending)
{
	struct event_core event = {.path = vm->config.options->core};
	struct core_size size;
	struct refusal why;

	XCVM_ASSERT(vm->paused && vm->nrunning == 0);
	event.image = vm->config.image->path;
	if (write_file(vm, ending, &size, &why) == -1) {
		event.error = why.text;
	} else {
		event.bytes = size.bytes;
		event.stored = size.stored;
	}
	event_core(sink, &event);
}
