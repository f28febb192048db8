/* SPDX-License-Identifier: ISC */
/*
 * The hypercall port: one request decoded, and nothing in it believed.
 *
 * The request is copied out of guest memory once and only the copy is
 * looked at; so is every string it names.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <xcvm/abi.h>

#include "event/event.h"
#include "port/hypercall.h"
#include "port/hypercall_private.h"
#include "vm/vm.h"

/* Failed checks told one by one; further ones are only counted. */
#define CHECK_EVENTS_MAX 64

_Static_assert(sizeof(struct xcvm_req) == 64, "xcvm_req is part of the ABI");
_Static_assert(offsetof(struct xcvm_req, u) == 8, "and so is its layout");

enum answer
call_bad(struct call *call, const char *field, const char *fmt, ...)
{
	struct ending ending;
	va_list ap;
	int n;

	memset(&ending, 0, sizeof(ending));
	ending.kind = ENDING_CRASH;
	ending.cpu = call->vcpu->index;
	n = snprintf(ending.text, sizeof(ending.text),
	    "cpu %u: hypercall %s: field %s: ", call->vcpu->index, call->name,
	    field);
	va_start(ap, fmt);
	vsnprintf(ending.text + n, sizeof(ending.text) - (size_t)n, fmt, ap);
	va_end(ap);
	vm_end(call->vm, &ending);
	return (ANSWER_BAD);
}

bool
call_string(struct call *call, const char *field, uint64_t gpa, int slot)
{
	switch (guestmem_string(&call->vm->mem, gpa, call->strings[slot],
	    sizeof(call->strings[slot]))) {
	case GUESTMEM_STRING_OK:
		return (true);
	case GUESTMEM_STRING_OUTSIDE:
		call_bad(call, field, "address 0x%llx is outside guest memory",
		    (unsigned long long)gpa);
		return (false);
	case GUESTMEM_STRING_ENDLESS:
	default:
		call_bad(call, field,
		    "the string at 0x%llx has no end within %d bytes",
		    (unsigned long long)gpa, XCVM_STRING_MAX);
		return (false);
	}
}

static enum answer
handle_console(struct call *call)
{
	uint64_t text = call->req.u.console.text;
	uint64_t len = call->req.u.console.len;

	if (len >= XCVM_STRING_MAX)
		return (call_bad(call, "len", "%llu is not below %d",
		    (unsigned long long)len, XCVM_STRING_MAX));
	if (len == 0)
		return (ANSWER_GO_ON);
	if (guestmem_read(&call->vm->mem, text, call->strings[0], len) == -1)
		return (call_bad(call, "text",
		    "%llu bytes at address 0x%llx are outside guest memory",
		    (unsigned long long)len, (unsigned long long)text));
	event_console(
	    call->vm->config.sink, call->vcpu->index, call->strings[0], len);
	return (ANSWER_GO_ON);
}

static enum answer
handle_check(struct call *call)
{
	struct event_check check;

	if (!call_string(call, "file", call->req.u.check.file, 0) ||
	    !call_string(call, "expr", call->req.u.check.expr, 1) ||
	    !call_string(call, "message", call->req.u.check.message, 2))
		return (ANSWER_BAD);
	if (call->vm->failed_checks++ >= CHECK_EVENTS_MAX)
		return (ANSWER_GO_ON);
	check.cpu = call->vcpu->index;
	check.file = call->strings[0];
	check.line = call->req.u.check.line;
	check.expr = call->strings[1];
	check.message = call->strings[2];
	event_check(call->vm->config.sink, &check);
	return (ANSWER_GO_ON);
}

static enum answer
handle_metric(struct call *call)
{
	if (!call_string(call, "name", call->req.u.metric.name, 0) ||
	    !call_string(call, "unit", call->req.u.metric.unit, 1))
		return (ANSWER_BAD);
	if (call->strings[0][0] == '\0')
		return (call_bad(call, "name", "is empty"));
	event_metric(call->vm->config.sink, call->vcpu->index, call->strings[0],
	    call->req.u.metric.value, call->strings[1]);
	return (ANSWER_GO_ON);
}

static enum answer
handle_stall(struct call *call)
{
	struct event_stall stall;
	uint32_t target = call->req.u.stall.target;
	uint32_t resolved = call->req.u.stall.resolved;

	if (!call_string(call, "primitive", call->req.u.stall.primitive, 0) ||
	    !call_string(call, "thread", call->req.u.stall.thread, 1))
		return (ANSWER_BAD);
	if (target >= call->vm->nvcpus && target != XCVM_NO_CPU)
		return (call_bad(call, "target", "there is no CPU %u", target));
	if (resolved > 1)
		return (call_bad(
		    call, "resolved", "%u is neither 0 nor 1", resolved));
	memset(&stall, 0, sizeof(stall));
	stall.cpu = call->vcpu->index;
	stall.target = target;
	stall.primitive = call->strings[0];
	stall.thread = call->strings[1];
	symbol_lookup(call->vm->config.symbols, call->req.u.stall.function,
	    false, &stall.function);
	stall.elapsed_ns = call->req.u.stall.elapsed_ns;
	stall.ipl = call->req.u.stall.ipl;
	stall.pending = call->req.u.stall.pending;
	stall.resolved = resolved == 1;
	event_stall(call->vm->config.sink, &stall);
	if (!stall.resolved)
		vm_stalled(call->vm);
	return (ANSWER_GO_ON);
}

static enum answer
handle_panic(struct call *call)
{
	struct ending ending;
	uint64_t frame = call->req.u.panic.frame;

	if (!call_string(call, "message", call->req.u.panic.message, 0))
		return (ANSWER_BAD);
	memset(&ending, 0, sizeof(ending));
	ending.kind = ENDING_PANIC;
	ending.cpu = call->vcpu->index;
	ending.has_regs = frame != 0;
	if (frame != 0 && guestmem_read(&call->vm->mem, frame, &ending.regs,
			      sizeof(ending.regs)) == -1)
		return (call_bad(call, "frame",
		    "address 0x%llx is outside guest memory",
		    (unsigned long long)frame));
	snprintf(ending.text, sizeof(ending.text), "%s", call->strings[0]);
	vm_end(call->vm, &ending);
	return (ANSWER_STOP);
}

static enum answer
handle_done(struct call *call)
{
	struct ending ending;

	memset(&ending, 0, sizeof(ending));
	ending.kind = ENDING_DONE;
	ending.cpu = call->vcpu->index;
	ending.insn_cycles = call->req.u.done.insn_cycles;
	switch (call->req.u.done.verdict) {
	case XCVM_DONE_PASS:
		ending.done = XCVM_DONE_PASS;
		break;
	case XCVM_DONE_FAIL:
	case XCVM_DONE_SKIP:
		ending.done = (enum xcvm_verdict)call->req.u.done.verdict;
		if (!call_string(call, "reason", call->req.u.done.reason, 0))
			return (ANSWER_BAD);
		snprintf(
		    ending.text, sizeof(ending.text), "%s", call->strings[0]);
		break;
	default:
		return (call_bad(call, "verdict", "%u is no verdict",
		    call->req.u.done.verdict));
	}
	vm_end(call->vm, &ending);
	return (ANSWER_STOP);
}

static enum answer
handle_start_cpus(struct call *call)
{
	uint32_t first = call->req.u.start.first;
	uint32_t count = call->req.u.start.count;
	uint32_t n = call->vm->nvcpus;

	if (first >= n)
		return (call_bad(call, "first", "there is no CPU %u", first));
	if (count == 0 || count > n - first)
		return (call_bad(call, "count",
		    "%u CPUs from CPU %u on, and there are %u in all", count,
		    first, n));
	if (vm_start_cpus(call->vm, first, count) == -1)
		return (call_bad(call, "first",
		    "of CPUs %u to %u one has been started before", first,
		    first + count - 1));
	return (ANSWER_GO_ON);
}

static enum answer (*const handlers[])(struct call *) = {
    [XCVM_REQ_CONSOLE] = handle_console,
    [XCVM_REQ_CHECK] = handle_check,
    [XCVM_REQ_METRIC] = handle_metric,
    [XCVM_REQ_STALL] = handle_stall,
    [XCVM_REQ_PANIC] = handle_panic,
    [XCVM_REQ_DONE] = handle_done,
    [XCVM_REQ_START_CPUS] = handle_start_cpus,
    [XCVM_REQ_SECTION] = call_section,
    [XCVM_REQ_HISTOGRAM] = call_histogram,
};

static const char *const names[] = {
    [XCVM_REQ_CONSOLE] = "console",
    [XCVM_REQ_CHECK] = "check",
    [XCVM_REQ_METRIC] = "metric",
    [XCVM_REQ_STALL] = "stall",
    [XCVM_REQ_PANIC] = "panic",
    [XCVM_REQ_DONE] = "done",
    [XCVM_REQ_START_CPUS] = "start_cpus",
    [XCVM_REQ_SECTION] = "section",
    [XCVM_REQ_HISTOGRAM] = "histogram",
};

static enum answer
handle(struct call *call, uint32_t gpa)
{
	static const uint32_t ok = XCVM_STATUS_OK;
	struct guestmem *mem = &call->vm->mem;
	enum answer answer;
	uint32_t op;

	call->name = "request";
	if (guestmem_read(mem, gpa, &call->req, sizeof(call->req)) == -1)
		return (call_bad(call, "address",
		    "0x%x is outside guest memory, which ends at 0x%llx", gpa,
		    (unsigned long long)mem->size));
	op = call->req.op;
	if (op < XCVM_REQ_CONSOLE || op > XCVM_REQ_HISTOGRAM)
		return (call_bad(call, "op", "%u is no request", op));
	call->name = names[op];
	answer = handlers[op](call);
	if (answer == ANSWER_GO_ON)
		guestmem_write(mem, gpa + offsetof(struct xcvm_req, status),
		    &ok, sizeof(ok));
	return (answer);
}

bool
hypercall_handle(struct vcpu *vcpu, uint32_t gpa)
{
	struct call call;
	enum answer answer = ANSWER_STOP;

	call.vcpu = vcpu;
	call.vm = vcpu->vm;
	pthread_mutex_lock(&call.vm->report_lock);
	/* After the run's ending nothing counts, and nothing is told. */
	if (call.vm->ending.kind == ENDING_NONE)
		answer = handle(&call, gpa);
	pthread_mutex_unlock(&call.vm->report_lock);
	return (answer == ANSWER_GO_ON);
}
