/* SPDX-License-Identifier: ISC */
/*
 * ipi(9): messages, on top of the numbers of subr_ipi.c.
 *
 * A message goes through a mailbox of eight places per CPU, announced by the
 * reserved number 0.
 */
#define IPI_IMPLEMENTATION 2 /* both arguments of ipi_broadcast() */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/inspect.h>
#include <sys/intr.h>
#include <sys/ipi.h>
#include <sys/kmem.h>
#include <sys/stall.h>
#include <sys/xcstat.h>
#include <sys/xctrace.h>
#include <machine/intr.h>
#include <kern/subr_ipi.h>

#define IPI_MBOX_SLOTS (CACHE_LINE_SIZE / sizeof(ipi_msg_t *))

struct ipi_mbox {
	ipi_msg_t *volatile im_msg[IPI_MBOX_SLOTS];
	ipi_msg_t *volatile im_running; /* for a stall report */
	u_int im_batches;		/* this CPU is in, one inside another */
	bool im_waiting; /* messages for the outermost to serve */
} __cacheline_aligned;

/*
 * A message in flight has this in the upper half of _pending and the count
 * of CPUs in the lower.  Callers need not initialise the field, so a count
 * alone could be what an earlier function left on the stack.
 */
#define IPI_MSG_BUSY  0xb1b70000U
#define IPI_MSG_COUNT 0x0000ffffU

static struct ipi_mbox *ipi_mboxes;

#define MBOX(member)                                                           \
	{                                                                      \
		.base = &ipi_mboxes, .pointer = 1,                             \
		.offset = offsetof(struct ipi_mbox, member),                   \
		.stride = sizeof(struct ipi_mbox), .size = sizeof(ipi_msg_t *) \
	}
INSPECT(SLOTS, slots, .name = "ipi mailbox place", .at = MBOX(im_msg[0]),
    .count = IPI_MBOX_SLOTS, .function = offsetof(ipi_msg_t, func),
    .argument = offsetof(ipi_msg_t, arg), .primitive = XCVM_TRACE_IPI_MESSAGE);
INSPECT(SLOTS, slots, .name = "ipi message", .at = MBOX(im_running), .count = 1,
    .function = offsetof(ipi_msg_t, func), .argument = offsetof(ipi_msg_t, arg),
    .primitive = XCVM_TRACE_IPI_MESSAGE, .running = 1);

void
ipi_percpu_init(void)
{
	ipi_mboxes = kmem_zalloc(ncpu * sizeof(*ipi_mboxes), KM_SLEEP);
}

static bool
mbox_put(struct ipi_mbox *mbox, ipi_msg_t *msg)
{
	/* Release: who takes the message sees what its sender wrote. */
	membar_release();
	for (u_int i = 0; i < IPI_MBOX_SLOTS; i++)
		if (mbox->im_msg[i] == NULL &&
		    atomic_cas_ptr(&mbox->im_msg[i], NULL, msg) == NULL)
			return (true);
	return (false);
}

/* Only the interrupt again: what there is to handle stands in memory. */
static void
ipi_resend(struct cpu_info *ci, const void *func)
{
	xctrace(XCVM_TRACE_RESEND, XCVM_TRACE_IPI_MESSAGE, cpu_index(ci), func);
	cpu_ipi(ci);
}

/* The mailbox is full: spin, at the caller's level, until it is not. */
static __noinline void
mbox_put_wait(const char *caller, struct cpu_info *ci, ipi_msg_t *msg)
{
	u_int backoff = SPINLOCK_BACKOFF_MIN;
	struct stall_watch sw;

	xcstat_inc(XCS_IPI_FULL);
	stall_begin(&sw, caller, ci, (const void *)msg->func, NULL, ipi_resend);
	do {
		xcstat_inc(XCS_IPI_SPIN);
		SPINLOCK_BACKOFF(backoff);
		stall_check(&sw);
	} while (!mbox_put(&ipi_mboxes[cpu_index(ci)], msg));
	stall_end(&sw);
}

static void
ipi_post(const char *caller, struct cpu_info *ci, ipi_msg_t *msg)
{
	xcstat_inc(XCS_IPI_MSG);
	xctrace(XCVM_TRACE_SEND, XCVM_TRACE_IPI_MESSAGE, cpu_index(ci),
	    (const void *)msg->func);
	if (!mbox_put(&ipi_mboxes[cpu_index(ci)], msg))
		mbox_put_wait(caller, ci, msg);
	ipi_send(caller, ci, IPI_SYNCH_ID);
}

/* How many CPUs still have to run the message. */
static u_int
msg_count(const ipi_msg_t *msg)
{
	/* Acquire: with a count of 0 we see what the executions wrote. */
	uint32_t pending = atomic_load_acquire(&msg->_pending);

	return ((pending & ~IPI_MSG_COUNT) == IPI_MSG_BUSY
		    ? pending & IPI_MSG_COUNT
		    : 0);
}

static void
msg_begin(const char *caller, ipi_msg_t *msg, u_int count)
{
	if (msg == NULL)
		panic("%s: the message is NULL", caller);
	if (msg->func == NULL)
		panic("%s: the function is NULL", caller);
	if (msg_count(msg) != 0)
		panic("%s: the message is still pending", caller);
	ipi_assert_pinned(caller);
	msg->_pending = IPI_MSG_BUSY | count;
}

/* On this CPU as on the others: at IPL_HIGH. */
static void
msg_run_here(ipi_msg_t *msg)
{
	int s = splhigh();

	xcstat_inc(XCS_IPI_MSG_SELF);
	xctrace_dispatch(XCVM_TRACE_IPI_MESSAGE, msg->func);
	msg->func(msg->arg);
	xctrace_done(XCVM_TRACE_IPI_MESSAGE, msg->func);
	splx(s);
}

void
ipi_unicast(ipi_msg_t *msg, struct cpu_info *ci)
{
	ipi_assert_pinned("ipi_unicast");
	ipi_assert_remote("ipi_unicast", ci);
	msg_begin("ipi_unicast", msg, 1);
	ipi_post("ipi_unicast", ci, msg);
}

static void
ipi_post_set(
    const char *caller, ipi_msg_t *msg, const kcpuset_t *target, bool self)
{
	struct cpu_info *ci;
	kcpuset_t remote;
	u_int count = 0;

	ipi_assert_pinned(caller);
	/* Counted and sent to from one list: a CPU may come up meanwhile. */
	kcpuset_zero(&remote);
	for (u_int i = 0; (ci = ipi_next_remote(target, &i)) != NULL; count++)
		kcpuset_set(&remote, cpu_index(ci));
	msg_begin(caller, msg, count);
	for (u_int i = 0; (ci = kcpuset_next(&remote, &i)) != NULL;)
		ipi_post(caller, ci, msg);
	if (self)
		msg_run_here(msg);
}

void
ipi_multicast(ipi_msg_t *msg, const kcpuset_t *target)
{
	if (target == NULL)
		panic("ipi_multicast: the set is NULL");
	ipi_post_set(
	    "ipi_multicast", msg, target, kcpuset_isset(target, cpu_number()));
}

void
ipi_broadcast(ipi_msg_t *msg, bool skip_self)
{
	ipi_post_set("ipi_broadcast", msg, kcpuset_running, !skip_self);
}

static bool
mbox_holds(const struct ipi_mbox *mbox, const void *msg)
{
	for (u_int i = 0; i < IPI_MBOX_SLOTS; i++)
		if (mbox->im_msg[i] == msg)
			return (true);
	return (mbox->im_running == msg);
}

/* The CPUs that still have to run the message; none: it is moving just now. */
static struct cpu_info *
msg_next_holder(const void *msg, u_int *index)
{
	for (u_int cpu = *index; cpu < ncpu; cpu++) {
		if (mbox_holds(&ipi_mboxes[cpu], msg)) {
			*index = cpu + 1;
			return (cpu_lookup(cpu));
		}
	}
	return (NULL);
}

void
ipi_wait(ipi_msg_t *msg)
{
	u_int backoff = SPINLOCK_BACKOFF_MIN;
	struct stall_watch sw;
	bool watched = false;

	while (msg_count(msg) != 0) {
		KASSERT(msg_count(msg) <= ncpu);
		if (!watched) {
			stall_begin_set(&sw, "ipi_wait", msg_next_holder,
			    (const void *)msg->func, msg, ipi_resend);
			watched = true;
		}
		SPINLOCK_BACKOFF(backoff);
		stall_check(&sw);
	}
	if (watched)
		stall_end(&sw);
}

/* Empty the mailbox of this CPU: each place first, then run what was there. */
static void
mbox_serve(struct ipi_mbox *mbox)
{
	ipi_msg_t *msg;

	for (u_int i = 0; i < IPI_MBOX_SLOTS; i++) {
		/* Acquire: we see what the sender wrote before mbox_put(). */
		msg = atomic_load_acquire(&mbox->im_msg[i]);
		if (msg == NULL)
			continue;
		mbox->im_running = msg;
		atomic_store_release(&mbox->im_msg[i], NULL);
		xcstat_inc(XCS_IPI_MSG_RUN);
		xctrace_dispatch(XCVM_TRACE_IPI_MESSAGE, msg->func);
		msg->func(msg->arg);
		xctrace_done(XCVM_TRACE_IPI_MESSAGE, msg->func);
		/*
		 * A full barrier, so a release as well: the sender sees what
		 * the function wrote.  From here on the message is its own.
		 */
		atomic_dec_uint(&msg->_pending);
		mbox->im_running = NULL;
	}
}

void
ipi_msg_batch_begin(void)
{
	ipi_mboxes[cpu_number()].im_batches++;
}

void
ipi_msg_batch_end(bool announced)
{
	struct ipi_mbox *mbox = &ipi_mboxes[cpu_number()];

	if (announced)
		mbox->im_waiting = true;
	if (--mbox->im_batches == 0 && mbox->im_waiting) {
		mbox->im_waiting = false;
		mbox_serve(mbox);
	}
}
