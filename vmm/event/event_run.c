/* SPDX-License-Identifier: ISC */
/*
 * The first event of a run: its conditions, all that is needed to repeat it.
 */
#include "base/version.h"
#include "event/case_json.h"
#include "event/event_private.h"
#include "vm/apic.h"

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
options_json(struct json *j, const struct options *options,
    const struct image_case *c, const struct hostinfo *host)
{
	struct fault_plan plan;
	struct refusal why;
	char **command;

	json_u64(j, "vcpus", options->vcpus);
	json_array(j, "apic_ids");
	for (uint32_t i = 0; i < options->vcpus; i++)
		json_u64(j, NULL, options_apic_id(options, i));
	json_array_end(j);
	json_string(j, "apic",
	    options_user_apic(options, c) ? apic_user.name : apic_kernel.name);
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
	if (options_faults(options, c, &plan, &why) == -1)
		fault_plan_free(&plan); /* the run ends for that reason */
	event_plan_json(j, &plan);
	fault_plan_free(&plan);
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
event_run(struct event_sink *sink, const struct options *options,
    const struct image *image, const struct image_case *c, uint64_t mem_size,
    const struct hostinfo *host)
{
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
		json_u64(j, "memory", mem_size);
		options_json(j, options, c, host);
		host_json(j, host);
		event_line_end(sink);
	}
	event_progress(sink, EVENT_TOLD_RUN);
	if (sink->report != NULL)
		report_run(sink->report, options, image, c, mem_size, host);
	event_unlock(sink);
}
