/* SPDX-License-Identifier: ISC */
/*
 * KVM's exit reasons in words.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <xcvm/abi.h>

#include "vm/exit.h"

#define NAME(reason) \
	case reason: \
		return (#reason)

static const char *
exit_name(uint32_t reason)
{
	switch (reason) {
		NAME(KVM_EXIT_UNKNOWN);
		NAME(KVM_EXIT_EXCEPTION);
		NAME(KVM_EXIT_IO);
		NAME(KVM_EXIT_HYPERCALL);
		NAME(KVM_EXIT_DEBUG);
		NAME(KVM_EXIT_HLT);
		NAME(KVM_EXIT_MMIO);
		NAME(KVM_EXIT_IRQ_WINDOW_OPEN);
		NAME(KVM_EXIT_SHUTDOWN);
		NAME(KVM_EXIT_FAIL_ENTRY);
		NAME(KVM_EXIT_INTR);
		NAME(KVM_EXIT_SET_TPR);
		NAME(KVM_EXIT_TPR_ACCESS);
		NAME(KVM_EXIT_NMI);
		NAME(KVM_EXIT_INTERNAL_ERROR);
		NAME(KVM_EXIT_SYSTEM_EVENT);
		NAME(KVM_EXIT_IOAPIC_EOI);
		NAME(KVM_EXIT_HYPERV);
		NAME(KVM_EXIT_X86_RDMSR);
		NAME(KVM_EXIT_X86_WRMSR);
		NAME(KVM_EXIT_DIRTY_RING_FULL);
		NAME(KVM_EXIT_X86_BUS_LOCK);
		NAME(KVM_EXIT_XEN);
		NAME(KVM_EXIT_NOTIFY);
	default:
		return ("an exit this program does not know");
	}
}

static const char *
suberror_name(uint32_t suberror)
{
	switch (suberror) {
		NAME(KVM_INTERNAL_ERROR_EMULATION);
		NAME(KVM_INTERNAL_ERROR_SIMUL_EX);
		NAME(KVM_INTERNAL_ERROR_DELIVERY_EV);
		NAME(KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON);
	default:
		return ("an error this program does not know");
	}
}

/* Text that grows; what does not fit is cut. */
struct text {
	char *at;
	size_t left;
};

static void append(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
append(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at, t->left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->left)
		n = t->left > 0 ? (int)t->left - 1 : 0;
	t->at += n;
	t->left -= (size_t)n;
}

static void
describe_io(const struct kvm_run *run, struct text *t)
{
	bool out = run->io.direction == KVM_EXIT_IO_OUT;

	append(t, ": %s of %u x %u bytes %s port 0x%x, %s",
	    out ? "output" : "input", run->io.count, run->io.size,
	    out ? "to" : "from", run->io.port,
	    run->io.port == XCVM_PORT ? "which takes one output of 4 bytes"
				      : "where nothing is");
}

static void
describe_mmio(const struct kvm_run *run, struct text *t)
{
	append(t, ": %s of %u bytes at 0x%llx, where no memory is",
	    run->mmio.is_write != 0 ? "write" : "read", run->mmio.len,
	    (unsigned long long)run->mmio.phys_addr);
}

static void
describe_emulation(const struct kvm_run *run, struct text *t)
{
	uint32_t n = run->emulation_failure.insn_size;

	append(t, ": KVM cannot emulate the instruction");
	if (run->emulation_failure.ndata < 3 ||
	    (run->emulation_failure.flags &
		KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) == 0)
		return;
	if (n > sizeof(run->emulation_failure.insn_bytes))
		n = sizeof(run->emulation_failure.insn_bytes);
	append(t, ", bytes");
	for (uint32_t i = 0; i < n; i++)
		append(t, " %02x", run->emulation_failure.insn_bytes[i]);
}

static void
describe_internal(const struct kvm_run *run, struct text *t)
{
	uint32_t n = run->internal.ndata;

	append(t, " %u (%s)", run->internal.suberror,
	    suberror_name(run->internal.suberror));
	if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION) {
		describe_emulation(run, t);
		return;
	}
	if (n > sizeof(run->internal.data) / sizeof(run->internal.data[0]))
		n = sizeof(run->internal.data) / sizeof(run->internal.data[0]);
	for (uint32_t i = 0; i < n; i++)
		append(t, "%s0x%llx", i == 0 ? ", data " : " ",
		    (unsigned long long)run->internal.data[i]);
}

void
exit_describe(const struct kvm_run *run, char *text, size_t size)
{
	struct text t = {text, size};

	append(&t, "%s", exit_name(run->exit_reason));
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		describe_io(run, &t);
		break;
	case KVM_EXIT_MMIO:
		describe_mmio(run, &t);
		break;
	case KVM_EXIT_SHUTDOWN:
		append(&t, ": triple fault");
		break;
	case KVM_EXIT_HLT:
		append(&t, ": HLT came out of KVM, which should deal with it");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		append(&t,
		    ": the CPU refused to enter the guest, reason 0x%llx",
		    (unsigned long long)
			run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		describe_internal(run, &t);
		break;
	case KVM_EXIT_UNKNOWN:
		append(&t, ": hardware exit reason 0x%llx",
		    (unsigned long long)run->hw.hardware_exit_reason);
		break;
	case KVM_EXIT_EXCEPTION:
		append(&t, ": exception %u, error code 0x%x", run->ex.exception,
		    run->ex.error_code);
		break;
	default:
		append(&t, " (reason %u)", run->exit_reason);
		break;
	}
}
