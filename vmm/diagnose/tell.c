/* SPDX-License-Identifier: ISC */
/*
 * What is told of the vCPUs of a paused VM, and of a hang.
 */
#include <stdio.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/event_diagnosis.h"
#include "diagnose/event_vcpu.h"
#include "diagnose/tell.h"
#include "vm/vcpu.h"

#define NO_MEMORY "no memory is left to find out why"

size_t
tell_panic(const struct vm *vm, const struct ending *ending,
    struct symbol frames[BACKTRACE_FRAMES])
{
	struct backtrace_frame walked[BACKTRACE_FRAMES];
	struct backtrace_start start;
	struct kvm_regs regs;
	size_t n;

	if (ending->has_regs)
		start = (struct backtrace_start){
		    ending->regs.rip, ending->regs.rsp, ending->regs.rbp};
	else if (KVM_IOCTL(vm_vcpu(vm, ending->cpu)->fd, KVM_GET_REGS, &regs,
		     NULL) == -1)
		return (0);
	else
		start = (struct backtrace_start){regs.rip, regs.rsp, regs.rbp};
	n = backtrace_walk(&vm->mem, vm->config.symbols, &start, walked);
	backtrace_symbols(vm->config.symbols, walked, n, false, frames);
	return (n);
}

static void
tell_vcpu(struct event_sink *sink, const struct snapshot *snapshot,
    uint32_t cpu, const char *why, bool expected)
{
	const struct snapshot_cpu *c = &snapshot->cpus[cpu];
	struct symbols *symbols = snapshot->vm->config.symbols;
	struct backtrace_frame walked[BACKTRACE_FRAMES];
	struct symbol frames[BACKTRACE_FRAMES];
	struct backtrace_start start;
	struct event_vcpu event = {
	    .snapshot = snapshot,
	    .cpu = cpu,
	    .why = why,
	    .frames = frames,
	    .expected = expected,
	};

	if (c->has_regs) {
		start = (struct backtrace_start){
		    c->regs.rip, c->regs.rsp, c->regs.rbp};
		event.nframes =
		    backtrace_walk(&snapshot->vm->mem, symbols, &start, walked);
		backtrace_symbols(
		    symbols, walked, event.nframes, false, frames);
	}
	event_vcpu(sink, &event);
}

void
tell_vcpus(struct vm *vm, struct event_sink *sink, const char *why,
    const struct ending *ending)
{
	struct snapshot snapshot;

	if (snapshot_take(&snapshot, vm, ending) == -1)
		return;
	if (ending != NULL)
		tell_vcpu(sink, &snapshot, ending->cpu, why, false);
	for (uint32_t cpu = 0; cpu < vm_cpus(vm); cpu++)
		if (ending == NULL || cpu != ending->cpu)
			tell_vcpu(sink, &snapshot, cpu, why, false);
	snapshot_free(&snapshot);
}

enum diagnosis_verdict
tell_hang(struct vm *vm, struct event_sink *sink, struct inject *inject,
    bool dead, const char *expected, char sentence[FAILURE_TEXT_MAX])
{
	enum diagnosis_verdict verdict =
	    dead ? DIAGNOSIS_DEAD : DIAGNOSIS_NOBODY;
	struct event_diagnosis event;
	struct snapshot snapshot;
	struct diagnose d;

	snprintf(sentence, FAILURE_TEXT_MAX, "%s", NO_MEMORY);
	if (snapshot_take(&snapshot, vm, NULL) == -1)
		return (verdict);
	if (diagnose(&d, &snapshot, inject, dead) == 0) {
		verdict = d.verdict;
		snprintf(sentence, FAILURE_TEXT_MAX, "%s", d.sentence);
		event.snapshot = &snapshot;
		event.diagnose = &d;
		event.expected = expected != NULL &&
				 strcmp(expected, diagnosis_name(verdict)) == 0;
		event_diagnosis(sink, &event);
		for (uint32_t cpu = 0; cpu < vm_cpus(vm); cpu++)
			tell_vcpu(sink, &snapshot, cpu, "hang", event.expected);
		diagnose_free(&d);
	}
	snapshot_free(&snapshot);
	return (verdict);
}
