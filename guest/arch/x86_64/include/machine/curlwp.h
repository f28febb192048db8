/* SPDX-License-Identifier: ISC */
/* For assembly: make the thread in a register this CPU's current one. */
#ifndef MACHINE_CURLWP_H
#define MACHINE_CURLWP_H

/* ci_curlwp is the second word of struct cpu_info.  Changes nothing else. */
#define SET_CURLWP(register) movq register, % gs : 8

#endif /* MACHINE_CURLWP_H */
