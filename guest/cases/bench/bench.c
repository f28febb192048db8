/* SPDX-License-Identifier: ISC */
/* The frame of the measurements. */
#include <sys/kmem.h>
#include <machine/hypercall.h>
#include "bench/bench.h"

/* A bound is small against a time that is so many times as long. */
#define SMALL	   3
#define WARM_UP_MS 1000

static const struct {
	const char *name;
	bool one_way; /* from one CPU's clock to another's */
} phases[BENCH_PHASES] = {
    [BENCH_CALL] = {"call", false},
    [BENCH_CALL_ICR] = {"call to icr", false},
    [BENCH_ICR_HANDLER] = {"icr to handler", true},
    [BENCH_HANDLER_ACK] = {"handler to ack", true},
    [BENCH_HANDLER_SOFTINT] = {"handler to softint", false},
    [BENCH_SOFTINT_FUNCTION] = {"softint to function", false},
    [BENCH_HANDLER_FUNCTION] = {"handler to function", false},
    [BENCH_FUNCTION] = {"function", false},
    [BENCH_FUNCTION_WAITER] = {"function to waiter", true},
    [BENCH_ROUND_TRIP] = {"round trip", false},
    [BENCH_CLOCK] = {"clock", false},
    [BENCH_RECORD] = {"record", false},
};

static u_int skipped; /* phases that clocks cannot tell */

void
bench_init(struct bench *b, struct cpu_info *target, uint32_t set)
{
	*b = (struct bench){.b_self = curcpu(), .b_target = target};
	for (u_int p = 0; p < BENCH_PHASES; p++)
		if (set & (1U << p))
			b->b_phases[p] = hist_create();
}

static void
init_calls(struct bench *b)
{
	b->b_calls = kmem_zalloc(ncpu * sizeof(*b->b_calls), KM_SLEEP);
	for (u_int i = 0; i < ncpu; i++)
		if (cpu_lookup(i) != b->b_self)
			b->b_calls[i] = hist_create();
}

void
bench_record(struct bench *b, enum bench_phase phase, uint64_t cycles)
{
	struct hist *h = b->b_phases[phase];

	/* From one CPU to another, as far as their clocks are compared. */
	if ((int64_t)cycles < 0)
		cycles = 0;
	if (b->b_recording && h != NULL)
		hist_record(h, cycles);
}

void
bench_record_to(struct bench *b, const struct cpu_info *target, uint64_t cycles)
{
	if (b->b_calls == NULL)
		bench_record(b, BENCH_CALL, cycles);
	else if (b->b_recording)
		hist_record(b->b_calls[cpu_index(target)], cycles);
}

void
bench_record_call(
    struct bench *b, uint64_t call, uint64_t back, uint64_t waited)
{
	const volatile uint64_t *stamps = b->b_target->ci_stamps;
	uint64_t icr = b->b_self->ci_stamps[XCTRACE_ICR];
	uint64_t handler = stamps[XCTRACE_HANDLER];
	uint64_t softint = stamps[XCTRACE_SOFTINT];
	uint64_t function = stamps[XCTRACE_FUNCTION];
	uint64_t done = stamps[XCTRACE_DONE];
	bool fresh = handler != b->b_handler && function - handler < HIST_LIMIT;

	b->b_handler = handler;
	bench_record(b, BENCH_CALL, back - call);
	bench_record(b, BENCH_FUNCTION, done - function);
	bench_record(
	    b, BENCH_FUNCTION_WAITER, waited - bench_local(b->b_target, done));
	/* An interrupt that was on its way already served for this one. */
	if (icr - call < waited - call) {
		bench_record(b, BENCH_CALL_ICR, icr - call);
		if (fresh)
			bench_record(b, BENCH_ICR_HANDLER,
			    bench_local(b->b_target, handler) - icr);
	}
	if (!fresh)
		return;
	bench_record(b, BENCH_HANDLER_FUNCTION, function - handler);
	if (softint - handler < function - handler) {
		bench_record(b, BENCH_HANDLER_SOFTINT, softint - handler);
		bench_record(b, BENCH_SOFTINT_FUNCTION, function - softint);
	}
}

void
bench_record_broadcast(struct bench *b, uint64_t call, uint64_t back)
{
	uint64_t icr = b->b_self->ci_stamps[XCTRACE_ICR], last = 0;

	bench_record(b, BENCH_CALL, back - call);
	for (u_int i = 0; i < ncpu; i++) {
		const struct cpu_info *ci = cpu_lookup(i);

		if (ci != b->b_self)
			last = MAX(
			    last, bench_local(ci, ci->ci_stamps[XCTRACE_DONE]));
	}
	bench_record(b, BENCH_FUNCTION_WAITER, back - last);
	if (icr - call < back - call)
		bench_record(b, BENCH_CALL_ICR, icr - call);
}

void
bench_settle(const struct bench *b)
{
	uint64_t start, cycles;

	if (b->b_target != NULL)
		await_idle(b->b_target);
	else
		await_idle_others();
	/* From there to its HLT, which leaves no trace, are few instructions. */
	cycles = MAX(64 * (uint64_t)clock_insn_cycles(),
	    ns_to_tsc(case_param("idle_us") * 1000));
	start = cpu_counter();
	while (cpu_counter() - start < cycles)
		CPU_BUSY_CYCLE();
}

void
bench_function(void *arg __unused)
{
	volatile uint64_t *stamps = curcpu()->ci_stamps;

	stamps[XCTRACE_FUNCTION] = cpu_counter();
	stamps[XCTRACE_DONE] = cpu_counter();
}

void
bench_function_done(void *arg)
{
	struct bench *b = arg;

	bench_function(NULL);
	mark_add(&b->b_done);
}

static void
report(const struct bench *b)
{
	u_int self = cpu_index(b->b_self);
	u_int target = XCVM_NO_CPU;

	if (b->b_target != NULL && b->b_target != b->b_self)
		target = cpu_index(b->b_target);
	for (u_int p = 0; p < BENCH_PHASES; p++) {
		const struct hist *h = b->b_phases[p];

		if (h == NULL)
			continue;
		if (phases[p].one_way && b->b_target != b->b_self &&
		    bench_clock_bound(b->b_target) * SMALL > hist_median(h))
			skipped++;
		else
			hist_ship(h, phases[p].name, self, target);
	}
	for (u_int i = 0; b->b_calls != NULL && i < ncpu; i++)
		if (b->b_calls[i] != NULL)
			hist_ship(
			    b->b_calls[i], phases[BENCH_CALL].name, self, i);
}

static void
repeat(struct bench *b, void (*operation)(struct bench *))
{
	uint64_t cycles = ns_to_tsc(case_param("budget_ms") * 1000000);
	uint64_t start = cpu_counter();

	b->b_recording = true;
	do {
		operation(b);
		b->b_operations++;
	} while (cpu_counter() - start < cycles);
}

static void
warm_up(struct bench *b, void (*operation)(struct bench *))
{
	struct budget budget = budget_of(WARM_UP_MS, 0, 0);

	/* Where one takes long, few will do. */
	for (uint64_t n = case_param("warmup"); n > 0; n--) {
		operation(b);
		if (!budget_left(&budget))
			break;
	}
}

void
bench_begin(void)
{
	static bool begun;

	if (begun)
		return;
	begun = true;
	bench_clock_compare();
	xctrace_on.stamps = case_param("stamps") != 0;
}

static void
end(uint64_t operations)
{
	case_metric("operations", "", operations);
	if (skipped != 0)
		case_metric("skipped phases", "", skipped);
}

void
bench_run(
    void (*operation)(struct bench *), struct cpu_info *target, uint32_t set)
{
	static struct bench b;

	bench_begin();
	bench_init(&b, target, set);
	warm_up(&b, operation);
	hypercall_section_begin(boot->test->name);
	repeat(&b, operation);
	hypercall_section_end(boot->test->name, b.b_operations);
	xctrace_on.stamps = false;
	report(&b);
	end(b.b_operations);
}

struct senders {
	struct bench *benches;
	bool (*sends)(u_int);
	void (*operation)(struct bench *);
	u_int count;
	struct mark warm, start;
};

static void
sender(u_int cpu, void *arg)
{
	struct senders *s = arg;

	if (!s->sends(cpu))
		return;
	warm_up(&s->benches[cpu], s->operation);
	mark_add(&s->warm);
	/* On CPU 0 another thread is to say so. */
	YIELD_UNTIL(mark_read(&s->start) != 0);
	repeat(&s->benches[cpu], s->operation);
}

static void
senders_thread(void *arg)
{
	on_each_cpu(sender, arg);
}

void
bench_run_all(struct bench *benches, bool (*sends)(u_int),
    void (*operation)(struct bench *), uint32_t set)
{
	struct senders s = {benches, sends, operation, .count = 0};
	bool by_target = set & BENCH_BY_TARGET && ncpu <= BENCH_PAIRS_CPUS;
	uint64_t operations = 0;
	struct lwp *l;

	bench_begin();
	if (by_target)
		set &= ~BENCH_BIT(CALL);
	for (u_int i = 0; i < ncpu; i++) {
		if (!sends(i))
			continue;
		bench_init(&benches[i], NULL, set);
		benches[i].b_self = cpu_lookup(i);
		if (by_target)
			init_calls(&benches[i]);
		s.count++;
	}
	l = thread_start(curcpu(), senders_thread, &s);
	YIELD_UNTIL(mark_read(&s.warm) >= s.count);
	hypercall_section_begin(boot->test->name);
	mark_add(&s.start);
	thread_join(l);
	for (u_int i = 0; i < ncpu; i++)
		operations += benches[i].b_operations;
	hypercall_section_end(boot->test->name, operations);
	xctrace_on.stamps = false;
	for (u_int i = 0; i < ncpu; i++)
		if (sends(i))
			report(&benches[i]);
	end(operations);
}
