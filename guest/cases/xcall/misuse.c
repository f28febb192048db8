/* SPDX-License-Identifier: ISC */
/* xcall(9): arguments that are refused, by a panic of the caller. */
#include "xcall/xcall_case.h"

static struct mark runs;

MISUSE(n5_encode_ipl_none, XCALL, "N5", 1, 0, "Invalid IPL",
    "xc_encode_ipl() panics on IPL_NONE.", PARAM_KERNEL)
{
	(void)xc_encode_ipl(IPL_NONE);
}

MISUSE(n5_encode_ipl_vm, XCALL, "N5", 1, 0, "Invalid IPL",
    "xc_encode_ipl() panics on IPL_VM.", PARAM_KERNEL)
{
	(void)xc_encode_ipl(IPL_VM);
}

MISUSE(n5_encode_ipl_high, XCALL, "N5", 1, 0, "Invalid IPL",
    "xc_encode_ipl() panics on IPL_HIGH.", PARAM_KERNEL)
{
	(void)xc_encode_ipl(IPL_HIGH);
}

MISUSE(n5_encode_ipl_negative, XCALL, "N5", 1, 0, "Invalid IPL",
    "xc_encode_ipl() panics on -1.", PARAM_KERNEL)
{
	(void)xc_encode_ipl(-1);
}

MISUSE_DECISION(n6_broadcast_level_code, XCALL, "N6,D8", 8, 1, 0,
    "xc_broadcast: level code 4 ",
    "A broadcast with a level code beyond the four panics.", PARAM_KERNEL)
{
	xc_broadcast(0x0401, nx_count, &runs, NULL);
}

MISUSE_DECISION(n36_broadcast_of_null, XCALL, "N36,D8", 8, 1, 0,
    "xc_broadcast: the function is NULL", "A broadcast of no function panics.",
    PARAM_KERNEL)
{
	xc_broadcast(0, NULL, NULL, NULL);
}

MISUSE_DECISION(n36_unicast_to_null, XCALL, "N36,D8", 8, 1, 0,
    "xc_unicast: the CPU is NULL", "A unicast to no CPU panics.", PARAM_KERNEL)
{
	xc_unicast(0, nx_count, &runs, NULL, NULL);
}

#ifdef MULTIPROCESSOR

/* To another CPU, so that the panic's CPU tells who noticed. */
MISUSE_DECISION(n6_unicast_level_code, XCALL, "N6,D8", 8, 2, 0,
    "xc_unicast: level code 255 ",
    "A unicast with a level code beyond the four panics, on the caller's CPU.",
    PARAM_KERNEL)
{
	xc_wait(xc_unicast(0xff01, nx_count, &runs, NULL, cpu_lookup(1)));
}

MISUSE_DECISION(n36_unicast_of_null, XCALL, "N36,D8", 8, 2, 0,
    "xc_unicast: the function is NULL",
    "A unicast of no function panics, on the caller's CPU.", PARAM_KERNEL)
{
	xc_wait(xc_unicast(XC_HIGHPRI, NULL, NULL, NULL, cpu_lookup(1)));
}

#endif /* MULTIPROCESSOR */
