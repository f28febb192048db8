/* SPDX-License-Identifier: ISC */
/*
 * What a report says of the host: KVM module and its parameters, CPU, kernel.
 * Never fails: what cannot be read is "unknown" or left out.
 */
#ifndef VMM_EVENT_HOSTINFO_H
#define VMM_EVENT_HOSTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOSTINFO_PARAMS_MAX 12

struct hostinfo_param {
	char name[32]; /* "kvm_amd.npt" */
	char value[32];
};

struct hostinfo {
	char module[32]; /* "kvm_intel", "kvm_amd", "kvm_pvm", "unknown" */
	struct hostinfo_param params[HOSTINFO_PARAMS_MAX];
	size_t nparams;
	char cpu[128]; /* model name */
	unsigned cpus; /* online */
	char kernel[96];
	char governor[32]; /* of CPU 0's frequency; "" unknown */
	bool smt_known;
	bool smt;	  /* CPUs share cores */
	uint64_t tsc_khz; /* of a guest's TSC; 0 unless measured */
	bool late_known;  /* `late` has been found out */
	bool late;	  /* see struct apic_host */
};

void hostinfo_read(struct hostinfo *host);

#endif /* VMM_EVENT_HOSTINFO_H */
