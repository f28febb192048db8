/* SPDX-License-Identifier: ISC */
/*
 * One run: all that it needs, from options to a started VM, and its end told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "event/end.h"
#include "event/run.h"
#include "run/run.h"
#include "run/run_private.h"
#include "run/signals.h"
#include "vm/kvm.h"
#include "vm/stats.h"
#include "vm/vcpu.h"

/* Probe KVM, if this program is to model the APICs.  0 or -1. */
static int
probe(struct run *run, const struct kvm *kvm, struct failure *why)
{
	if (run->probed || run->apic != OPTIONS_APIC_USER)
		return (0);
	if (apic_probe(kvm, &run->apic_host, why) == -1)
		return (-1);
	run->probed = true;
	return (0);
}

/* Find out what the first event tells of KVM; what cannot be had is unknown. */
static void
probe_early(struct run *run, struct hostinfo *host)
{
	bool user = run->apic == OPTIONS_APIC_USER;
	bool bench = run->test->kind == XCVM_KIND_BENCH;
	struct failure why;
	struct kvm kvm;

	if (!(user || bench) || kvm_open(&kvm, &why) == -1)
		return;
	if (user) {
		host->late_known = probe(run, &kvm, &why) == 0;
		host->late = run->apic_host.late;
	}
	if (bench)
		host->tsc_khz = kvm_tsc_khz(&kvm);
	kvm_close(&kvm);
}

/* --- what the VM tells of while it runs --- */

static bool
on_request(struct vcpu *vcpu, uint32_t gpa)
{
	const struct run *run = vcpu->vm->config.owner;

	return (port_request(run->port, vcpu, gpa));
}

static void
on_entered(struct vcpu *vcpu, uint64_t address)
{
	const struct run *run = vcpu->vm->config.owner;

	inject_entered(run->inject, vcpu, address);
}

static void
on_walked(struct vcpu *vcpu)
{
	const struct run *run = vcpu->vm->config.owner;

	inject_walked(run->inject, vcpu);
}

static size_t
on_sent(struct vm *vm, const struct ipi *sent, struct ipi now[VM_ARRIVALS_MAX])
{
	const struct run *run = vm->config.owner;

	return (inject_sent(run->inject, sent, now));
}

static const struct vm_hooks hooks = {
    .request = on_request,
    .entered = on_entered,
    .walked = on_walked,
    .sent = on_sent,
};

/* Let the VM run, with all that hangs on its hooks. */
static int
start(struct run *run, struct vm *vm, struct failure *why)
{
	if (inject_open(&run->inject, vm, &run->plan, run->sink, why) == -1)
		return (-1);
	run->port = port_open(vm, run->sink, why);
	if (run->port == NULL || vm_start(vm, why) == -1)
		return (-1);
	inject_start(run->inject);
	return (0);
}

static int
boot(struct run *run, const struct kvm *kvm, struct failure *why)
{
	static const struct apic_ops *const apics[] = {
	    [OPTIONS_APIC_KERNEL] = &apic_kernel,
	    [OPTIONS_APIC_USER] = &apic_user,
	};
	struct vm_config config = {
	    .options = run->options,
	    .image = run->image,
	    .test = run->test,
	    .layout = &run->layout,
	    .kvm = kvm,
	    .apic = apics[run->apic],
	    .apic_host = &run->apic_host,
	    .symbols = run->symbols,
	    .wake_fd = run->wake_fd,
	    .hooks = &hooks,
	    .owner = run,
	};
	uint32_t vcpus = run->options->vcpus, max_id = 0;
	struct vm vm;
	int result;

	for (uint32_t cpu = 0; cpu < vcpus; cpu++)
		if (options_apic_id(run->options, cpu) > max_id)
			max_id = options_apic_id(run->options, cpu);
	if (kvm_allows(kvm, vcpus, max_id, why) == -1 ||
	    probe(run, kvm, why) == -1 || vm_create(&vm, &config, why) == -1)
		return (-1);
	result = start(run, &vm, why);
	if (result == 0)
		run_conduct(run, &vm);
	/* The hooks use `inject` and `port` until vm_stop() has returned. */
	vm_stop(&vm);
	inject_close(run->inject);
	port_close(run->port);
	vm_destroy(&vm);
	return (result);
}

/* Run the case: 0 with a verdict, or -1 without one and with `why` filled. */
static int
execute(struct run *run, struct failure *why)
{
	struct refusal refusal;
	struct kvm kvm;
	int result;

	if (!image_case_fits(
		run->image, run->test, run->options->vcpus, &refusal))
		return (fail(why, VERDICT_SKIP, "%s", refusal.text));
	if (run->options->apic == OPTIONS_APIC_KERNEL &&
	    fault_plan_user_only(&run->test->plan))
		return (fail(why, VERDICT_SKIP,
		    "its fault plan, %s, needs --apic user", run->test->fault));
	if (options_settle_plan(&run->plan, run->image, run->options->vcpus,
		run->apic, &refusal) == -1)
		return (fail(why, VERDICT_USAGE, "%s", refusal.text));
	if (kvm_open(&kvm, why) == -1)
		return (-1);
	result = boot(run, &kvm, why);
	kvm_close(&kvm);
	return (result);
}

static void
tell_conditions(
    const struct run *run, const struct hostinfo *host, uint64_t mem_size)
{
	const struct event_run event = {
	    .options = run->options,
	    .image = run->image,
	    .test = run->test,
	    .apic = run->apic,
	    .faults = &run->plan,
	    .host = host,
	    .mem_size = mem_size,
	};

	event_run(run->sink, &event);
}

static void
tell_end(struct run *run)
{
	const struct run_result *result = run->result;
	struct event_end event = {
	    .options = run->options,
	    .test = run->test,
	};

	event.verdict = result->verdict;
	event.reason = result->reason;
	event.diagnosis = result->diagnosis;
	event.elapsed_us = result->elapsed_us;
	event.insn_cycles = result->insn_cycles;
	event.failed_checks = result->failed_checks;
	event.faults = &run->plan;
	event.injected = run->injected;
	event.interrupted = result->interrupted;
	event.stats = run->stats;
	event_end(run->sink, &event);
}

void
run_case(const struct options *given, const struct image *image,
    const struct image_case *test, struct event_sink *sink,
    struct run_result *result)
{
	struct options own = *given, *options = &own;
	struct run run = {
	    .options = options,
	    .image = image,
	    .test = test,
	    .sink = sink,
	    .result = result,
	    .apic = options_apic_of(options, test),
	    .start_us = clock_us(),
	};
	struct failure why;
	struct hostinfo host;
	struct refusal refused;
	bool raised;
	int fits;

	options->vcpus = options_vcpus(given, test);
	/* Nobody has asked for so many: a host that cannot is no mistake. */
	raised = options->vcpus != given->vcpus;
	fits = boot_layout(&run.layout, options, image, &why);
	memset(result, 0, sizeof(*result));
	if (options_faults(options, test, &run.plan, &refused) == -1)
		fits = fail(&why, VERDICT_USAGE, "%s", refused.text);
	hostinfo_read(&host);
	probe_early(&run, &host);
	tell_conditions(
	    &run, &host, fits == 0 ? run.layout.mem_size : options->mem);
	run.symbols = symbol_open(image);
	if (fits == -1 || signals_take(sink, &run.wake_fd, &why) == -1) {
		run_decide(&run, why.verdict, "%s", why.text);
	} else {
		int code = execute(&run, &why);

		if (signals_interrupt() != 0 && !run.decided)
			run_decide_interrupt(&run, signals_interrupt());
		else if (code == -1)
			run_decide(&run,
			    raised && why.verdict == VERDICT_USAGE
				? VERDICT_SKIP
				: why.verdict,
			    "%s", why.text);
		signals_give_back();
	}
	tell_end(&run);
	if (result->interrupted == 0 && event_failed(sink) != NULL)
		run_decide(&run, VERDICT_USAGE, "%s", event_failed(sink));
	stats_free(run.stats);
	free(run.injected);
	fault_plan_free(&run.plan);
	symbol_close(run.symbols);
}
