/* SPDX-License-Identifier: ISC */
/*
 * What is told of the vCPUs of a paused VM, and of a hang.
 */
#include <stdio.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/tell.h"
#include "event/event.h"
#include "vm/vcpu.h"

#define NO_MEMORY "no memory is left to find out why"

size_t
diag_panic(const struct vm *vm, const struct ending *ending,
    struct symbol frames[BACKTRACE_FRAMES])
{
	struct backtrace_frame walked[BACKTRACE_FRAMES];
	struct backtrace_start start;
	struct kvm_regs regs;
	size_t n;

	if (ending->has_regs)
		start = (struct backtrace_start){
		    ending->regs.rip, ending->regs.rsp, ending->regs.rbp};
	else if (KVM_IOCTL(vm->vcpus[ending->cpu].fd, KVM_GET_REGS, &regs,
		     NULL) == -1)
		return (0);
	else
		start = (struct backtrace_start){regs.rip, regs.rsp, regs.rbp};
	n = backtrace_walk(&vm->mem, vm->config.symbols, &start, walked);
	backtrace_symbols(vm->config.symbols, walked, n, false, frames);
	return (n);
}

static void
diag_vcpu(const struct snapshot *snapshot, uint32_t cpu, const char *why,
    bool expected)
{
	const struct snapshot_cpu *c = &snapshot->cpus[cpu];
	struct backtrace_frame walked[BACKTRACE_FRAMES];
	struct symbol frames[BACKTRACE_FRAMES];
	struct backtrace_start start;
	struct event_vcpu event;

	memset(&event, 0, sizeof(event));
	event.cpu = cpu;
	event.why = why;
	event.expected = expected;
	event.state = c->state;
	event.error = c->has_sregs ? NULL : c->error.text;
	event.sregs = c->has_sregs ? &c->sregs : NULL;
	if (c->has_regs) {
		start = (struct backtrace_start){
		    c->regs.rip, c->regs.rsp, c->regs.rbp};
		event.regs = &c->regs;
		event.nframes = backtrace_walk(&snapshot->vm->mem,
		    snapshot->vm->config.symbols, &start, walked);
		backtrace_symbols(snapshot->vm->config.symbols, walked,
		    event.nframes, false, frames);
		event.frames = frames;
	}
	event.trace = &c->trace;
	event.snapshot = snapshot;
	event_vcpu(snapshot->vm->config.sink, &event);
}

void
diag_all(struct vm *vm, const char *why, const struct ending *ending)
{
	struct snapshot snapshot;

	if (snapshot_take(&snapshot, vm, ending) == -1)
		return;
	if (ending != NULL)
		diag_vcpu(&snapshot, ending->cpu, why, false);
	for (uint32_t cpu = 0; cpu < vm->nvcpus; cpu++)
		if (ending == NULL || cpu != ending->cpu)
			diag_vcpu(&snapshot, cpu, why, false);
	snapshot_free(&snapshot);
}

enum diagnosis_verdict
diag_hang(struct vm *vm, bool dead, const char *expected,
    char sentence[FAILURE_TEXT_MAX])
{
	enum diagnosis_verdict verdict =
	    dead ? DIAGNOSIS_DEAD : DIAGNOSIS_NOBODY;
	struct event_diagnosis event;
	struct snapshot snapshot;
	struct diagnose d;

	snprintf(sentence, FAILURE_TEXT_MAX, "%s", NO_MEMORY);
	if (snapshot_take(&snapshot, vm, NULL) == -1)
		return (verdict);
	if (diagnose(&d, &snapshot, dead) == 0) {
		verdict = d.verdict;
		snprintf(sentence, FAILURE_TEXT_MAX, "%s", d.sentence);
		event.snapshot = &snapshot;
		event.diagnose = &d;
		event.expected = expected != NULL &&
				 strcmp(expected, diagnosis_name(verdict)) == 0;
		event_diagnosis(vm->config.sink, &event);
		for (uint32_t cpu = 0; cpu < vm->nvcpus; cpu++)
			diag_vcpu(&snapshot, cpu, "hang", event.expected);
		diagnose_free(&d);
	}
	snapshot_free(&snapshot);
	return (verdict);
}
