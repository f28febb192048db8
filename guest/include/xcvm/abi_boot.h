/* SPDX-License-Identifier: ISC */
/*
 * Memory layout, the state at entry, and what a guest is told at boot.
 */
#ifndef XCVM_ABI_BOOT_H
#define XCVM_ABI_BOOT_H

#include "abi_image.h"
#include "abi_schedule.h"
#include "abi_trace.h"
#include "abi_types.h"

/*
 * Memory.  Page 0 is never mapped.  The image's pages are mapped with its
 * segments' permissions and never writable and executable at once; all other
 * memory is writable, not executable.  Stacks live in an array of slots of
 * XCVM_STACK_SLOT bytes each, whose lowest page is not mapped, so that an
 * overflow faults.  CPU i owns slots i * XCVM_CPU_STACKS and the following;
 * the slots after the last CPU's are free for threads.
 */
#define XCVM_STACK_SLOT	   0x4000
#define XCVM_STACK_GUARD   0x1000
#define XCVM_CPU_STACKS	   8   /* slots that belong to one CPU */
#define XCVM_THREAD_STACKS 256 /* and two per CPU: slots after the CPUs' */
#define XCVM_STACKS(ncpu)  ((ncpu) * (XCVM_CPU_STACKS + 2) + XCVM_THREAD_STACKS)

/*
 * Entry.  A vCPU enters the image at e_entry as at a C function
 *	void start(const struct xcvm_boot *boot, uint32_t cpu)
 * in 64-bit mode: paging, write protection and no-execute on, IF = 0, x2APIC
 * mode on and the local APIC software-disabled, stack in the CPU's first
 * slot, GDTR and IDTR with limit 0 (an exception before the guest loads its
 * IDT ends the run).  Only CPU 0 runs; the others wait for
 * XCVM_REQ_START_CPUS.
 *
 * An image of XCVM_IMAGE_MODEL is entered likewise, on CPU 0 alone, with pages
 * that ring 3 may use: the other CPUs are its own affair.
 *
 * The APIC timer has TSC-deadline mode, unless CPUID leaf 1 says otherwise;
 * where it does, the clock of the timer's other modes is the TSC.
 */
#define XCVM_BOOT_MAGIC	   0x544f4f424d564358ULL /* "XCVMBOOT" */

struct xcvm_boot_param {
	char name[XCVM_PARAM_NAME_MAX];
	uint64_t value;
};

struct xcvm_boot {
	uint64_t magic;	  /* XCVM_BOOT_MAGIC */
	uint32_t version; /* XCVM_ABI_VERSION */
	uint32_t ncpu;
	uint64_t tsc_khz;		       /* guest TSC frequency */
	uint64_t seed;			       /* for everything random */
	uint64_t mem_size;		       /* bytes of guest memory */
	uint64_t stacks;		       /* first stack slot */
	uint64_t nstacks;		       /* slots in all */
	uint64_t heap_start;		       /* zeroed, free for the guest, */
	uint64_t heap_end;		       /* up to here */
	XCVM_PTR(const uint32_t) apic_ids;     /* x2APIC id of each CPU */
	XCVM_PTR(const struct xcvm_case) test; /* the case to run */
	XCVM_PTR(struct xcvm_trace) trace;     /* zeroed, one for each CPU */
	XCVM_PTR(const struct xcvm_choice) schedule; /* to replay; or 0 */
	uint64_t nschedule;			     /* choices in it */
	uint32_t nparams;
	uint32_t running; /* of XCVM_IMAGE_MODEL: the CPU that runs; the guest
			     keeps it */
	struct xcvm_boot_param params[XCVM_PARAM_MAX]; /* all of the case's */
};

#endif /* XCVM_ABI_BOOT_H */
