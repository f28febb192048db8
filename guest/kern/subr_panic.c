/* SPDX-License-Identifier: ISC */
/* panic(9): the end of a run, told once, with everybody else stopped. */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kcpuset.h>
#include <machine/clock.h>
#include <machine/hypercall.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

#define PANIC_STOP_NS 100000000 /* for the others to stop */

volatile u_int panicked;
static volatile u_int panic_stopped;

void
panic_stop(void)
{
	atomic_inc_uint(&panic_stopped);
	cpu_stop();
}

/*
 * By NMI: it needs nothing of a CPU that may be stuck or confused.  One that
 * does not even take that is not waited for.
 */
static void
panic_stop_others(void)
{
	u_int others = kcpuset_countset(kcpuset_running) -
		       kcpuset_isset(kcpuset_running, cpu_number());
	uint64_t end = nsecuptime() + PANIC_STOP_NS;

	if (ncpu == 1)
		return;
	cpu_stop_others();
	while (panic_stopped < others && nsecuptime() < end)
		CPU_BUSY_CYCLE();
}

static void __printflike(3, 0)
    panic_message(char *message, size_t size, const char *fmt, va_list ap)
{
	u_int number = curcpu()->ci_ipi_number;
	int len = vsnprintf(message, size, fmt, ap);

	if (number != 0 && len >= 0 && (size_t)len < size)
		snprintf(message + len, size - (size_t)len,
		    " (in the handler of ipi number %u)", number);
}

static void __dead __printflike(2, 0)
    panic_report(const struct xcvm_regs *regs, const char *fmt, va_list ap)
{
	static char message[XCVM_STRING_MAX];
	u_int self = cpu_number() + 1;
	u_int first;

	(void)intr_disable();
	first = atomic_cas_uint(&panicked, 0, self);
	if (first == self)
		hypercall_panic("panic while panicking", regs);
	if (first != 0)
		panic_stop();
	panic_stop_others();
	panic_message(message, sizeof(message), fmt, ap);
	hypercall_panic(message, regs);
}

void
vpanic(const char *fmt, va_list ap)
{
	panic_report(NULL, fmt, ap);
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	panic_report(NULL, fmt, ap);
}

void
panic_trap(const struct xcvm_regs *regs, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	panic_report(regs, fmt, ap);
}
