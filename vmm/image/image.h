/* SPDX-License-Identifier: ISC */
/*
 * A guest image that passed every numbered check: its segments, its ABI note
 * and its tables.  Needs no KVM.
 *
 * The whole file is read at once, so an image that is rebuilt while a run is
 * going on changes nothing for that run.  All fields are read-only for
 * everyone outside image/, and may be used from any thread.
 */
#ifndef VMM_IMAGE_IMAGE_H
#define VMM_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xcvm/abi.h>

#include "base/refusal.h"
#include "fault/plan.h"

/* Where segments may lie.  The local APIC's page is above IMAGE_ADDR_MAX. */
#define IMAGE_ADDR_MIN 0x100000ULL
#define IMAGE_ADDR_MAX 0xc0000000ULL

#define IMAGE_READ     0x4 /* = PF_R */
#define IMAGE_WRITE    0x2 /* = PF_W */
#define IMAGE_EXEC     0x1 /* = PF_X */

/*
 * A PT_LOAD with memsz > 0; the bytes from filesz to memsz are zero.  No two
 * segments share a byte, and two that share a 4 KiB page have the same flags.
 */
struct image_segment {
	const uint8_t *data;
	uint64_t filesz;
	uint64_t vaddr;
	uint64_t memsz;
	uint32_t flags; /* IMAGE_READ | ... */
};

struct image_param {
	char *name;
	char *doc;
	uint64_t value; /* the default */
};

struct image_case {
	char *name;
	char *doc;
	char *contract;		/* "O9,O10", or "" */
	char *panic;		/* NULL: none declared */
	char *fault;		/* NULL: no plan of its own */
	struct fault_plan plan; /* `fault`, parsed */
	char *diagnosis;	/* NULL: it must not hang */
	struct image_param *params;
	size_t nparams;
	uint64_t addr; /* its struct xcvm_case in the guest */
	enum xcvm_api api;
	enum xcvm_kind kind;
	uint32_t min_vcpus; /* at least 1 */
	uint32_t max_vcpus; /* 0: no limit */
	uint32_t panic_cpu;
	uint32_t decision; /* the decision that it checks; 0: the API */
	uint32_t limit_ms; /* 0: the default of --timeout */
	uint32_t needs;	   /* XCVM_NEEDS_* */
};

/*
 * The limit_ms of a case that has none, checks a decision of ours and runs
 * against somebody else's implementation: several such cases wait in vain.
 */
#define IMAGE_DIFFERS_MS 10000

struct image_impl {
	char *path;
	char *sha256;
	enum xcvm_api api;
	bool foreign; /* put in place of ours */
};

struct image_vector {
	const char *name;
	uint32_t number;
	uint32_t source; /* its bit in a CPU's pending word */
};

/* A record of the inspection table. */
struct image_record {
	struct xcvm_inspect raw;
	char *name; /* its name, a way's vector's; or NULL */
	const struct image_vector *vector; /* a way's; or NULL */
};

struct image {
	char *path;
	uint8_t *file;
	size_t size;
	char *build_id; /* hex, "" if it has none */
	uint64_t entry;
	uint64_t end;	    /* first byte above the highest segment */
	uint32_t flags;	    /* XCVM_IMAGE_* */
	uint32_t max_vcpus; /* from the note */
	struct image_segment *segments; /* by rising vaddr */
	size_t nsegments;
	struct image_case *cases; /* by API, then by name */
	size_t ncases;
	struct image_impl *impls; /* what is under test; at most one an API */
	size_t nimpls;
	struct image_vector *vectors; /* vectors that have a name */
	size_t nvectors;
	struct image_record *records; /* the inspection table */
	size_t nrecords;
};

/*
 * Open and check the image.  NULL with `why` filled: the file cannot be read,
 * or fails a check, which `why` names.
 */
struct image *image_open(const char *path, struct refusal *why);
void image_close(struct image *image);

/* Are its CPUs its own, on one vCPU? */
bool image_is_model(const struct image *image);

/* The case of that name; NULL if there is none. */
const struct image_case *image_find(
    const struct image *image, const char *name);

/* Is the address inside an executable segment's code? */
bool image_executable(const struct image *image, uint64_t addr);

/*
 * Can the case run in that image, on that many vCPUs?  If not, `why` is the
 * reason of the skip: "needs at least 2 vCPUs, has 1".
 */
bool image_case_fits(const struct image *image, const struct image_case *c,
    uint32_t vcpus, struct refusal *why);

/* What implements the case's API, as far as the image says; or NULL. */
const struct image_impl *image_impl(
    const struct image *image, const struct image_case *c);

/* Is somebody else's file under test in the case's API? */
bool image_foreign(const struct image *image, const struct image_case *c);

/* The vector of that name, or of that number; NULL if the image names none. */
const struct image_vector *image_vector_named(
    const struct image *image, const char *name);
const struct image_vector *image_vector(
    const struct image *image, uint32_t number);

const char *image_api_name(enum xcvm_api api);	  /* "cpu_xcall", ... */
const char *image_kind_name(enum xcvm_kind kind); /* "conformance", ... */

#endif /* VMM_IMAGE_IMAGE_H */
