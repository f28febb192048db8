/* SPDX-License-Identifier: ISC */
/* The stack is aligned as the ABI has it, wherever C code begins. */
#include <machine/lapic.h>
#include "ground.h"

static volatile u_int looks, misaligned;

/* With the frame pointer pushed, an aligned stack is so again. */
static __noinline void
look_at_stack(void *arg __unused)
{
	if ((uintptr_t)__builtin_frame_address(0) % 16 != 0)
		misaligned++;
	looks++;
}

static void
check_looks(u_int n, const char *where)
{
	SPIN_UNTIL(looks >= n);
	if (misaligned != 0)
		case_failed(__FILE__, __LINE__, "the stack is aligned",
		    "it is not in %s", where);
	misaligned = 0;
}

CASE(stack_alignment, .api = XCVM_API_KERNEL,
    .doc = "In threads, soft interrupts, interrupts and NMIs the stack is "
	   "aligned to 16 bytes.")
{
	void *softint = softint_establish(
	    SOFTINT_SERIAL | SOFTINT_MPSAFE, look_at_stack, NULL);
	u_int self = curcpu()->ci_cpuid;

	thread_join(thread_start(curcpu(), look_at_stack, NULL));
	check_looks(1, "a thread");
	softint_schedule(softint);
	check_looks(2, "a soft interrupt");
	softint_disestablish(softint);
	intr_test_establish(look_at_stack, NULL);
	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	check_looks(3, "an interrupt");
	nmi_test_establish(look_at_stack, NULL);
	lapic_icr_write(ICR_DEST(self) | ICR_NMI | ICR_ASSERT);
	check_looks(4, "an NMI");
}
