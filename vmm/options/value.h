/* SPDX-License-Identifier: ISC */
/*
 * The values of options: numbers, sizes, seconds, NAME=VALUE, lists.
 */
#ifndef VMM_OPTIONS_VALUE_H
#define VMM_OPTIONS_VALUE_H

#include "options/options.h"

/*
 * All functions return 0, or -1 with `why` filled, which begins with the option
 * and its value.
 */

/* An unsigned number, decimal or 0x, from min to max; `cure` is an example. */
int value_number(uint64_t *number, const char *option, const char *text,
    uint64_t min, uint64_t max, const char *cure, struct refusal *why);

/* A number of vCPUs, or that and a "+": as many, or what a case needs. */
int value_vcpus(struct options *options, const char *text, struct refusal *why);

/* A size in bytes, or with K, M or G. */
int value_size(
    uint64_t *size, const char *option, const char *text, struct refusal *why);

/* Seconds with up to three decimals. */
int value_timeout(
    uint32_t *ms, const char *option, const char *text, struct refusal *why);

/* K=V, appended to options->params. */
int value_param(struct options *options, const char *text, struct refusal *why);

/* Who models the x2APIC: kernel or user. */
int value_apic(enum options_apic *apic, const char *text, struct refusal *why);

/* A list of host CPUs that this process may run on, for options->pin. */
int value_pin(struct options *options, const char *text, struct refusal *why);

/* A list of x2APIC ids, no two alike, for options->apic_ids. */
int value_apic_ids(
    struct options *options, const char *text, struct refusal *why);

#endif /* VMM_OPTIONS_VALUE_H */
