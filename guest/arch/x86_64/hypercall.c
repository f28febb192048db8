/* SPDX-License-Identifier: ISC */
/* Requests to the VMM through the hypercall port. */
#include <sys/systm.h>
#include <sys/proc.h>
#include <machine/clock.h>
#include <machine/hypercall.h>
#include <machine/intr.h>
#include <kern/md.h>
#include <machine/cpufunc.h>

/* This CPU's request block; interrupts stay off until request_send(). */
static struct xcvm_req *
request(enum xcvm_op op, uint64_t *flags)
{
	struct xcvm_req *req;

	*flags = intr_disable();
	req = &curcpu()->ci_md.md_req;
	req->op = op;
	return (req);
}

static void
request_send(struct xcvm_req *req, uint64_t flags)
{
	outl(XCVM_PORT, (uint32_t)(uintptr_t)req);
	intr_restore(flags);
}

static void __dead
request_last(struct xcvm_req *req)
{
	request_send(req, 0);
	cpu_stop();
}

void
hypercall_console(const char *text, size_t len)
{
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_CONSOLE, &flags);

	req->u.console.text = text;
	req->u.console.len = len;
	request_send(req, flags);
}

void
hypercall_check(
    const char *file, u_int line, const char *expr, const char *message)
{
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_CHECK, &flags);

	req->u.check.file = file;
	req->u.check.line = line;
	req->u.check.expr = expr;
	req->u.check.message = message;
	request_send(req, flags);
}

void
hypercall_metric(const char *name, const char *unit, uint64_t value)
{
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_METRIC, &flags);

	req->u.metric.name = name;
	req->u.metric.unit = unit;
	req->u.metric.value = value;
	request_send(req, flags);
}

static void
section(const char *name, bool end, uint64_t operations)
{
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_SECTION, &flags);

	req->u.section.name = name;
	req->u.section.operations = operations;
	req->u.section.end = end;
	req->u.section.reserved = 0;
	request_send(req, flags);
}

void
hypercall_section_begin(const char *name)
{
	section(name, false, 0);
}

void
hypercall_section_end(const char *name, uint64_t operations)
{
	section(name, true, operations);
}

void
hypercall_histogram(const struct hypercall_histogram *h)
{
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_HISTOGRAM, &flags);

	req->u.histogram.phase = h->phase;
	req->u.histogram.counts = h->counts;
	req->u.histogram.count = h->count;
	req->u.histogram.min = h->min;
	req->u.histogram.max = h->max;
	req->u.histogram.ncounts = h->ncounts;
	req->u.histogram.cpu = h->cpu;
	req->u.histogram.target = h->target;
	req->u.histogram.reserved = 0;
	request_send(req, flags);
}

void
hypercall_start_cpus(u_int first, u_int count)
{
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_START_CPUS, &flags);

	req->u.start.first = first;
	req->u.start.count = count;
	request_send(req, flags);
}

void
hypercall_stall(const char *primitive, const struct cpu_info *target,
    const void *function, uint64_t elapsed_ns, bool resolved)
{
	const struct lwp *l = target != NULL ? target->ci_curlwp : NULL;
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_STALL, &flags);

	req->u.stall.primitive = primitive;
	req->u.stall.thread = l != NULL ? l->l_name : "";
	req->u.stall.function = (uint64_t)function;
	req->u.stall.elapsed_ns = elapsed_ns;
	req->u.stall.target = XCVM_NO_CPU;
	req->u.stall.ipl = req->u.stall.pending = 0;
	if (target != NULL) {
		req->u.stall.target = target->ci_index;
		req->u.stall.ipl = (uint32_t)target->ci_ilevel;
		req->u.stall.pending = target->ci_ipending;
	}
	req->u.stall.resolved = resolved;
	request_send(req, flags);
}

void
hypercall_panic(const char *message, const struct xcvm_regs *frame)
{
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_PANIC, &flags);

	req->u.panic.message = message;
	req->u.panic.frame = frame;
	request_last(req);
}

void
hypercall_done(enum xcvm_verdict verdict, const char *reason)
{
	uint64_t flags;
	struct xcvm_req *req = request(XCVM_REQ_DONE, &flags);

	req->u.done.verdict = verdict;
	req->u.done.reason = reason;
	req->u.done.insn_cycles = clock_insn_cycles();
	request_last(req);
}
