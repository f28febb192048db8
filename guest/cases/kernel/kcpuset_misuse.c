/* SPDX-License-Identifier: ISC */
/* kcpuset(9): each function that takes a CPU number refuses what no set has. */
#include <sys/kcpuset.h>
#include "case.h"

#define TOO_HIGH(function, number)                                       \
	CASE(kcpuset_##function##_of_##number, .api = XCVM_API_KERNEL,   \
	    .kind = XCVM_KIND_MISUSE,                                    \
	    .panic = "kcpuset: CPU index " #number " is not below 1024", \
	    .doc = "kcpuset_" #function "() panics on CPU " #number      \
		   ", which no set can hold.")                           \
	{                                                                \
		kcpuset_t set;                                           \
                                                                         \
		kcpuset_zero(&set);                                      \
		(void)kcpuset_##function(&set, number);                  \
	}

TOO_HIGH(set, 1024)
TOO_HIGH(set, 4294967295)
TOO_HIGH(clear, 1024)
TOO_HIGH(isset, 1024)
TOO_HIGH(isotherset, 1024)
TOO_HIGH(atomic_set, 1024)
TOO_HIGH(atomic_clear, 1024)
