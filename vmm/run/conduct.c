/* SPDX-License-Identifier: ISC */
/*
 * From a started VM to a verdict: what ends the run, and what is made of it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "diagnose/deadlock.h"
#include "diagnose/tell.h"
#include "event/guest.h"
#include "run/core.h"
#include "run/judge.h"
#include "run/run.h"
#include "run/run_private.h"
#include "run/signals.h"
#include "vm/stats.h"
#include "vm/vm.h"

void
run_decide(struct run *run, enum verdict verdict, const char *fmt, ...)
{
	struct run_result *result = run->result;
	va_list ap;

	run->decided = true;
	result->elapsed_us = clock_us() - run->start_us;
	result->verdict = verdict;
	result->code = verdict_code(verdict);
	va_start(ap, fmt);
	vsnprintf(result->reason, sizeof(result->reason), fmt, ap);
	va_end(ap);
}

void
run_decide_interrupt(struct run *run, int sig)
{
	run_decide(run, VERDICT_FAIL, "interrupted by %s", signals_name(sig));
	run->result->interrupted = sig;
	run->result->code = 128 + sig;
}

/* Set the verdict on the guest, after judge_decision() has seen it. */
static void
decide_guest(struct run *run, struct failure *verdict)
{
	judge_decision(run->image, run->test, verdict);
	run_decide(run, verdict->verdict, "%s", verdict->text);
}

/* Write the core, unless the case passes: it may declare the hang. */
static void
write_core(
    const struct run *run, const struct vm *vm, const struct ending *ending)
{
	if (run->options->core != NULL && run->result->verdict != VERDICT_PASS)
		core_write(vm, run->sink, ending);
}

/* Decide a run whose guest has ended its part.  The VM is paused. */
static void
conclude(struct run *run, struct vm *vm)
{
	const struct ending *ending = &vm->ending;
	bool expected = judge_expected(run->test, ending);
	struct symbol frames[BACKTRACE_FRAMES];
	struct event_panic panic;
	struct failure verdict;
	bool crashed;

	run->result->insn_cycles = ending->insn_cycles;
	judge(run->test, ending, port_failed_checks(run->port), &verdict);
	crashed = verdict.verdict == VERDICT_CRASH;
	if (verdict.verdict == VERDICT_HANG)
		run->result->diagnosis = diagnosis_name(DIAGNOSIS_DEAD);
	/* An exit or a request that is not allowed is no decision of ours. */
	if (ending->kind == ENDING_CRASH)
		run_decide(run, verdict.verdict, "%s", verdict.text);
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
			panic.nframes = tell_panic(vm, ending, frames);
		event_panic(run->sink, &panic);
	}
	if (crashed || verdict.verdict == VERDICT_HANG) {
		tell_vcpus(vm, run->sink, crashed ? "crash" : "hang", ending);
		write_core(run, vm, ending);
	}
}

/* Decide a run whose guest has not come to an end.  The VM is paused. */
static void
hang(struct run *run, struct vm *vm, bool dead)
{
	char sentence[FAILURE_TEXT_MAX];
	enum diagnosis_verdict found;
	struct failure verdict;

	found = tell_hang(
	    vm, run->sink, run->inject, dead, run->test->diagnosis, sentence);
	run->result->diagnosis = diagnosis_name(found);
	judge_hang(run->test, run->result->diagnosis, sentence,
	    port_failed_checks(run->port), &verdict);
	decide_guest(run, &verdict);
}

static bool
guest_ended(struct vm *vm)
{
	bool ended;

	lock_take(&vm->report_lock);
	ended = vm->ending.kind != ENDING_NONE;
	lock_drop(&vm->report_lock);
	return (ended);
}

/* When the run is to be over, by what is known so far. */
static uint64_t
deadline(const struct run *run, struct vm *vm)
{
	uint64_t end, look = UINT64_MAX;
	uint32_t after_stall_ms;

	end = run->start_us +
	      (uint64_t)options_timeout_ms(run->options, run->test) * 1000;
	lock_take(&vm->report_lock);
	after_stall_ms = vm_after_stall_ms(vm);
	if (after_stall_ms != 0)
		look = vm->stalled_us + (uint64_t)after_stall_ms * 1000;
	lock_drop(&vm->report_lock);
	return (look < end ? look : end);
}

/* Wait for whatever ends the run first. */
static enum wake
wait_for_end(struct run *run, struct vm *vm)
{
	struct deadlock deadlock;

	deadlock_begin(&deadlock, vm, run->inject);
	for (;;) {
		uint64_t end = deadline(run, vm);
		/* A measurement must not be paused. */
		bool look = run->test->kind != XCVM_KIND_BENCH &&
			    deadlock.next_us < end;
		enum wake wake = signals_wait(look ? deadlock.next_us : end);

		if (wake == WAKE_TIMEOUT && look) {
			if (deadlock_look(&deadlock))
				return (WAKE_DEAD);
		} else if (wake == WAKE_DUMP) {
			vm_pause(vm);
			tell_vcpus(vm, run->sink, "sigquit", NULL);
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
read_faults(struct run *run)
{
	run->injected = calloc(run->plan.count + 1, sizeof(*run->injected));
	for (size_t i = 0; run->injected != NULL && i < run->plan.count; i++) {
		run->injected[i] = inject_count(run->inject, i);
		run->result->faults += run->injected[i].injected;
	}
}

void
run_conduct(struct run *run, struct vm *vm)
{
	enum wake wake = wait_for_end(run, vm);
	bool cut = vm_cut(vm);

	vm_pause(vm);
	run->result->failed_checks = port_failed_checks(run->port);
	read_faults(run);
	if (wake == WAKE_INTERRUPT) {
		run_decide_interrupt(run, signals_interrupt());
		return;
	}
	if (wake == WAKE_EVENTS) {
		run_decide(run, VERDICT_USAGE, "%s", event_failed(run->sink));
	} else if (cut) {
		hang(run, vm, wake == WAKE_DEAD);
		write_core(run, vm, NULL);
	} else {
		conclude(run, vm);
	}
	read_stats(run, vm);
}
