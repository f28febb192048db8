/* SPDX-License-Identifier: ISC */
/* For assembly: make the thread in a register this CPU's current one. */
#ifndef MACHINE_CURLWP_H
#define MACHINE_CURLWP_H

/* ci_curlwp is the second word of struct cpu_info.  Changes %rcx. */
#define SET_CURLWP(register)           \
	movq model_self(% rip), % rcx; \
	movq register, 8(% rcx)

#endif /* MACHINE_CURLWP_H */
