/* SPDX-License-Identifier: ISC */
/* panic(9): the end of a run, told once, with everybody else stopped. */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <machine/hypercall.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

volatile u_int panicked;

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
		cpu_stop();
	/* By NMI: it needs nothing of a CPU that may be stuck or confused. */
	if (ncpu > 1)
		cpu_stop_others();
	vsnprintf(message, sizeof(message), fmt, ap);
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
