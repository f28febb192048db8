/* SPDX-License-Identifier: ISC */
/*
 * What an image carries: ELF note, case table, implementation table.
 */
#ifndef XCVM_ABI_IMAGE_H
#define XCVM_ABI_IMAGE_H

#include "abi_types.h"

/*
 * ELF note.  An image carries exactly one note with this name and type; its
 * descriptor is a struct xcvm_note.  An image of another version is refused.
 */
#define XCVM_NOTE_NAME		  "xcvm"
#define XCVM_NOTE_ABI		  1

#define XCVM_IMAGE_MULTIPROCESSOR 0x0001 /* more than one vCPU */
#define XCVM_IMAGE_MODEL	  0x0002 /* its CPUs are its own, on one vCPU */

struct xcvm_note {
	uint32_t version;   /* XCVM_ABI_VERSION */
	uint32_t flags;	    /* XCVM_IMAGE_* */
	uint32_t max_vcpus; /* most vCPUs the image supports */
	uint32_t reserved;  /* 0 */
};

/*
 * Case table: the section XCVM_CASE_SECTION is an array of struct xcvm_case.
 * Strings are NUL-terminated and lie in a loaded segment.
 */
#define XCVM_CASE_SECTION   "xcvm_cases"
#define XCVM_CASE_NAME_MAX  64	 /* with the NUL */
#define XCVM_PARAM_NAME_MAX 32	 /* with the NUL */
#define XCVM_PARAM_MAX	    32	 /* parameters of one case */
#define XCVM_STRING_MAX	    1024 /* any string, with the NUL */

enum xcvm_api {
	XCVM_API_KERNEL,    /* "kernel" */
	XCVM_API_X2APIC,    /* "x2apic" */
	XCVM_API_CPU_XCALL, /* "cpu_xcall" */
	XCVM_API_XCALL,	    /* "xcall" */
	XCVM_API_IPI	    /* "ipi" */
};

enum xcvm_kind {
	XCVM_KIND_CONFORMANCE, /* "conformance" */
	XCVM_KIND_STRESS,      /* "stress": bounded by time, operations */
	XCVM_KIND_MISUSE,      /* "misuse": must panic as declared */
	XCVM_KIND_FAULT,       /* "fault" */
	XCVM_KIND_BENCH	       /* "bench" */
};

struct xcvm_param {
	XCVM_PTR(const char) name;
	XCVM_PTR(const char) doc; /* one sentence, with the unit */
	uint64_t value;		  /* the default */
};

struct xcvm_case {
	XCVM_PTR(const char) name;     /* [a-z0-9_]+, unique */
	XCVM_PTR(const char) doc;      /* one sentence */
	XCVM_PTR(const char) contract; /* "O9,O10", or "" */
	XCVM_PTR(const char) panic;    /* misuse: part of the panic message */
	XCVM_PTR(const char) fault;    /* plan to run under, or 0: none */
	XCVM_PTR(const char)
	diagnosis; /* the run must hang, for this
					   reason; 0: it must not hang */
	XCVM_PTR(const struct xcvm_param) params;
	XCVM_PTR(void) run; /* void (*)(void), guest only */
	uint32_t nparams;
	uint32_t api;  /* enum xcvm_api */
	uint32_t kind; /* enum xcvm_kind */
	uint32_t min_vcpus;
	uint32_t max_vcpus; /* 0: no limit */
	uint32_t panic_cpu; /* misuse: the CPU that must panic */
	uint32_t decision;  /* what it checks is this decision of ours, D4 of
			       docs/contract.md, say; 0: the API */
	uint32_t limit_ms;  /* time limit of a run, unless --timeout says
			       another; 0: the default of --timeout.  With a
			       diagnosis: from the first stall on that the
			       guest reports */
	uint32_t needs;	    /* XCVM_NEEDS_* */
	uint32_t reserved;  /* 0 */
};

/* What a case needs that an image of XCVM_IMAGE_MODEL has not. */
#define XCVM_NEEDS_CLOCK   0x0001 /* time that goes on by itself */
#define XCVM_NEEDS_VCPUS   0x0002 /* CPUs that are vCPUs: their real registers */
/* And what is for the guest alone to know. */
#define XCVM_BEGINS_ORDERS 0x0100 /* the case says itself where orders begin */

/*
 * Implementation table: the section XCVM_IMPL_SECTION, if there is one, is an
 * array of struct xcvm_impl, at most one for each API: what is under test.
 * Several files have their paths with blanks between, and one sum over all.
 */
#define XCVM_IMPL_SECTION  "xcvm_impls"
#define XCVM_IMPL_FOREIGN  0x0001 /* put in place of ours: see docs/dropin.md */

struct xcvm_impl {
	XCVM_PTR(const char) path;   /* of the source, as it was given */
	XCVM_PTR(const char) sha256; /* of that file, 64 hexadecimal digits */
	uint32_t api;		     /* enum xcvm_api */
	uint32_t flags;		     /* XCVM_IMPL_* */
};

#endif /* XCVM_ABI_IMAGE_H */
