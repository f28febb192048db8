/* SPDX-License-Identifier: ISC */
/* CPUs that come up while the one that starts them is away. */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

CASE(boot_others_at_once, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2,
    .fault = "kind=preempt,function=cond_init,dst=0,times=5,for_us=30000 "
	     "kind=preempt,function=hypercall_start_cpus,dst=0,for_us=30000",
    .doc = "However quickly the other CPUs come up, or late, the one that "
	   "starts them goes on when all run.",
    PARAMS(PARAM_KERNEL,
	PARAM("early", 1, "the case starts the other CPUs itself: 0 or 1")))
{
	CHECK(!mp_online);
	for (u_int i = 0; i < ncpu; i++)
		CHECK_EQ(cpu_is_running(cpu_lookup(i)), i == 0);
	cpu_boot_others();
	CHECK(mp_online);
	for (u_int i = 0; i < ncpu; i++)
		CHECK(cpu_is_running(cpu_lookup(i)));
	/* Nobody is started twice. */
	cpu_boot_others();
	take_interrupts_everywhere();
}

#endif /* MULTIPROCESSOR */
