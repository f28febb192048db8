/* SPDX-License-Identifier: ISC */
/*
 * What the two files of xcall(9) promise each other; nobody else includes
 * this.
 */
#ifndef KERN_SUBR_XCALL_H
#define KERN_SUBR_XCALL_H

#include <sys/condvar.h>
#include <sys/mutex.h>
#include <sys/xcall.h>

/* --- subr_xcall_box.c: the boxes --- */

/*
 * Under its lock; but done may be read without, as xc_wait() does, and so may
 * the call itself by whoever has it to run, as the box holds it until then.
 */
struct xc_box {
	kmutex_t xb_lock;
	kcondvar_t xb_busy;
	xcfunc_t xb_func;
	void *xb_arg1, *xb_arg2;
	u_int xb_code;			/* HIGH: level code */
	uint64_t xb_head;		/* executions asked for */
	volatile uint64_t xb_done;	/* executions that have returned */
	volatile bool xb_left[MAXCPUS]; /* who has not; for the watch */
};

extern struct xc_box xc_low, xc_high;

/* A function that waits, and what its wait is called in each class. */
struct xc_waiter {
	const char *xw_function;
	const char *xw_low, *xw_high;
};
#define XC_WAITER(function)                                       \
	{                                                         \
		(function), function " (LOW)", function " (HIGH)" \
	}

void xc_boxes_init(void);

/* Sleep until done reaches the ticket; the box is locked. */
void xc_box_wait(struct xc_box *, const struct xc_waiter *, uint64_t ticket);

/*
 * Sleep until the box is free; it is locked, before and after.
 * => if it must sleep, asserts, as the waiter, that the caller may
 */
void xc_box_wait_free(struct xc_box *, const struct xc_waiter *);

/*
 * Lock the box as soon as it is free, and put the call in; this and the next
 * are inline, as they are on every way to an interrupt.
 */
static inline void
xc_box_fill(struct xc_box *xb, const struct xc_waiter *waiter, xcfunc_t func,
    void *arg1, void *arg2)
{
	mutex_enter(&xb->xb_lock);
	if (xb->xb_done != xb->xb_head)
		xc_box_wait_free(xb, waiter);
	xb->xb_func = func;
	xb->xb_arg1 = arg1;
	xb->xb_arg2 = arg2;
}

/* One execution more, on that CPU; the box is locked. */
static inline void
xc_box_add(struct xc_box *xb, struct cpu_info *ci)
{
	xb->xb_head++;
	xb->xb_left[cpu_index(ci)] = true;
	if (xb == &xc_low) {
		ci->ci_data.cpu_xcall_pending = true;
		cv_signal(&ci->ci_data.cpu_xcall);
	}
}

/*
 * An execution has returned on this CPU: count it, and tell when it was the
 * last; the box is locked.
 */
void xc_box_done(struct xc_box *);

#endif /* KERN_SUBR_XCALL_H */
