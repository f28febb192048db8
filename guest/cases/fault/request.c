/* SPDX-License-Identifier: ISC */
/* Requests to the VMM that an interrupt, which makes one as well, comes to. */
#include <machine/hypercall.h>
#include "fault/fault_case.h"

static volatile u_int interrupts;

static void
request_nothing(void *arg __unused)
{
	hypercall_console("", 0);
	interrupts++;
}

CASE(request_interrupted, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .fault = "kind=spurious,vector=test,to=0,every_us=200",
    .doc = "A request to the VMM is made once, and whole, whatever is asked "
	   "for by an interrupt meanwhile.",
    PARAMS(PARAM_KERNEL,
	PARAM("interrupts", 30, "that come while requests are made")))
{
	/*
	 * A section must begin before it ends, and end before the next begins:
	 * the VMM refuses what is lost, and what comes twice.
	 */
	intr_test_establish(request_nothing, NULL);
	while (interrupts < case_param("interrupts")) {
		hypercall_section_begin("requests");
		hypercall_section_end("requests", 1);
	}
	intr_test_establish(NULL, NULL);
}
