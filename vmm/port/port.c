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
#include <stdlib.h>
#include <string.h>

#include <xcvm/abi.h>

#include "event/guest.h"
#include "port/port_private.h"
#include "vm/vcpu.h"

/* Failed checks that are told one by one; more are only counted. */
#define CHECK_EVENTS_MAX 64

_Static_assert(sizeof(struct xcvm_req) == 64, "xcvm_req is part of the ABI");
_Static_assert(offsetof(struct xcvm_req, u) == 8, "and so is its layout");

/* With report_lock held: end the run, by what this CPU did. */
static void
end_run(struct call *call, const struct ending *ending)
{
	lock_held(&call->port->vm->report_lock);
	vm_end(call->port->vm, ending);
}

enum call_end
call_bad(struct call *call, const char *field, const char *fmt, ...)
{
	struct ending ending;
	va_list ap;
	int n;

	memset(&ending, 0, sizeof(ending));
	ending.kind = ENDING_CRASH;
	ending.cpu = call->cpu;
	n = snprintf(ending.text, sizeof(ending.text),
	    "cpu %u: hypercall %s: field %s: ", call->cpu, call->name, field);
	va_start(ap, fmt);
	vsnprintf(ending.text + n, sizeof(ending.text) - (size_t)n, fmt, ap);
	va_end(ap);
	end_run(call, &ending);
	return (CALL_BAD);
}

bool
call_string(struct call *call, const char *field, uint64_t gpa, int slot)
{
	switch (guestmem_string(&call->port->vm->mem, gpa, call->strings[slot],
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

static enum call_end
handle_console(struct call *call)
{
	uint64_t text = call->req.u.console.text;
	uint64_t len = call->req.u.console.len;

	if (len >= XCVM_STRING_MAX)
		return (call_bad(call, "len", "%llu is not below %d",
		    (unsigned long long)len, XCVM_STRING_MAX));
	if (len == 0)
		return (CALL_GO_ON);
	if (guestmem_read(&call->port->vm->mem, text, call->strings[0], len) ==
	    -1)
		return (call_bad(call, "text",
		    "%llu bytes at address 0x%llx are outside guest memory",
		    (unsigned long long)len, (unsigned long long)text));
	event_console(call->port->sink, call->cpu, call->strings[0], len);
	return (CALL_GO_ON);
}

static enum call_end
handle_check(struct call *call)
{
	struct event_check check;

	if (!call_string(call, "file", call->req.u.check.file, 0) ||
	    !call_string(call, "expr", call->req.u.check.expr, 1) ||
	    !call_string(call, "message", call->req.u.check.message, 2))
		return (CALL_BAD);
	if (call->port->failed_checks++ >= CHECK_EVENTS_MAX)
		return (CALL_GO_ON);
	check.cpu = call->cpu;
	check.file = call->strings[0];
	check.line = call->req.u.check.line;
	check.expr = call->strings[1];
	check.message = call->strings[2];
	event_check(call->port->sink, &check);
	return (CALL_GO_ON);
}

static enum call_end
handle_metric(struct call *call)
{
	if (!call_string(call, "name", call->req.u.metric.name, 0) ||
	    !call_string(call, "unit", call->req.u.metric.unit, 1))
		return (CALL_BAD);
	if (call->strings[0][0] == '\0')
		return (call_bad(call, "name", "is empty"));
	event_metric(call->port->sink, call->cpu, call->strings[0],
	    call->req.u.metric.value, call->strings[1]);
	return (CALL_GO_ON);
}

static enum call_end
handle_stall(struct call *call)
{
	struct event_stall stall;
	uint32_t target = call->req.u.stall.target;
	uint32_t resolved = call->req.u.stall.resolved;

	if (!call_string(call, "primitive", call->req.u.stall.primitive, 0) ||
	    !call_string(call, "thread", call->req.u.stall.thread, 1))
		return (CALL_BAD);
	if (target >= vm_cpus(call->port->vm) && target != XCVM_NO_CPU)
		return (call_bad(call, "target", "there is no CPU %u", target));
	if (resolved > 1)
		return (call_bad(
		    call, "resolved", "%u is neither 0 nor 1", resolved));
	memset(&stall, 0, sizeof(stall));
	stall.cpu = call->cpu;
	stall.target = target;
	stall.primitive = call->strings[0];
	stall.thread = call->strings[1];
	symbol_lookup(call->port->vm->config.symbols,
	    call->req.u.stall.function, false, &stall.function);
	stall.elapsed_ns = call->req.u.stall.elapsed_ns;
	stall.ipl = call->req.u.stall.ipl;
	stall.pending = call->req.u.stall.pending;
	stall.resolved = resolved == 1;
	event_stall(call->port->sink, &stall);
	lock_held(&call->port->vm->report_lock);
	if (!stall.resolved)
		vm_stalled(call->port->vm);
	return (CALL_GO_ON);
}

static enum call_end
handle_panic(struct call *call)
{
	struct ending ending;
	uint64_t frame = call->req.u.panic.frame;

	if (!call_string(call, "message", call->req.u.panic.message, 0))
		return (CALL_BAD);
	memset(&ending, 0, sizeof(ending));
	ending.kind = ENDING_PANIC;
	ending.cpu = call->cpu;
	ending.has_regs = frame != 0;
	if (frame != 0 && guestmem_read(&call->port->vm->mem, frame,
			      &ending.regs, sizeof(ending.regs)) == -1)
		return (call_bad(call, "frame",
		    "address 0x%llx is outside guest memory",
		    (unsigned long long)frame));
	snprintf(ending.text, sizeof(ending.text), "%s", call->strings[0]);
	end_run(call, &ending);
	return (CALL_STOP);
}

static enum call_end
handle_done(struct call *call)
{
	struct ending ending;

	memset(&ending, 0, sizeof(ending));
	ending.kind = ENDING_DONE;
	ending.cpu = call->cpu;
	ending.insn_cycles = call->req.u.done.insn_cycles;
	switch (call->req.u.done.verdict) {
	case XCVM_DONE_PASS:
		ending.done = XCVM_DONE_PASS;
		break;
	case XCVM_DONE_HANG:
		if (!image_is_model(call->port->vm->config.image))
			return (call_bad(call, "verdict",
			    "a hang is for this program to find"));
		/* FALLTHROUGH */
	case XCVM_DONE_FAIL:
	case XCVM_DONE_SKIP:
		ending.done = (enum xcvm_verdict)call->req.u.done.verdict;
		if (!call_string(call, "reason", call->req.u.done.reason, 0))
			return (CALL_BAD);
		snprintf(
		    ending.text, sizeof(ending.text), "%s", call->strings[0]);
		break;
	default:
		return (call_bad(call, "verdict", "%u is no verdict",
		    call->req.u.done.verdict));
	}
	end_run(call, &ending);
	return (CALL_STOP);
}

static enum call_end
handle_start_cpus(struct call *call)
{
	uint32_t first = call->req.u.start.first;
	uint32_t count = call->req.u.start.count;
	uint32_t n = vm_cpus(call->port->vm);

	if (first >= n)
		return (call_bad(call, "first", "there is no CPU %u", first));
	if (count == 0 || count > n - first)
		return (call_bad(call, "count",
		    "%u CPUs from CPU %u on, and there are %u in all", count,
		    first, n));
	if (vm_start_cpus(call->port->vm, first, count) == -1)
		return (call_bad(call, "first",
		    "of CPUs %u to %u one has been started before", first,
		    first + count - 1));
	return (CALL_GO_ON);
}

static enum call_end (*const handlers[])(struct call *) = {
    [XCVM_REQ_CONSOLE] = handle_console,
    [XCVM_REQ_CHECK] = handle_check,
    [XCVM_REQ_METRIC] = handle_metric,
    [XCVM_REQ_STALL] = handle_stall,
    [XCVM_REQ_PANIC] = handle_panic,
    [XCVM_REQ_DONE] = handle_done,
    [XCVM_REQ_START_CPUS] = handle_start_cpus,
    [XCVM_REQ_SECTION] = call_section,
    [XCVM_REQ_HISTOGRAM] = call_histogram,
    [XCVM_REQ_SCHEDULE] = call_schedule,
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
    [XCVM_REQ_SCHEDULE] = "schedule",
};

static enum call_end
handle(struct call *call, uint32_t gpa)
{
	static const uint32_t ok = XCVM_STATUS_OK;
	struct guestmem *mem = &call->port->vm->mem;
	enum call_end end;
	uint32_t op;

	lock_held(&call->port->vm->report_lock);
	call->name = "request";
	call->cpu = call->vcpu->index;
	if (guestmem_read(mem, gpa, &call->req, sizeof(call->req)) == -1)
		return (call_bad(call, "address",
		    "0x%x is outside guest memory, which ends at 0x%llx", gpa,
		    (unsigned long long)mem->size));
	if (image_is_model(call->port->vm->config.image)) {
		if (call->req.status >= vm_cpus(call->port->vm))
			return (call_bad(call, "status", "there is no CPU %u",
			    call->req.status));
		call->cpu = call->req.status;
	}
	op = call->req.op;
	if (op < XCVM_REQ_CONSOLE ||
	    op >= sizeof(handlers) / sizeof(handlers[0]))
		return (call_bad(call, "op", "%u is no request", op));
	call->name = names[op];
	end = handlers[op](call);
	if (end == CALL_GO_ON)
		guestmem_write(mem, gpa + offsetof(struct xcvm_req, status),
		    &ok, sizeof(ok));
	return (end);
}

bool
port_request(struct port *port, struct vcpu *vcpu, uint32_t gpa)
{
	enum call_end end = CALL_STOP;
	struct call call;

	call.port = port;
	call.vcpu = vcpu;
	lock_take(&port->vm->report_lock);
	/* After the run's ending nothing counts, and nothing is told. */
	if (port->vm->ending.kind == ENDING_NONE)
		end = handle(&call, gpa);
	lock_drop(&port->vm->report_lock);
	return (end == CALL_GO_ON);
}

uint64_t
port_failed_checks(const struct port *port)
{
	return (port->failed_checks);
}

struct port *
port_open(struct vm *vm, struct event_sink *sink, struct failure *why)
{
	struct port *port = calloc(1, sizeof(*port));

	if (port == NULL) {
		fail(why, VERDICT_CRASH, "out of memory");
		return (NULL);
	}
	port->vm = vm;
	port->sink = sink;
	port->section = section_create(vm, sink, why);
	if (port->section == NULL) {
		free(port);
		return (NULL);
	}
	return (port);
}

void
port_close(struct port *port)
{
	if (port == NULL)
		return;
	section_destroy(port->section);
	free(port);
}
