/* SPDX-License-Identifier: ISC */
/*
 * ipi(9): inter-processor interrupts.
 *
 * Each CPU has a word of pending numbers.  A sender sets the number's bit by
 * a locked read-modify-write, and interrupts the CPU only if the bit was
 * clear; the CPU takes the whole word by a swap and runs the handlers in
 * ascending order.  Messages go through a mailbox of eight places per CPU,
 * announced by the reserved number 0.
 *
 * Number 0 is served last of a batch, and of the outermost batch only, when a
 * handler triggers a number on its own CPU.  A message that has been
 * acknowledged therefore proves that its CPU has finished every handler whose
 * trigger came before it, and that is all that ipi_unregister() needs for its
 * drain.
 */
#define IPI_IMPLEMENTATION 2 /* both arguments of ipi_broadcast() */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/ipi.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/stall.h>
#include <sys/xcstat.h>
#include <sys/xctrace.h>
#include <machine/intr.h>

#define IPI_SYNCH_ID 0

struct ipi_handler {
	ipi_func_t volatile ih_func; /* NULL: the number is free */
	void *ih_arg;
	volatile bool ih_dying; /* being unregistered */
};

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

static kmutex_t ipi_lock;
static struct ipi_handler ipi_handlers[IPI_MAXREG] __cacheline_aligned;
static struct ipi_mbox *ipi_mboxes;

void
ipi_sysinit(void)
{
	mutex_init(&ipi_lock, MUTEX_DEFAULT, IPL_NONE);
}

void
ipi_percpu_init(void)
{
	ipi_mboxes = kmem_zalloc(ncpu * sizeof(*ipi_mboxes), KM_SLEEP);
}

u_int
ipi_register(ipi_func_t func, void *arg)
{
	u_int id;

	assert_sleepable("ipi_register");
	if (func == NULL)
		return (0);
	mutex_enter(&ipi_lock);
	for (id = IPI_SYNCH_ID + 1; id < IPI_MAXREG; id++) {
		if (ipi_handlers[id].ih_func == NULL) {
			ipi_handlers[id].ih_arg = arg;
			ipi_handlers[id].ih_dying = false;
			/* Release: who sees the function sees its argument. */
			atomic_store_release(&ipi_handlers[id].ih_func, func);
			break;
		}
	}
	mutex_exit(&ipi_lock);
	if (id == IPI_MAXREG) {
		printf(
		    "ipi_register: all %u numbers are taken\n", IPI_MAXREG - 1);
		return (0);
	}
	return (id);
}

static void
ipi_nothing(void *arg __unused)
{
}

/* Handle what is pending for this CPU, without waiting for its interrupt. */
static void
ipi_serve_here(void)
{
	int s = splhigh();

	xcstat_inc(XCS_IPI_SELF);
	ipi_cpu_handler();
	splx(s);
}

void
ipi_unregister(u_int id)
{
	ipi_msg_t msg = {.func = ipi_nothing};
	struct ipi_handler *ih;

	assert_sleepable("ipi_unregister");
	if (id == IPI_SYNCH_ID || id >= IPI_MAXREG)
		panic("ipi_unregister: number %u is out of range", id);
	ih = &ipi_handlers[id];
	mutex_enter(&ipi_lock);
	if (ih->ih_func == NULL)
		panic("ipi_unregister: number %u is not registered", id);

	/*
	 * A trigger sets its bit, then looks whether the number is good, with
	 * a full barrier between the two; we do the reverse.  So either it
	 * sees the mark, and panics, or its bit is set before our message.
	 */
	ih->ih_dying = true;
	membar_sync();

	/*
	 * Each CPU takes the bit together with our message or before it, and
	 * acknowledges the message last.
	 */
	kpreempt_disable();
	ipi_broadcast(&msg, true);
	ipi_wait(&msg);
	ipi_serve_here();
	kpreempt_enable();

	atomic_store_release(&ih->ih_func, NULL);
	mutex_exit(&ipi_lock);
}

static void
ipi_assert_pinned(const char *caller)
{
	if (!kpreempt_disabled() && !cpu_intr_p() && !cpu_softintr_p())
		panic("%s: preemption is enabled", caller);
}

static void
ipi_assert_range(const char *caller, u_int id)
{
	if (id >= IPI_MAXREG)
		panic("%s: number %u is out of range", caller, id);
}

/* After the number's bit is set: see ipi_unregister(). */
static void
ipi_assert_registered(const char *caller, u_int id)
{
	if (id != IPI_SYNCH_ID &&
	    (ipi_handlers[id].ih_func == NULL || ipi_handlers[id].ih_dying))
		panic("%s: number %u is not registered", caller, id);
}

static void
ipi_assert_remote(const char *caller, struct cpu_info *ci)
{
	if (ci == NULL)
		panic("%s: the CPU is NULL", caller);
	if (ci == curcpu())
		panic("%s: cpu%u is the caller's own", caller, cpu_index(ci));
	if (!cpu_is_running(ci))
		panic("%s: cpu%u is not running", caller, cpu_index(ci));
}

/*
 * Set the number's bit; was it clear?
 *
 * Always by a locked operation, never "if it is not set yet" after a plain
 * load: the load could be served while our earlier stores still wait in the
 * store buffer, and the handler that takes the bit would run without them.
 */
static bool
ipi_mark(const char *caller, struct cpu_info *ci, u_int id)
{
	volatile uint32_t *word = &ci->ci_ipipend[id >> IPI_BITW_SHIFT];
	const uint32_t bit = 1U << (id & IPI_BITW_MASK);
	uint32_t old;

	do
		old = *word;
	while (atomic_cas_32(word, old, old | bit) != old);
	ipi_assert_registered(caller, id);
	return (!(old & bit));
}

static void
ipi_send(const char *caller, struct cpu_info *ci, u_int id)
{
	if (id != IPI_SYNCH_ID)
		xctrace(XCVM_TRACE_SEND, XCVM_TRACE_IPI_NUMBER, cpu_index(ci),
		    (const void *)ipi_handlers[id].ih_func);
	if (ipi_mark(caller, ci, id)) {
		xcstat_inc(XCS_IPI_SENT);
		cpu_ipi(ci);
	} else
		xcstat_inc(XCS_IPI_ELIDED);
}

void
ipi_trigger(u_int id, struct cpu_info *ci)
{
	ipi_assert_pinned("ipi_trigger");
	ipi_assert_range("ipi_trigger", id);
	ipi_assert_remote("ipi_trigger", ci);
	xcstat_inc(XCS_IPI_TRIGGER);
	ipi_send("ipi_trigger", ci, id);
}

/* All running CPUs of the set but this one, one after another. */
static struct cpu_info *
next_remote(const kcpuset_t *target, u_int *index)
{
	struct cpu_info *ci;

	while ((ci = kcpuset_next(target, index)) != NULL)
		if (ci != curcpu() && cpu_is_running(ci))
			break;
	return (ci);
}

static void
ipi_trigger_set(
    const char *caller, u_int id, const kcpuset_t *target, bool self)
{
	struct cpu_info *ci;

	ipi_assert_pinned(caller);
	ipi_assert_range(caller, id);
	for (u_int i = 0; (ci = next_remote(target, &i)) != NULL;) {
		xcstat_inc(XCS_IPI_TRIGGER);
		ipi_send(caller, ci, id);
	}
	if (self) {
		(void)ipi_mark(caller, curcpu(), id);
		ipi_serve_here();
	}
}

void
ipi_trigger_multi(u_int id, const kcpuset_t *target)
{
	if (target == NULL)
		panic("ipi_trigger_multi: the set is NULL");
	ipi_trigger_set("ipi_trigger_multi", id, target,
	    kcpuset_isset(target, cpu_number()));
}

void
ipi_trigger_broadcast(u_int id, bool skip_self)
{
	ipi_trigger_set(
	    "ipi_trigger_broadcast", id, kcpuset_running, !skip_self);
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

/* The mailbox is full: spin, at the caller's level, until it is not. */
static __noinline void
mbox_put_wait(const char *caller, struct cpu_info *ci, ipi_msg_t *msg)
{
	u_int backoff = SPINLOCK_BACKOFF_MIN;
	struct stall_watch sw;

	xcstat_inc(XCS_IPI_FULL);
	stall_begin(&sw, caller, ci, (const void *)msg->func, NULL);
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
	for (u_int i = 0; (ci = next_remote(target, &i)) != NULL; count++)
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

/* A CPU that still has to run the message, or NULL: it is moving just now. */
static struct cpu_info *
msg_holder(const void *msg)
{
	for (u_int cpu = 0; cpu < ncpu; cpu++) {
		if (ipi_mboxes[cpu].im_running == msg)
			return (cpu_lookup(cpu));
		for (u_int i = 0; i < IPI_MBOX_SLOTS; i++)
			if (ipi_mboxes[cpu].im_msg[i] == msg)
				return (cpu_lookup(cpu));
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
			stall_begin_blame(&sw, "ipi_wait", msg_holder, msg,
			    (const void *)msg->func);
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
ipi_serve_mbox(struct ipi_mbox *mbox)
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

static void
ipi_run(u_int id)
{
	struct ipi_handler *ih = &ipi_handlers[id];
	ipi_func_t func = atomic_load_acquire(&ih->ih_func);

	/* A trigger that lost against ipi_unregister(): its sender panics. */
	if (func == NULL)
		return;
	xcstat_inc(XCS_IPI_RUN);
	xctrace_dispatch(XCVM_TRACE_IPI_NUMBER, func);
	func(ih->ih_arg);
	xctrace_done(XCVM_TRACE_IPI_NUMBER, func);
}

void
ipi_cpu_handler(void)
{
	struct cpu_info *ci = curcpu();
	struct ipi_mbox *mbox = &ipi_mboxes[cpu_index(ci)];
	uint32_t pending;

	KASSERT(ci->ci_ilevel == IPL_HIGH);
	mbox->im_batches++;
	for (u_int w = 0; w < IPI_BITWORDS; w++) {
		if (ci->ci_ipipend[w] == 0)
			continue;
		/* To 0 before the handlers run: a trigger from now on counts. */
		pending = atomic_swap_32(&ci->ci_ipipend[w], 0);
		while (pending != 0) {
			u_int bit = (u_int)ffs((int)pending) - 1;
			u_int id = w << IPI_BITW_SHIFT | bit;

			pending &= pending - 1;
			if (id == IPI_SYNCH_ID)
				mbox->im_waiting = true;
			else
				ipi_run(id);
		}
	}
	if (--mbox->im_batches == 0 && mbox->im_waiting) {
		mbox->im_waiting = false;
		ipi_serve_mbox(mbox);
	}
}
