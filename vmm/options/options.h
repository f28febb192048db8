/* SPDX-License-Identifier: ISC */
/*
 * The command line as one checked struct.  Every refusal names the option,
 * the value and the cure.
 */
#ifndef VMM_OPTIONS_OPTIONS_H
#define VMM_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpulist.h"
#include "base/refusal.h"
#include "fault/plan.h"
#include "image/image.h"
#include "options/schedule.h"

#define OPTIONS_VCPUS	   2
#define OPTIONS_VCPUS_MAX  4095 /* KVM's own limit is checked later */
#define OPTIONS_APIC_MAX   4094 /* highest x2APIC id */
#define OPTIONS_MEM	   (64ULL << 20)
#define OPTIONS_MEM_MIN	   (2ULL << 20)
#define OPTIONS_MEM_MAX	   IMAGE_ADDR_MAX
#define OPTIONS_TIMEOUT_MS 30000
#define OPTIONS_JOBS_MAX   256
#define OPTIONS_CASE	   "smoke"

enum options_mode {
	OPTIONS_RUN,	/* --case, or nothing */
	OPTIONS_EACH,	/* --each[=GLOB] */
	OPTIONS_LIST,	/* --list */
	OPTIONS_HELP,	/* --help */
	OPTIONS_VERSION /* --version */
};

enum options_apic {
	OPTIONS_APIC_ANY, /* not given: kernel, or user if the case's fault
			     plan needs it */
	OPTIONS_APIC_KERNEL,
	OPTIONS_APIC_USER
};

struct options_param {
	char *name;
	uint64_t value;
};

struct options {
	enum options_mode mode;
	const char *program; /* argv[0] */
	const char *image;
	const char *case_name;
	const char *glob; /* of --each; "*" if none was given */
	uint32_t vcpus;
	uint32_t vcpus_most; /* of --vcpus N+: see options_vcpus(); 0: not so */
	bool vcpus_given;
	uint64_t mem;	/* multiple of 4 KiB */
	bool mem_given; /* false: may be grown to what the vCPUs need */
	enum options_apic apic;
	struct cpulist apic_ids; /* empty: CPU i has id i */
	struct cpulist pin;	 /* empty: none; else CPU i: id[i % count] */
	struct options_param *params;
	size_t nparams;
	uint64_t seed;
	struct fault_plan faults; /* of every --fault, in their order */
	uint32_t timeout_ms;	  /* --timeout; 0: not given */
	const char *core;	  /* NULL: none */
	const char *schedule_out; /* NULL: none */
	struct schedule replay;	  /* its path is NULL: none */
	bool replay_prefix;	  /* of another build, as far as it fits */
	const char *events;	  /* NULL: none; "-": standard output */
	unsigned jobs;		  /* of --each */
	bool quiet;
};

/*
 * Parse argv.  `options` points into argv from then on.  0, or -1 with `why`
 * filled; options_free() either way.
 */
int options_parse(
    struct options *options, int argc, char **argv, struct refusal *why);

/*
 * Check the options against the image: case or glob, vCPU count (the default is
 * lowered to what the image supports, a given one is refused), x2APIC ids,
 * parameters, fault plan.  0, or -1 with `why` filled.
 */
int options_settle(
    struct options *options, const struct image *image, struct refusal *why);

/*
 * Is this the case of --case, or one that --each runs?  Bench cases only if the
 * glob is another than "*".
 */
bool options_chosen(const struct options *options, const struct image_case *c);

/*
 * Check, as the file system is now, that the file of --events does not replace
 * the image; that the file of --core replaces neither the image nor the file of
 * --events, nor what is no regular file.  0, or -1 with `why` filled.
 */
int options_events_file(const struct options *options, struct refusal *why);
int options_core_file(const struct options *options, struct refusal *why);

void options_free(struct options *options);

/*
 * The vCPUs that a case runs with: those of --vcpus; with --vcpus N+ as many as
 * it needs, if the image supports them.
 */
uint32_t options_vcpus(
    const struct options *options, const struct image_case *c);

/* The x2APIC id of a vCPU. */
uint32_t options_apic_id(const struct options *options, uint32_t cpu);

/*
 * The plan that a case runs under: its own entries, and after them those of
 * --fault.  0, or -1 with `why` filled; fault_plan_free() either way.
 */
int options_faults(const struct options *options, const struct image_case *c,
    struct fault_plan *plan, struct refusal *why);

/*
 * Check a plan against the image and the VM that it is to run on: its CPUs
 * exist, its vectors get their numbers, its functions are in the image.  With
 * KVM's own APIC, where an NMI cannot take the place of an interrupt, an entry
 * of kind nmi without every_us gets a period.  0, or -1 with `why` filled.
 */
int options_settle_plan(struct fault_plan *plan, const struct image *image,
    uint32_t ncpus, enum options_apic apic, struct refusal *why);

/*
 * Whose local APICs the case runs with: OPTIONS_APIC_KERNEL or _USER.  If
 * --apic was not given, _USER only if the case's own plan needs it.
 */
enum options_apic options_apic_of(
    const struct options *options, const struct image_case *c);

/* "kernel", "user": as --apic and the events say. */
const char *options_apic_name(enum options_apic apic);

/*
 * The wall-clock limit of a run, milliseconds: --timeout, else the case's, else
 * OPTIONS_TIMEOUT_MS.
 */
uint32_t options_timeout_ms(
    const struct options *options, const struct image_case *c);

/*
 * How long a case that must hang is left alone after the guest's first report
 * of a stall, milliseconds, if the limit of the run does not pass before; 0: up
 * to that limit.
 */
uint32_t options_after_stall_ms(const struct image_case *c);

/* The value of a case's parameter: from --param, else its default. */
uint64_t options_param(
    const struct options *options, const struct image_param *param);

/*
 * The argv that repeats one case with the same seed, NULL-terminated; NULL
 * when memory runs out.
 */
char **options_command(
    const struct options *options, const struct image_case *c);
void options_command_free(char **command);

/* The text of --help. */
extern const char options_help[];

#endif /* VMM_OPTIONS_OPTIONS_H */
