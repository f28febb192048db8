/* SPDX-License-Identifier: ISC */
/*
 * Parsing the command line.
 */
#include <sys/random.h>

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/closest.h"
#include "options/value.h"

enum {
	OPT_LIST = 256,
	OPT_CASE,
	OPT_EACH,
	OPT_VCPUS,
	OPT_MEM,
	OPT_APIC,
	OPT_APIC_IDS,
	OPT_PIN,
	OPT_PARAM,
	OPT_SEED,
	OPT_FAULT,
	OPT_CORE,
	OPT_SCHEDULE,
	OPT_REPLAY,
	OPT_REPLAY_PREFIX,
	OPT_TIMEOUT,
	OPT_EVENTS,
	OPT_VERSION
};

static const struct option long_options[] = {
    {"list", no_argument, NULL, OPT_LIST},
    {"case", required_argument, NULL, OPT_CASE},
    {"each", optional_argument, NULL, OPT_EACH},
    {"vcpus", required_argument, NULL, OPT_VCPUS},
    {"mem", required_argument, NULL, OPT_MEM},
    {"apic", required_argument, NULL, OPT_APIC},
    {"apic-ids", required_argument, NULL, OPT_APIC_IDS},
    {"pin", required_argument, NULL, OPT_PIN},
    {"param", required_argument, NULL, OPT_PARAM},
    {"seed", required_argument, NULL, OPT_SEED},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"core", required_argument, NULL, OPT_CORE},
    {"schedule", required_argument, NULL, OPT_SCHEDULE},
    {"replay", required_argument, NULL, OPT_REPLAY},
    {"replay-prefix", required_argument, NULL, OPT_REPLAY_PREFIX},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"events", required_argument, NULL, OPT_EVENTS},
    {"jobs", required_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static int
set_mode(struct options *options, enum options_mode mode, const char *option,
    const char **first, struct refusal *why)
{

	if (*first != NULL && strcmp(*first, option) != 0)
		return (
		    refuse(why, "%s and %s exclude each other: say one of them",
			*first, option));
	*first = option;
	options->mode = mode;
	return (0);
}

/* Refuse what getopt_long() calls '?' or ':'. */
static int
refuse_option(char **argv, bool missing, struct refusal *why)
{
	const char *names[sizeof(long_options) / sizeof(long_options[0])];
	const char *word = argv[optind - 1];
	struct closest closest;
	size_t n, len;

	for (n = 0; long_options[n].name != NULL; n++)
		names[n] = long_options[n].name;
	if (missing)
		return (refuse(
		    why, "%s: a value is missing: see xcvm --help", word));
	if (strncmp(word, "--", 2) != 0)
		return (refuse(
		    why, "-%c: no such option: see xcvm --help", optopt));
	len = strcspn(word + 2, "=");
	for (size_t i = 0; i < n; i++) {
		if (strlen(names[i]) == len &&
		    strncmp(names[i], word + 2, len) == 0)
			return (refuse(why, "%s: --%s takes no value: say --%s",
			    word, names[i], names[i]));
	}
	closest_find(&closest, word + 2, names, n);
	if (closest.count > 0)
		return (refuse(why,
		    "%s: no such option: did you mean --%s? See xcvm --help",
		    word, closest.name[0]));
	return (refuse(why, "%s: no such option: see xcvm --help", word));
}

static const char *
name_of(int opt)
{
	size_t i;

	for (i = 0; long_options[i + 1].name != NULL; i++) {
		if (long_options[i].val == opt)
			break;
	}
	return (long_options[i].name);
}

static int
one_option(
    struct options *options, int opt, const char **mode, struct refusal *why)
{
	uint64_t number;

	if (optarg != NULL && optarg[0] == '\0')
		return (refuse(why, "--%s: the value is empty: see xcvm --help",
		    name_of(opt)));
	switch (opt) {
	case OPT_LIST:
		return (set_mode(options, OPTIONS_LIST, "--list", mode, why));
	case OPT_CASE:
		options->case_name = optarg;
		return (set_mode(options, OPTIONS_RUN, "--case", mode, why));
	case OPT_EACH:
		options->glob = optarg != NULL ? optarg : "*";
		return (set_mode(options, OPTIONS_EACH, "--each", mode, why));
	case OPT_VCPUS:
		return (value_vcpus(options, optarg, why));
	case OPT_MEM:
		options->mem_given = true;
		return (value_size(&options->mem, "--mem", optarg, why));
	case OPT_APIC:
		return (value_apic(&options->apic, optarg, why));
	case OPT_APIC_IDS:
		return (value_apic_ids(options, optarg, why));
	case OPT_PIN:
		return (value_pin(options, optarg, why));
	case OPT_PARAM:
		return (value_param(options, optarg, why));
	case OPT_SEED:
		return (value_number(&options->seed, "--seed", optarg, 0,
		    UINT64_MAX, "42", why));
	case OPT_FAULT:
		return (fault_plan_add(&options->faults, optarg, why));
	case OPT_CORE:
		options->core = optarg;
		return (0);
	case OPT_SCHEDULE:
		options->schedule_out = optarg;
		return (0);
	case OPT_REPLAY_PREFIX:
		options->replay_prefix = true;
		/* FALLTHROUGH */
	case OPT_REPLAY:
		options->replay.path = optarg;
		return (0);
	case OPT_TIMEOUT:
		return (value_timeout(
		    &options->timeout_ms, "--timeout", optarg, why));
	case OPT_EVENTS:
		options->events = optarg;
		return (0);
	case 'j':
		if (value_number(&number, "--jobs", optarg, 1, OPTIONS_JOBS_MAX,
			"2", why) == -1)
			return (-1);
		options->jobs = (unsigned)number;
		return (0);
	case 'q':
		options->quiet = true;
		return (0);
	}
	return (refuse(why, "option %d: not handled", opt));
}

/* What the command line does not say, the schedule says. */
static int
read_schedule(struct options *options, const char *mode, struct refusal *why)
{
	const char *path = options->replay.path;
	struct schedule *s = &options->replay;

	if (path == NULL)
		return (0);
	if (options->mode != OPTIONS_RUN)
		return (refuse(why,
		    "--replay %s: is for one case: leave %s out", path, mode));
	if (schedule_read(s, path, options, why) == -1)
		return (-1);
	if (mode == NULL)
		options->case_name = s->name;
	if (strcmp(options->case_name, s->name) != 0)
		return (refuse(why, "--case %s: %s is of %s: leave --case out",
		    options->case_name, path, s->name));
	if (options->vcpus_given && options->vcpus != s->vcpus)
		return (
		    refuse(why, "--vcpus %u: %s is of %u: leave --vcpus out",
			options->vcpus, path, s->vcpus));
	options->vcpus = s->vcpus;
	options->vcpus_given = true;
	options->seed = s->seed;
	return (0);
}

static int
check_rest(struct options *options, int argc, char **argv, struct refusal *why)
{

	if (optind == argc)
		return (refuse(why,
		    "IMAGE is missing: say xcvm build/xcguest.elf, or xcvm "
		    "--help"));
	if (argc - optind > 1)
		return (refuse(why, "'%s' is left over: name one IMAGE%s",
		    argv[optind + 1],
		    options->mode == OPTIONS_EACH
			? ", and write a pattern as --each=GLOB"
			: ""));
	options->image = argv[optind];
	if (options->jobs != 0 && options->mode != OPTIONS_EACH)
		return (refuse(why,
		    "--jobs %u: is for --each: leave it out, or say --each",
		    options->jobs));
	if (options->jobs == 0)
		options->jobs = 1;
	return (0);
}

int
options_parse(
    struct options *options, int argc, char **argv, struct refusal *why)
{
	const char *mode = NULL;
	int opt;

	memset(options, 0, sizeof(*options));
	options->program = argc > 0 ? argv[0] : "xcvm";
	options->case_name = OPTIONS_CASE;
	options->glob = "*";
	options->vcpus = OPTIONS_VCPUS;
	options->mem = OPTIONS_MEM;
	if (getrandom(&options->seed, sizeof(options->seed), 0) !=
	    sizeof(options->seed))
		return (refuse(why,
		    "--seed: none can be drawn: %s: say --seed "
		    "42",
		    strerror(errno)));
	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, ":hj:q", long_options, NULL)) !=
	       -1) {
		if (opt == 'h') {
			options->mode = OPTIONS_HELP;
			return (0);
		}
		if (opt == OPT_VERSION) {
			options->mode = OPTIONS_VERSION;
			return (0);
		}
		if (opt == '?' || opt == ':')
			return (refuse_option(argv, opt == ':', why));
		if (one_option(options, opt, &mode, why) == -1)
			return (-1);
	}
	if (read_schedule(options, mode, why) == -1)
		return (-1);
	return (check_rest(options, argc, argv, why));
}

void
options_free(struct options *options)
{

	for (size_t i = 0; i < options->nparams; i++)
		free(options->params[i].name);
	free(options->params);
	fault_plan_free(&options->faults);
	free(options->replay.choices);
	options->replay.choices = NULL;
	options->params = NULL;
	options->nparams = 0;
	cpulist_free(&options->apic_ids);
	cpulist_free(&options->pin);
}
