/* SPDX-License-Identifier: ISC */
/*
 * The first event of a run: its conditions, all that is needed to repeat it.
 */
#include <inttypes.h>

#include <xcvm/abi.h>

#include "base/text.h"
#include "base/version.h"
#include "event/case_json.h"
#include "event/fault.h"
#include "event/line.h"
#include "event/run.h"

static void
host_json(struct json *j, const struct hostinfo *host)
{

	json_object(j, "host");
	json_string(j, "module", host->module);
	json_object(j, "params");
	for (size_t i = 0; i < host->nparams; i++)
		json_string(j, host->params[i].name, host->params[i].value);
	json_object_end(j);
	json_string(j, "cpu", host->cpu);
	json_u64(j, "cpus", host->cpus);
	json_string(j, "kernel", host->kernel);
	json_string(
	    j, "governor", host->governor[0] != '\0' ? host->governor : NULL);
	if (host->smt_known)
		json_bool(j, "smt", host->smt);
	else
		json_null(j, "smt");
	json_object_end(j);
}

static void
options_json(struct json *j, const struct event_run *run)
{
	const struct options *options = run->options;
	const struct hostinfo *host = run->host;
	const struct image_case *c = run->test;
	uint32_t vcpus = options_vcpus(options, c);
	char **command;

	json_u64(j, "vcpus", vcpus);
	json_array(j, "apic_ids");
	for (uint32_t i = 0; i < vcpus; i++)
		json_u64(j, NULL, options_apic_id(options, i));
	json_array_end(j);
	json_string(j, "apic", options_apic_name(run->apic));
	if (host->late_known)
		json_bool(j, "late", host->late);
	else
		json_null(j, "late");
	if (host->tsc_khz != 0)
		json_u64(j, "tsc_khz", host->tsc_khz);
	else
		json_null(j, "tsc_khz");
	json_array(j, "pin");
	for (size_t i = 0; i < options->pin.count; i++)
		json_u64(j, NULL, options->pin.id[i]);
	json_array_end(j);
	json_u64(j, "seed", options->seed);
	json_object(j, "params");
	for (size_t i = 0; i < c->nparams; i++)
		json_u64(j, c->params[i].name,
		    options_param(options, &c->params[i]));
	json_object_end(j);
	event_plan_json(j, run->faults);
	json_seconds(
	    j, "timeout", (uint64_t)options_timeout_ms(options, c) * 1000);
	command = options_command(options, c);
	json_array(j, "command");
	for (size_t i = 0; command != NULL && command[i] != NULL; i++)
		json_string(j, NULL, command[i]);
	json_array_end(j);
	options_command_free(command);
}

static void
impls_json(const struct image *image, struct json *j)
{

	json_array(j, "implementations");
	for (size_t i = 0; i < image->nimpls; i++) {
		json_object(j, NULL);
		case_impl_json(&image->impls[i], j);
		json_object_end(j);
	}
	json_array_end(j);
}

void
text_header(FILE *out, const struct image *image, const struct hostinfo *host)
{

	fprintf(out, "host   %s, %s, %u CPU%s, Linux %s\n", host->module,
	    host->cpu, host->cpus, host->cpus == 1 ? "" : "s", host->kernel);
	for (size_t i = 0; i < host->nparams; i++)
		fprintf(out, "%s%s=%s", i == 0 ? "       " : " ",
		    host->params[i].name, host->params[i].value);
	if (host->nparams > 0)
		putc('\n', out);
	fprintf(out, "image  %s%s%s\n", image->path,
	    image->build_id[0] != '\0' ? ", build id " : "", image->build_id);
	for (size_t i = 0; i < image->nimpls; i++) {
		const struct image_impl *impl = &image->impls[i];

		fprintf(out, "tests  %s of ", image_api_name(impl->api));
		text_string(out, impl->path);
		fprintf(out, ", sha256 %s\n", impl->sha256);
	}
}

/* The header of a run; below a line of --each there is none. */
static void
report_run(const struct report *report, const struct event_run *run)
{
	const struct options *options = run->options;
	const struct image_case *c = run->test;
	uint32_t vcpus = options_vcpus(options, c);
	FILE *out = report->config.out;

	if (report->config.style != REPORT_RUN || report->config.quiet)
		return;
	text_header(out, run->image, run->host);
	fprintf(out, "case   %s: ", c->name);
	text_string(out, c->doc);
	fprintf(out,
	    "\n       %s %s%s%s, %" PRIu32 " vCPU%s, %" PRIu64
	    " MiB, seed %" PRIu64 "\n\n",
	    image_api_name(c->api), image_kind_name(c->kind),
	    c->contract[0] != '\0' ? " " : "", c->contract, vcpus,
	    vcpus == 1 ? "" : "s", run->mem_size >> 20, options->seed);
	fflush(out);
}

void
event_run(struct event_sink *sink, const struct event_run *run)
{
	const struct image *image = run->image;
	const struct image_case *c = run->test;
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "run")) {
		json_string(j, "xcvm", XCVM_VERSION);
		json_u64(j, "abi", XCVM_ABI_VERSION);
		json_string(j, "image", image->path);
		json_string(j, "build_id", image->build_id);
		json_bool(j, "multiprocessor",
		    (image->flags & XCVM_IMAGE_MULTIPROCESSOR) != 0);
		json_string(j, "case", c->name);
		json_string(j, "api", image_api_name(c->api));
		json_string(j, "kind", image_kind_name(c->kind));
		case_contract_json(c, j);
		case_decision_json(c, j);
		impls_json(image, j);
		json_u64(j, "memory", run->mem_size);
		options_json(j, run);
		host_json(j, run->host);
		event_line_end(sink);
	}
	event_progress(sink, EVENT_TOLD_RUN);
	if (sink->report != NULL)
		report_run(sink->report, run);
	event_unlock(sink);
}
