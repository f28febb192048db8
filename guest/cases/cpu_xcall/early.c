/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9) while other CPUs come up. */
#include "cpu_xcall/cpu_xcall_case.h"

#ifdef MULTIPROCESSOR

/* The fault holds a CPU up before it is ready, where it must not yet seem to be. */
CASE(o1_as_soon_as_a_cpu_is_up, .api = XCVM_API_CPU_XCALL, .contract = "O1",
    .min_vcpus = 2,
    .fault = "kind=preempt,function=softint_init_cpu,for_us=5000",
    .doc = "A CPU that has just come up runs the calls that are made to it "
	   "from its first moment, each once.",
    PARAMS(PARAM_KERNEL, PARAM_EARLY))
{
	struct mark ran = {0};
	struct xcall xc[XCALL_CPU_SLOTS];
	struct lwp *boot = thread_start(curcpu(), call_boot_others, NULL);

	for (u_int i = 1; i < ncpu; i++) {
		YIELD_UNTIL(cpu_is_running(cpu_lookup(i)));
		call_n(cpu_lookup(i), xc, nitems(xc), call_count, &ran);
		mark_wait(&ran, i * nitems(xc));
	}
	thread_join(boot);
	calls_drain_others();
	CHECK_EQ(mark_read(&ran), (ncpu - 1) * nitems(xc));
}

#endif /* MULTIPROCESSOR */
