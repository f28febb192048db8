/* SPDX-License-Identifier: ISC */
/*
 * xcall(9): the boxes that hold the calls.
 *
 * There are two, LOW and HIGH, each holding one call.  A box counts the
 * executions asked for (head) and those that have returned (done); it is free
 * when the two are equal, and submitters sleep until then.  A ticket is the
 * head its call left, so "done has reached it" is all there is to wait for.
 * A box has a spin mutex, so that who must not sleep can submit a call while
 * the box is free, whoever looks into it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/condvar.h>
#include <sys/inspect.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/stall.h>
#include <sys/xcall.h>
#include <sys/xctrace.h>
#include <kern/kern.h>
#include <kern/md.h>
#include <kern/subr_xcall.h>

struct xc_box xc_low, xc_high;

#define BOX(box_, primitive_)                                         \
	INSPECT(BOX, box, .base = &(box_), .primitive = (primitive_), \
	    .function = offsetof(struct xc_box, xb_func),             \
	    .asked = offsetof(struct xc_box, xb_head),                \
	    .returned = offsetof(struct xc_box, xb_done),             \
	    .left = offsetof(struct xc_box, xb_left))
BOX(xc_low, XCVM_TRACE_XCALL_LOW);
BOX(xc_high, XCVM_TRACE_XCALL_HIGH);

static void
xc_box_init(struct xc_box *xb, const char *name)
{
	mutex_init(&xb->xb_lock, MUTEX_SPIN, IPL_SOFTSERIAL);
	cv_init(&xb->xb_busy, name);
	/* For the case that looks at the counters' end: boot parameter. */
	xb->xb_head = xb->xb_done = boot_param("xc_preset", 0);
}

void
xc_boxes_init(void)
{
	xc_box_init(&xc_low, "xclow");
	xc_box_init(&xc_high, "xchigh");
}

/* The CPUs that have not finished the call in the box. */
static struct cpu_info *
xc_next_left(const void *box, u_int *index)
{
	const struct xc_box *xb = box;

	for (u_int cpu = *index; cpu < ncpu; cpu++) {
		if (xb->xb_left[cpu]) {
			*index = cpu + 1;
			return (cpu_lookup(cpu));
		}
	}
	return (NULL);
}

/* Only the interrupts again: what there is to run stands in the box. */
static void
xc_resend_low(struct cpu_info *ci, const void *func)
{
	xctrace(XCVM_TRACE_RESEND, XCVM_TRACE_XCALL_LOW, cpu_index(ci), func);
	cpu_resched_ipi(ci);
}

static void
xc_resend_high(struct cpu_info *ci, const void *func)
{
	xctrace(XCVM_TRACE_RESEND, XCVM_TRACE_XCALL_HIGH, cpu_index(ci), func);
	xc_resend_ipi(ci);
}

void
xc_box_wait(struct xc_box *xb, const struct xc_waiter *waiter, uint64_t ticket)
{
	struct stall_watch sw;

	stall_begin_set(&sw, xb == &xc_low ? waiter->xw_low : waiter->xw_high,
	    xc_next_left, (const void *)xb->xb_func, xb,
	    xb == &xc_low ? xc_resend_low : xc_resend_high);
	while (xb->xb_done < ticket)
		cv_wait(&xb->xb_busy, &xb->xb_lock);
	stall_end(&sw);
}

void
xc_box_wait_free(struct xc_box *xb, const struct xc_waiter *waiter)
{
	while (xb->xb_done != xb->xb_head) {
		/* The rules are about what the caller holds, not our lock. */
		mutex_exit(&xb->xb_lock);
		assert_sleepable(waiter->xw_function);
		mutex_enter(&xb->xb_lock);
		xc_box_wait(xb, waiter, xb->xb_head);
	}
}

void
xc_box_done(struct xc_box *xb)
{
	KASSERT(xb->xb_done < xb->xb_head);
	xb->xb_left[cpu_number()] = false;
	/*
	 * Release: xc_wait() without the lock sees what the function wrote.
	 * After the function, never before: the count says that it returned.
	 */
	atomic_store_release(&xb->xb_done, xb->xb_done + 1);
	if (xb->xb_done == xb->xb_head)
		cv_broadcast(&xb->xb_busy);
}
