/* SPDX-License-Identifier: ISC */
/*
 * The values of options: numbers, sizes, seconds, NAME=VALUE, lists.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "options/value.h"

#define HOST_CPUS_MAX  8192
#define TIMEOUT_MAX_MS 86400000

/* Scan a number; `*end` is behind it.  0, EINVAL or ERANGE. */
static int
scan(const char *text, uint64_t *number, const char **end)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *stop;

	if (hex ? !isxdigit((unsigned char)text[2])
		: !isdigit((unsigned char)text[0]))
		return (EINVAL);
	errno = 0;
	*number = strtoull(text, &stop, hex ? 16 : 10);
	*end = stop;
	return (errno);
}

int
value_number(uint64_t *number, const char *option, const char *text,
    uint64_t min, uint64_t max, const char *cure, struct refusal *why)
{
	const char *end;
	int error;

	error = scan(text, number, &end);
	if (error == EINVAL || *end != '\0')
		return (refuse(why, "%s '%s': not a number: say %s %s", option,
		    text, option, cure));
	if (error != 0 || *number < min || *number > max)
		return (refuse(why,
		    "%s %s: must be from %" PRIu64 " to %" PRIu64 ": say %s %s",
		    option, text, min, max, option, cure));
	return (0);
}

int
value_vcpus(struct options *options, const char *text, struct refusal *why)
{
	size_t length = strlen(text);
	uint64_t number;
	char digits[24];

	options->vcpus_most = 0;
	if (length > 1 && length < sizeof(digits) && text[length - 1] == '+') {
		memcpy(digits, text, length - 1);
		digits[length - 1] = '\0';
		options->vcpus_most = OPTIONS_VCPUS_MAX;
		text = digits;
	}
	if (value_number(
		&number, "--vcpus", text, 1, OPTIONS_VCPUS_MAX, "2", why) == -1)
		return (-1);
	options->vcpus = (uint32_t)number;
	options->vcpus_given = true;
	return (0);
}

int
value_size(
    uint64_t *size, const char *option, const char *text, struct refusal *why)
{
	static const char units[] = "KMG";
	const char *end, *unit = NULL;
	unsigned shift = 0;
	int error;

	error = scan(text, size, &end);
	if (error != EINVAL && *end != '\0') {
		unit = strchr(units, toupper((unsigned char)*end));
		if (unit != NULL) {
			shift = 10 * (unsigned)(unit - units + 1);
			end++;
		}
	}
	if (error == EINVAL || *end != '\0')
		return (refuse(why, "%s '%s': not a size: say %s 64M", option,
		    text, option));
	if (error != 0 || *size > OPTIONS_MEM_MAX >> shift ||
	    *size << shift < OPTIONS_MEM_MIN)
		return (refuse(why,
		    "%s %s: must be from %lluM to %lluG, as the local APIC's "
		    "page lies above: say %s 64M",
		    option, text, OPTIONS_MEM_MIN >> 20, OPTIONS_MEM_MAX >> 30,
		    option));
	*size <<= shift;
	if (*size % 4096 != 0)
		return (refuse(why,
		    "%s %s: must be a multiple of 4K: say %s %" PRIu64 "K",
		    option, text, option, (*size / 4096 + 1) * 4));
	return (0);
}

int
value_timeout(
    uint32_t *ms, const char *option, const char *text, struct refusal *why)
{
	uint64_t seconds = 0, fraction = 0, scale = 1000;
	const char *at = text;

	if (!isdigit((unsigned char)*at))
		goto malformed;
	for (; isdigit((unsigned char)*at); at++) {
		if (seconds <= TIMEOUT_MAX_MS)
			seconds = seconds * 10 + (uint64_t)(*at - '0');
	}
	if (*at == '.') {
		at++;
		if (!isdigit((unsigned char)*at))
			goto malformed;
		for (; isdigit((unsigned char)*at); at++) {
			scale /= 10;
			fraction += (uint64_t)(*at - '0') * scale;
		}
	}
	if (*at != '\0')
		goto malformed;
	if (seconds * 1000 + fraction == 0 ||
	    seconds * 1000 + fraction > TIMEOUT_MAX_MS)
		return (refuse(why,
		    "%s %s: must be from 0.001 to %d seconds: say %s 30",
		    option, text, TIMEOUT_MAX_MS / 1000, option));
	*ms = (uint32_t)(seconds * 1000 + fraction);
	return (0);

malformed:
	return (refuse(why, "%s '%s': not a number of seconds: say %s 30",
	    option, text, option));
}

int
value_param(struct options *options, const char *text, struct refusal *why)
{
	const char *equals = strchr(text, '=');
	struct options_param *more, *p;
	const char *end;

	if (equals == NULL || equals == text)
		return (refuse(why,
		    "--param '%s': not of the form NAME=VALUE: say --param "
		    "budget_ms=500",
		    text));
	more = array_grow(options->params, options->nparams, sizeof(*more));
	if (more == NULL)
		return (refuse(why, "--param %s: out of memory", text));
	options->params = more;
	p = &more[options->nparams];
	if (scan(equals + 1, &p->value, &end) != 0 || *end != '\0')
		return (refuse(why,
		    "--param %s: the value is not an unsigned 64-bit number, "
		    "decimal or 0x...: say --param %.*s=500",
		    text, (int)(equals - text), text));
	p->name = strndup(text, (size_t)(equals - text));
	if (p->name == NULL)
		return (refuse(why, "--param %s: out of memory", text));
	options->nparams++;
	for (size_t i = 0; i + 1 < options->nparams; i++) {
		if (strcmp(more[i].name, p->name) == 0)
			return (refuse(why,
			    "--param %s: %s is given twice: say it once", text,
			    p->name));
	}
	return (0);
}

/* The CPUs this process may use, as a list; NULL when it cannot be told. */
static char *
usable_cpus(const cpu_set_t *set, size_t size)
{
	uint32_t *ids = calloc(HOST_CPUS_MAX, sizeof(*ids));
	size_t count = 0;
	char *text;

	if (ids == NULL)
		return (NULL);
	for (uint32_t i = 0; i < HOST_CPUS_MAX; i++) {
		if (CPU_ISSET_S(i, size, set))
			ids[count++] = i;
	}
	text = cpulist_format(ids, count);
	free(ids);
	return (text);
}

int
value_apic(enum options_apic *apic, const char *text, struct refusal *why)
{

	if (strcmp(text, "kernel") == 0)
		*apic = OPTIONS_APIC_KERNEL;
	else if (strcmp(text, "user") == 0)
		*apic = OPTIONS_APIC_USER;
	else
		return (refuse(why,
		    "--apic %s: must be kernel or user: say --apic kernel",
		    text));
	return (0);
}

int
value_pin(struct options *options, const char *text, struct refusal *why)
{
	size_t size = CPU_ALLOC_SIZE(HOST_CPUS_MAX);
	cpu_set_t *set;
	int error = 0;

	cpulist_free(&options->pin);
	if (cpulist_parse(&options->pin, "--pin", text, HOST_CPUS_MAX - 1,
		HOST_CPUS_MAX, why) == -1)
		return (-1);
	set = CPU_ALLOC(HOST_CPUS_MAX);
	if (set == NULL)
		return (refuse(why, "--pin %s: out of memory", text));
	CPU_ZERO_S(size, set);
	if (sched_getaffinity(0, size, set) == -1)
		error = refuse(why,
		    "--pin %s: the CPUs of this host cannot be told: %s", text,
		    strerror(errno));
	for (size_t i = 0; error == 0 && i < options->pin.count; i++) {
		char *usable;

		if (CPU_ISSET_S(options->pin.id[i], size, set))
			continue;
		usable = usable_cpus(set, size);
		error = refuse(why,
		    "--pin %s: CPU %" PRIu32
		    " is not online or not allowed here: choose from %s",
		    text, options->pin.id[i], usable != NULL ? usable : "?");
		free(usable);
	}
	CPU_FREE(set);
	return (error);
}

int
value_apic_ids(struct options *options, const char *text, struct refusal *why)
{
	bool seen[OPTIONS_APIC_MAX + 1] = {false};

	cpulist_free(&options->apic_ids);
	if (cpulist_parse(&options->apic_ids, "--apic-ids", text,
		OPTIONS_APIC_MAX, OPTIONS_APIC_MAX + 1, why) == -1)
		return (-1);
	for (size_t i = 0; i < options->apic_ids.count; i++) {
		uint32_t id = options->apic_ids.id[i];

		if (seen[id])
			return (refuse(why,
			    "--apic-ids %s: id %" PRIu32
			    " is given twice: every vCPU needs its own",
			    text, id));
		seen[id] = true;
	}
	return (0);
}
