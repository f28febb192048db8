/* SPDX-License-Identifier: ISC */
/* Many CPUs that call at once. */
#include <sys/ipi.h>
#include <sys/kmem.h>
#include <sys/xcall.h>
#include "bench/bench.h"

#ifdef MULTIPROCESSOR

static struct bench *
benches(void)
{
	return (kmem_zalloc(ncpu * sizeof(struct bench), KM_SLEEP));
}

static bool
every(u_int cpu)
{
	return (cpu_is_running(cpu_lookup(cpu)));
}

/* Each time to the next CPU. */
static void
mesh(struct bench *b)
{
	ipi_msg_t msg = {.func = bench_function, .arg = b};
	u_int away = 1 + (u_int)(b->b_operations % (ncpu - 1));
	struct cpu_info *ci = cpu_lookup((cpu_index(b->b_self) + away) % ncpu);
	uint64_t call;

	kpreempt_disable();
	call = cpu_counter();
	ipi_unicast(&msg, ci);
	ipi_wait(&msg);
	bench_record_to(b, ci, cpu_counter() - call);
	kpreempt_enable();
}

CASE(bench_ipi_mesh, BENCH, .api = XCVM_API_IPI, .min_vcpus = 2,
    .doc = "All CPUs at once: ipi_unicast() and ipi_wait() to each other in "
	   "turn.",
    PARAMS(PARAM_BENCH))
{
	bench_run_all(
	    benches(), every, mesh, BENCH_BIT(CALL) | BENCH_BY_TARGET);
}

#define BURST 8 /* calls: twice as many as there are slots */

static u_int senders;

static bool
some(u_int cpu)
{
	return (cpu != 0 && cpu <= senders);
}

/* More calls than there are slots; then wait for all. */
static void
burst(struct bench *b)
{
	struct xcall calls[BURST];
	u_int done = mark_read(&b->b_done);

	for (u_int i = 0; i < BURST; i++)
		calls[i] =
		    (struct xcall)XCALL_INITIALIZER(bench_function_done, b);
	for (u_int i = 0; i < BURST; i++) {
		uint64_t call = cpu_counter();

		cpu_xcall(cpu_lookup(0), &calls[i]);
		bench_record(b, BENCH_CALL, cpu_counter() - call);
	}
	mark_wait(&b->b_done, done + BURST);
}

CASE(bench_cpu_xcall_slots_full, BENCH, .api = XCVM_API_CPU_XCALL,
    .min_vcpus = 2,
    .doc = "k CPUs that make calls of CPU 0, each more at a time than it has "
	   "slots.",
    PARAMS(PARAM("k", 0, "CPUs that call, from CPU 1 on; 0: all but CPU 0"),
	PARAM_BENCH))
{
	uint64_t k = case_param("k");

	senders = k == 0 || k > ncpu - 1 ? ncpu - 1 : (u_int)k;
	case_metric("senders", "", senders);
	bench_run_all(benches(), some, burst, BENCH_BIT(CALL));
}

#endif /* MULTIPROCESSOR */
