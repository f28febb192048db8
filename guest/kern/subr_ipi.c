/* SPDX-License-Identifier: ISC */
/*
 * ipi(9): inter-processor interrupts by number.
 *
 * Each CPU has a word of pending numbers.  A sender sets the number's bit by
 * a locked read-modify-write, and interrupts the CPU only if the bit was
 * clear; the CPU takes the whole word by a swap and runs the handlers in
 * ascending order.
 *
 * Number 0 announces messages (subr_ipi_msg.c).  It is served last of a
 * batch, and of the outermost batch only, when a handler triggers a number on
 * its own CPU.  A message that has been acknowledged therefore proves that
 * its CPU has finished every handler whose trigger came before it, and that is
 * all that ipi_unregister() needs for its drain.
 */
#define IPI_IMPLEMENTATION 2 /* both arguments of ipi_broadcast() */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/inspect.h>
#include <sys/intr.h>
#include <sys/ipi.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/xcstat.h>
#include <sys/xctrace.h>
#include <machine/intr.h>
#include <kern/subr_ipi.h>

struct ipi_handler {
	ipi_func_t volatile ih_func; /* NULL: the number is free */
	void *ih_arg;
	volatile bool ih_dying; /* being unregistered */
};

static kmutex_t ipi_lock;
static struct ipi_handler ipi_handlers[IPI_MAXREG] __cacheline_aligned;

INSPECT(BITS, bits, .name = "ipi number", .at = INSPECT_CPU(ci_ipipend[0]),
    .table = ipi_handlers, .stride = sizeof(ipi_handlers[0]),
    .function = offsetof(struct ipi_handler, ih_func), .count = IPI_BITWORDS,
    .source = XCVM_NO_SOURCE);

void
ipi_sysinit(void)
{
	mutex_init(&ipi_lock, MUTEX_DEFAULT, IPL_NONE);
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

/*
 * Set the number's bit; was it clear?
 *
 * Always by a locked operation, never "if it is not set yet" after a plain
 * load: the load could be served while our earlier stores still wait in the
 * store buffer, and the handler that takes the bit would run without them.
 */
static inline bool
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

/*
 * ipi_send(), inline for ipi_trigger(): the fewer instructions there are from
 * the caller's store to the locked operation, the more hosts can show in
 * i5_store_before_trigger what a plain load would do here.
 */
static inline void
ipi_mark_and_send(const char *caller, struct cpu_info *ci, u_int id)
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
	ipi_mark_and_send("ipi_trigger", ci, id);
}

void
ipi_send(const char *caller, struct cpu_info *ci, u_int id)
{
	ipi_mark_and_send(caller, ci, id);
}

struct cpu_info *
ipi_next_remote(const kcpuset_t *target, u_int *index)
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
	for (u_int i = 0; (ci = ipi_next_remote(target, &i)) != NULL;) {
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

static void
ipi_run(u_int id)
{
	struct ipi_handler *ih = &ipi_handlers[id];
	ipi_func_t func = atomic_load_acquire(&ih->ih_func);
	struct cpu_info *ci = curcpu();
	u_int outer;

	/* A trigger that lost against ipi_unregister(): its sender panics. */
	if (func == NULL)
		return;
	xcstat_inc(XCS_IPI_RUN);
	outer = ci->ci_ipi_number;
	ci->ci_ipi_number = id; /* for a panic to name */
	xctrace_dispatch(XCVM_TRACE_IPI_NUMBER, func);
	func(ih->ih_arg);
	xctrace_done(XCVM_TRACE_IPI_NUMBER, func);
	ci->ci_ipi_number = outer;
}

void
ipi_cpu_handler(void)
{
	struct cpu_info *ci = curcpu();
	bool announced = false;
	uint32_t pending;

	KASSERT(ci->ci_ilevel == IPL_HIGH);
	ipi_msg_batch_begin();
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
				announced = true;
			else
				ipi_run(id);
		}
	}
	ipi_msg_batch_end(announced);
}
