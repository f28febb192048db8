/* SPDX-License-Identifier: ISC */
/* The machine's side of ipi(9) and xcall(9): who interrupts whom, and how. */
#include <sys/systm.h>
#include <sys/ipi.h>
#include <sys/xcall.h>
#include <sys/xctrace.h>
#include <machine/intr.h>
#include <machine/lapic.h>
#include <kern/md.h>

static u_int xc_ipi_id;

static void
xc_ipi(void *arg __unused)
{
	xctrace(XCVM_TRACE_RECEIVED, XCVM_TRACE_XCALL_HIGH, cpu_number(), NULL);
	xc_ipi_handler();
}

void
xc_machdep_init(void)
{
	xc_ipi_id = ipi_register(xc_ipi, NULL);
	if (xc_ipi_id == 0)
		panic("xcall: no ipi number");
}

void
cpu_ipi(struct cpu_info *ci)
{
	xctrace(XCVM_TRACE_IPI, XCVM_TRACE_IPI_NUMBER, cpu_index(ci), NULL);
	lapic_ipi(ci->ci_cpuid, INTR_VECTOR(LIR_IPI));
}

/* The number stays pending until the interrupt comes: repeat only that. */
void
xc_resend_ipi(struct cpu_info *ci)
{
	cpu_ipi(ci);
}

/* xcall(9) HIGH stands on ipi(9); one by one, which every ipi(9) offers. */
void
xc_send_ipi(struct cpu_info *ci)
{
	xctrace(XCVM_TRACE_IPI, XCVM_TRACE_XCALL_HIGH,
	    ci != NULL ? cpu_index(ci) : XCVM_TRACE_ALL, NULL);
	if (ci != NULL) {
		ipi_trigger(xc_ipi_id, ci);
		return;
	}
	for (u_int i = 0; (ci = kcpuset_next(kcpuset_running, &i)) != NULL;)
		if (ci != curcpu())
			ipi_trigger(xc_ipi_id, ci);
}
