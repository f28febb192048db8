/* SPDX-License-Identifier: ISC */
/* What the kernel asks of the VMM: some of it is the model machine's to do. */
#include <machine/cpufunc.h>
#include <kern/md.h>
#include "model.h"

static bool
contains(const char *text, const char *part)
{
	for (; *text != '\0'; text++) {
		const char *a = text, *b = part;

		while (*b != '\0' && *a == *b)
			a++, b++;
		if (*b == '\0')
			return (true);
	}
	return (false);
}

/* Is it the panic that the case is about? */
static bool
panic_expected(const struct xcvm_req *req)
{
	const struct xcvm_case *test = boot->test;

	return (test->kind == XCVM_KIND_MISUSE && test->panic != NULL &&
		test->panic_cpu == model.cpu &&
		contains(req->u.panic.message, test->panic));
}

void
outl(uint16_t port __unused, uint32_t value)
{
	struct xcvm_req *req = (struct xcvm_req *)(uintptr_t)value;

	buffer_empty(model.me);
	req->status = model.cpu;
	switch (req->op) {
	case XCVM_REQ_START_CPUS:
		machine_start_cpus(req->u.start.first, req->u.start.count);
		return;
	case XCVM_REQ_CHECK:
		record_stand(FRAME());
		break;
	case XCVM_REQ_CONSOLE:
	case XCVM_REQ_METRIC:
	case XCVM_REQ_STALL:
		if (explore_runs())
			return;
		break;
	case XCVM_REQ_PANIC:
		order_end(panic_expected(req) ? XCVM_DONE_PASS : XCVM_DONE_FAIL,
		    FRAME());
		break;
	case XCVM_REQ_DONE:
		/* Of a panic that never came, the VMM will say so. */
		order_end(boot->test->kind == XCVM_KIND_MISUSE &&
				  req->u.done.verdict == XCVM_DONE_PASS
			      ? XCVM_DONE_FAIL
			      : req->u.done.verdict,
		    FRAME());
		break;
	default:
		break;
	}
	model_port(req);
}
