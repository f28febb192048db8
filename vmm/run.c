/* SPDX-License-Identifier: ISC */
/*
 * One run, from options to a verdict: the only place that decides it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apic_probe.h"
#include "boot.h"
#include "core.h"
#include "deadlock.h"
#include "diag.h"
#include "event.h"
#include "fault_vm.h"
#include "hostinfo.h"
#include "judge.h"
#include "kvm.h"
#include "run.h"
#include "signals.h"
#include "stats.h"
#include "symbol.h"
#include "vcpu.h"
#include "vm.h"

struct run {
	const struct options *options;
	const struct image *image;
	const struct image_case *test;
	struct event_sink *sink;
	struct run_result *result;
	struct boot_layout layout;
	struct symbols *symbols;
	struct fault_plan plan;
	struct fault_count *injected; /* by entry of the plan; or NULL */
	struct stats *stats;
	struct apic_host apic_host;
	bool probed; /* apic_host is filled */
	int wake_fd;
	uint64_t start_us;
	bool decided;
};

static void decide(struct run *run, enum verdict verdict, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The verdict; the first one is told. */
static void
decide(struct run *run, enum verdict verdict, const char *fmt, ...)
{
	struct run_result *result = run->result;
	va_list ap;

	run->decided = true;
	result->elapsed_us = time_us() - run->start_us;
	result->verdict = verdict;
	result->code = verdict_code(verdict);
	va_start(ap, fmt);
	vsnprintf(result->reason, sizeof(result->reason), fmt, ap);
	va_end(ap);
}

static void
decide_interrupt(struct run *run, int sig)
{
	decide(run, VERDICT_FAIL, "interrupted by %s", signals_name(sig));
	run->result->interrupted = sig;
	run->result->code = 128 + sig;
}

/* The verdict on the guest, seen in the light of what was under test. */
static void
decide_guest(struct run *run, struct failure *verdict)
{
	judge_decision(run->image, run->test, verdict);
	decide(run, verdict->verdict, "%s", verdict->text);
}

/* The vCPUs have been told of; a case may have passed by that. */
static void
write_core(
    const struct run *run, const struct vm *vm, const struct ending *ending)
{
	if (run->options->core != NULL && run->result->verdict != VERDICT_PASS)
		core_write(vm, ending);
}

/* The guest has ended its part, and the VM is paused. */
static void
conclude(struct run *run, const struct vm *vm)
{
	const struct ending *ending = &vm->ending;
	bool expected = judge_expected(run->test, ending);
	struct symbol frames[BACKTRACE_FRAMES];
	struct event_panic panic;
	struct failure verdict;
	bool crashed;

	run->result->insn_cycles = ending->insn_cycles;
	judge(run->test, ending, vm->failed_checks, &verdict);
	crashed = verdict.verdict == VERDICT_CRASH;
	/* An exit that cannot be is nobody's decision. */
	if (ending->kind == ENDING_CRASH)
		decide(run, verdict.verdict, "%s", verdict.text);
	else
		decide_guest(run, &verdict);
	if (ending->kind == ENDING_PANIC) {
		memset(&panic, 0, sizeof(panic));
		panic.cpu = ending->cpu;
		panic.message = ending->text;
		panic.expected = expected;
		panic.regs = ending->has_regs ? &ending->regs : NULL;
		panic.frames = frames;
		if (!expected)
			panic.nframes = diag_panic(vm, ending, frames);
		event_panic(run->sink, &panic);
	}
	if (crashed) {
		diag_all(vm, "crash", ending);
		write_core(run, vm, ending);
	}
}

/* The guest has not come to an end, and the VM is paused. */
static void
hang(struct run *run, const struct vm *vm, bool dead)
{
	char sentence[FAILURE_TEXT_MAX];
	enum diagnosis_verdict found;
	struct failure verdict;

	found = diag_hang(vm, dead, run->test->diagnosis, sentence);
	run->result->diagnosis = diagnosis_name(found);
	judge_hang(run->test, run->result->diagnosis, sentence,
	    vm->failed_checks, &verdict);
	decide_guest(run, &verdict);
}

static bool
guest_ended(struct vm *vm)
{
	bool ended;

	pthread_mutex_lock(&vm->report_lock);
	ended = vm->ending.kind != ENDING_NONE;
	pthread_mutex_unlock(&vm->report_lock);
	return (ended);
}

/* When the run is over, as far as is known. */
static uint64_t
deadline(const struct run *run, struct vm *vm)
{
	uint64_t end, stalled;
	uint32_t settle_ms = options_settle_ms(run->options, run->test);

	end = run->start_us +
	      (uint64_t)options_timeout_ms(run->options, run->test) * 1000;
	pthread_mutex_lock(&vm->report_lock);
	stalled = vm->stalled_us;
	pthread_mutex_unlock(&vm->report_lock);
	if (settle_ms != 0 && stalled != 0 &&
	    stalled + (uint64_t)settle_ms * 1000 < end)
		end = stalled + (uint64_t)settle_ms * 1000;
	return (end);
}

/* Wait for whatever ends the run first. */
static enum wake
wait_for_end(struct run *run, struct vm *vm)
{
	struct deadlock deadlock;

	deadlock_begin(&deadlock, vm);
	for (;;) {
		uint64_t end = deadline(run, vm);
		/* A measurement is not to be paused. */
		bool look = run->test->kind != XCVM_KIND_BENCH &&
			    deadlock.next_us < end;
		enum wake wake = signals_wait(look ? deadlock.next_us : end);

		if (wake == WAKE_TIMEOUT && look) {
			if (deadlock_look(&deadlock))
				return (WAKE_DEAD);
		} else if (wake == WAKE_DUMP) {
			vm_pause(vm);
			diag_all(vm, "sigquit", NULL);
			vm_resume(vm);
		} else if (wake != WAKE_GUEST || guest_ended(vm)) {
			return (wake);
		}
	}
}

static void
read_stats(struct run *run, const struct vm *vm)
{
	struct stats_files *files;

	if (!event_wanted(run->sink))
		return;
	files = stats_open(vm);
	run->stats = stats_sample(files);
	stats_close(files);
}

static void
read_faults(struct run *run, struct vm *vm)
{
	run->injected = calloc(run->plan.count + 1, sizeof(*run->injected));
	for (size_t i = 0; run->injected != NULL && i < run->plan.count; i++) {
		run->injected[i] = fault_vm_count(vm, i);
		run->result->faults += run->injected[i].injected;
	}
}

/* From a started VM to a verdict. */
static void
conduct(struct run *run, struct vm *vm)
{
	enum wake wake = wait_for_end(run, vm);
	bool cut = vm_cut(vm);

	vm_pause(vm);
	run->result->failed_checks = vm->failed_checks;
	read_faults(run, vm);
	if (wake == WAKE_INTERRUPT) {
		decide_interrupt(run, signals_interrupt());
		return;
	}
	if (wake == WAKE_EVENTS) {
		decide(run, VERDICT_USAGE, "%s", event_failed(run->sink));
	} else if (cut) {
		hang(run, vm, wake == WAKE_DEAD);
		write_core(run, vm, NULL);
	} else {
		conclude(run, vm);
	}
	read_stats(run, vm);
}

/* What KVM is like, if this program is to model its APICs.  0 or -1. */
static int
probe(struct run *run, const struct kvm *kvm, struct failure *why)
{
	if (run->probed || !options_user_apic(run->options, run->test))
		return (0);
	if (apic_probe(kvm, &run->apic_host, why) == -1)
		return (-1);
	run->probed = true;
	return (0);
}

/* The same for the first event, where a KVM that cannot be had is unknown. */
static void
probe_early(struct run *run, struct hostinfo *host)
{
	bool user = options_user_apic(run->options, run->test);
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

static int
boot(struct run *run, const struct kvm *kvm, struct failure *why)
{
	struct vm_config config = {
	    .options = run->options,
	    .image = run->image,
	    .test = run->test,
	    .layout = &run->layout,
	    .kvm = kvm,
	    .apic = options_user_apic(run->options, run->test) ? &apic_user
							       : &apic_kernel,
	    .apic_host = &run->apic_host,
	    .faults = &run->plan,
	    .sink = run->sink,
	    .symbols = run->symbols,
	    .wake_fd = run->wake_fd,
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
	result = vm_start(&vm, why);
	if (result == 0)
		conduct(run, &vm);
	vm_destroy(&vm);
	return (result);
}

/* 0 with a verdict, or -1 if it did not come to one. */
static int
execute(struct run *run, struct failure *why)
{
	struct refusal refusal;
	struct kvm kvm;
	int result;

	if (!image_case_fits(run->test, run->options->vcpus, &refusal))
		return (fail(why, VERDICT_SKIP, "%s", refusal.text));
	if (run->options->apic == OPTIONS_APIC_KERNEL &&
	    options_needs_user_apic(run->test))
		return (fail(why, VERDICT_SKIP,
		    "its fault plan, %s, needs --apic user", run->test->fault));
	if (fault_plan_settle(&run->plan, run->image, run->options->vcpus,
		options_user_apic(run->options, run->test), &refusal) == -1)
		return (fail(why, VERDICT_USAGE, "%s", refusal.text));
	if (kvm_open(&kvm, why) == -1)
		return (-1);
	result = boot(run, &kvm, why);
	kvm_close(&kvm);
	return (result);
}

static void
tell_end(struct run *run)
{
	const struct run_result *result = run->result;
	struct event_end event;

	memset(&event, 0, sizeof(event));
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
run_case(const struct options *options, const struct image *image,
    const struct image_case *test, struct event_sink *sink,
    struct run_result *result)
{
	struct run run = {
	    .options = options,
	    .image = image,
	    .test = test,
	    .sink = sink,
	    .result = result,
	    .start_us = time_us(),
	};
	struct failure why;
	struct hostinfo host;
	struct refusal refused;
	int fits = boot_layout(&run.layout, options, image, &why);

	memset(result, 0, sizeof(*result));
	if (options_faults(options, test, &run.plan, &refused) == -1)
		fits = fail(&why, VERDICT_USAGE, "%s", refused.text);
	hostinfo_read(&host);
	probe_early(&run, &host);
	event_run(sink, options, image, test,
	    fits == 0 ? run.layout.mem_size : options->mem, &host);
	run.symbols = symbol_open(image);
	if (fits == -1 || signals_take(sink, &run.wake_fd, &why) == -1) {
		decide(&run, why.verdict, "%s", why.text);
	} else {
		int code = execute(&run, &why);

		if (signals_interrupt() != 0 && !run.decided)
			decide_interrupt(&run, signals_interrupt());
		else if (code == -1)
			decide(&run, why.verdict, "%s", why.text);
		signals_give_back();
	}
	tell_end(&run);
	if (result->interrupted == 0 && event_failed(sink) != NULL)
		decide(&run, VERDICT_USAGE, "%s", event_failed(sink));
	stats_free(run.stats);
	free(run.injected);
	fault_plan_free(&run.plan);
	symbol_close(run.symbols);
}
