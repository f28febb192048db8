/* SPDX-License-Identifier: ISC */
/* xcall(9): arguments that are refused, by a panic of the caller. */
#include "xcall/xcall_case.h"

static struct mark runs;

CASE(n5_encode_ipl_none, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N5", .panic = "Invalid IPL",
    .doc = "xc_encode_ipl() panics on IPL_NONE.")
{
	(void)xc_encode_ipl(IPL_NONE);
}

CASE(n5_encode_ipl_vm, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N5", .panic = "Invalid IPL",
    .doc = "xc_encode_ipl() panics on IPL_VM.")
{
	(void)xc_encode_ipl(IPL_VM);
}

CASE(n5_encode_ipl_high, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N5", .panic = "Invalid IPL",
    .doc = "xc_encode_ipl() panics on IPL_HIGH.")
{
	(void)xc_encode_ipl(IPL_HIGH);
}

CASE(n5_encode_ipl_negative, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N5", .panic = "Invalid IPL",
    .doc = "xc_encode_ipl() panics on -1.")
{
	(void)xc_encode_ipl(-1);
}

CASE(n6_broadcast_level_code, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N6,D8", .decision = 8, .panic = "xc_broadcast: level code 4 ",
    .doc = "A broadcast with a level code beyond the four panics.")
{
	xc_broadcast(0x0401, call_count_2, &runs, NULL);
}

CASE(n36_broadcast_of_null, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N36,D8", .decision = 8,
    .panic = "xc_broadcast: the function is NULL",
    .doc = "A broadcast of no function panics.")
{
	xc_broadcast(0, NULL, NULL, NULL);
}

CASE(n36_unicast_to_null, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N36,D8", .decision = 8, .panic = "xc_unicast: the CPU is NULL",
    .doc = "A unicast to no CPU panics.")
{
	xc_unicast(0, call_count_2, &runs, NULL, NULL);
}

#ifdef MULTIPROCESSOR

/* To another CPU, so that the panic's CPU tells who noticed. */
CASE(n6_unicast_level_code, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N6,D8", .decision = 8, .min_vcpus = 2,
    .panic = "xc_unicast: level code 255 ",
    .doc = "A unicast with a level code beyond the four panics, on the "
	   "caller's CPU.")
{
	xc_wait(xc_unicast(0xff01, call_count_2, &runs, NULL, cpu_lookup(1)));
}

CASE(n36_unicast_of_null, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N36,D8", .decision = 8, .min_vcpus = 2,
    .panic = "xc_unicast: the function is NULL",
    .doc = "A unicast of no function panics, on the caller's CPU.")
{
	xc_wait(xc_unicast(XC_HIGHPRI, NULL, NULL, NULL, cpu_lookup(1)));
}

#endif /* MULTIPROCESSOR */
