/* SPDX-License-Identifier: ISC */
/* Threads: registers across a switch and an interrupt, stacks, ends. */
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <machine/hypercall.h>
#include "ground.h"

/* --- registers --- */

/*
 * switch_probe(base, func): load base + 1 ... base + 6 into the registers a
 * function must keep, call func, and return 0 if they still hold that.
 * interrupt_probe(base): load base + 1 ... base + 14 into all but the stack
 * pointer, spin until probe_flag, and leave what they hold in probe_seen.
 */
uint64_t switch_probe(uint64_t base, void (*func)(void));
void interrupt_probe(uint64_t base);

static volatile u_int __used probe_flag;
static uint64_t __used probe_seen[14];

__asm(".text\n"
      ".type switch_probe, @function\n"
      "switch_probe:\n"
      "	pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14\n"
      "	pushq %r15; pushq %rdi\n"
      "	leaq 1(%rdi), %rbx; leaq 2(%rdi), %rbp; leaq 3(%rdi), %r12\n"
      "	leaq 4(%rdi), %r13; leaq 5(%rdi), %r14; leaq 6(%rdi), %r15\n"
      "	call *%rsi\n"
      "	popq %rdi\n"
      "	xorl %eax, %eax\n"
      "	subq %rdi, %rbx; xorq $1, %rbx; orq %rbx, %rax\n"
      "	subq %rdi, %rbp; xorq $2, %rbp; orq %rbp, %rax\n"
      "	subq %rdi, %r12; xorq $3, %r12; orq %r12, %rax\n"
      "	subq %rdi, %r13; xorq $4, %r13; orq %r13, %rax\n"
      "	subq %rdi, %r14; xorq $5, %r14; orq %r14, %rax\n"
      "	subq %rdi, %r15; xorq $6, %r15; orq %r15, %rax\n"
      "	popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx\n"
      "	popq %rbp\n"
      "	ret\n"
      ".size switch_probe, . - switch_probe\n"
      ".type interrupt_probe, @function\n"
      "interrupt_probe:\n"
      "	pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14\n"
      "	pushq %r15\n"
      "	leaq 1(%rdi), %rax; leaq 2(%rdi), %rbx; leaq 3(%rdi), %rcx\n"
      "	leaq 4(%rdi), %rdx; leaq 5(%rdi), %rsi; leaq 6(%rdi), %rbp\n"
      "	leaq 7(%rdi), %r8; leaq 8(%rdi), %r9; leaq 9(%rdi), %r10\n"
      "	leaq 10(%rdi), %r11; leaq 11(%rdi), %r12; leaq 12(%rdi), %r13\n"
      "	leaq 13(%rdi), %r14; leaq 14(%rdi), %r15\n"
      "1:	pause; cmpl $0, probe_flag(%rip); je 1b\n"
      "	movq %rax, probe_seen(%rip); movq %rbx, 8+probe_seen(%rip)\n"
      "	movq %rcx, 16+probe_seen(%rip); movq %rdx, 24+probe_seen(%rip)\n"
      "	movq %rsi, 32+probe_seen(%rip); movq %rbp, 40+probe_seen(%rip)\n"
      "	movq %r8, 48+probe_seen(%rip); movq %r9, 56+probe_seen(%rip)\n"
      "	movq %r10, 64+probe_seen(%rip); movq %r11, 72+probe_seen(%rip)\n"
      "	movq %r12, 80+probe_seen(%rip); movq %r13, 88+probe_seen(%rip)\n"
      "	movq %r14, 96+probe_seen(%rip); movq %r15, 104+probe_seen(%rip)\n"
      "	popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx\n"
      "	popq %rbp\n"
      "	ret\n"
      ".size interrupt_probe, . - interrupt_probe\n");

static void
switching_thread(void *base)
{
	for (u_int i = 0; i < 3; i++)
		CHECK_EQ(switch_probe((uintptr_t)base + i * 100, yield), 0);
}

CASE(thread_switch_keeps_registers, .api = XCVM_API_KERNEL,
    .doc = "Registers a function must keep survive a context switch.")
{
	struct lwp *l[3];

	for (u_int i = 0; i < nitems(l); i++)
		l[i] = thread_start(curcpu(), switching_thread,
		    (void *)((uintptr_t)(i + 1) << 40));
	for (u_int i = 0; i < nitems(l); i++)
		thread_join(l[i]);
}

/* Asleep until the callout; it preempts the probe, and uses registers. */
static void
urgent_thread(void *arg __unused)
{
	for (u_int i = 0; i < 3; i++) {
		tsleep_nsec(&probe_seen, PWAIT, "case", 100000);
		CHECK_EQ(switch_probe(~0ULL / 3, yield), 0);
	}
	probe_flag = 1;
}

CASE(thread_interrupt_keeps_registers, .api = XCVM_API_KERNEL,
    .needs = XCVM_NEEDS_VCPUS,
    .doc = "All registers survive interrupts, soft interrupts and preemption.")
{
	const uint64_t base = 0x123456789abcde00;
	struct lwp *l =
	    thread_start_pri(curcpu(), PRI_KTHREAD + 1, urgent_thread, NULL);

	interrupt_probe(base);
	for (u_int i = 0; i < nitems(probe_seen); i++)
		CHECK_EQ(probe_seen[i], base + i + 1);
	thread_join(l);
}

/* --- where threads run, and their ends --- */

static void
where_thread(void *arg)
{
	u_int cpu = (u_int)(uintptr_t)arg;

	CHECK_EQ(cpu_number(), cpu);
	CHECK_EQ(curcpu()->ci_self, cpu_lookup(cpu));
	CHECK_EQ(curlwp->l_cpu, curcpu());
	CHECK_EQ(cpu_ipl(), IPL_NONE);
	CHECK(!kpreempt_disabled());
	yield();
	CHECK_EQ(cpu_number(), cpu);
}

CASE(thread_is_bound, .api = XCVM_API_KERNEL,
    .doc = "A thread starts, and stays, on the CPU it was created for.")
{
	for (u_int i = 0; i < ncpu; i++)
		thread_join(thread_start(
		    cpu_lookup(i), where_thread, (void *)(uintptr_t)i));
}

static volatile u_int ended;

static void
ending_thread(void *by_exit)
{
	ended++;
	/* The end need not come from the function itself. */
	if (by_exit != NULL)
		kthread_exit(0);
}

static bool
create_ending(pri_t pri, struct lwp **l)
{
	int error = kthread_create(pri,
	    KTHREAD_MPSAFE | (l != NULL ? KTHREAD_MUSTJOIN : 0), NULL,
	    ending_thread, l, l, "ending");

	if (error != 0)
		CHECK_EQ(error, ENOMEM);
	return (error == 0);
}

CASE(thread_stacks_come_back, .api = XCVM_API_KERNEL,
    .doc = "Creation fails with ENOMEM without stacks; ended threads give "
	   "them back.")
{
	u_int most = XCVM_STACKS(ncpu) - ncpu * XCVM_CPU_STACKS;
	u_int each = MAX(4, howmany(most, PRI_KTHREAD - 8)); /* a priority */
	u_int n = 0, best;
	struct lwp **l = kmem_zalloc((most + 1) * sizeof(*l), KM_SLEEP);

	/* Below us on our CPU, better and better: none runs before we sleep. */
	while (create_ending((pri_t)(1 + n / each), &l[n]))
		if (!CHECK(++n <= most))
			return;
	CHECK_GE(n, 1);
	CHECK_EQ(ended, 0);
	/* No stack is left, and there were no more than there are. */
	CHECK_EQ(l[n - 1]->l_stack + XCVM_STACK_SLOT,
	    boot->stacks + boot->nstacks * XCVM_STACK_SLOT);
	CHECK(!create_ending(PRI_KTHREAD + 1, NULL));

	best = (n - 1) / each * each; /* the first of the best priority */
	kthread_join(l[best]);
	CHECK_EQ(ended, 1);
	for (u_int i = 0; i < 4; i++) {
		/* Above us: it has ended when it is created. */
		CHECK(create_ending(PRI_KTHREAD + 1, NULL));
		CHECK_EQ(ended, 2 + 2 * i);
		if (CHECK(create_ending(PRI_KTHREAD + 1, &l[best])))
			kthread_join(l[best]);
		CHECK_EQ(ended, 3 + 2 * i);
	}
	CHECK(create_ending(1, &l[best]));
	CHECK(!create_ending(1, &l[n]));
}

/* --- stress --- */

static struct budget budget;
static volatile u_int threads_run;

static void
short_thread(void *arg)
{
	volatile uint64_t *p = arg;

	CHECK_EQ(*p, ~(uintptr_t)p);
	*p = (uintptr_t)p;
	atomic_inc_uint(&threads_run);
}

static void
create_and_join(u_int cpu, void *arg __unused)
{
	struct rng rng = rng_init(cpu);

	while (budget_left(&budget)) {
		volatile uint64_t cookie = ~(uintptr_t)&cookie;

		thread_join(thread_start_pri(cpu_lookup(rng_below(&rng, ncpu)),
		    PRI_KTHREAD - 1 + (pri_t)rng_below(&rng, 3), short_thread,
		    (void *)(uintptr_t)&cookie));
		CHECK_EQ(cookie, (uintptr_t)&cookie);
	}
}

CASE(thread_create_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Every CPU creates threads on random CPUs and waits for their end.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	budget = budget_start();
	on_each_cpu(create_and_join, NULL);
	case_metric("threads", "", threads_run);
}

static void
busy_thread(void *arg)
{
	struct rng rng = rng_init((u_int)(uintptr_t)arg);
	u_int cpu = cpu_number(), n = 0;

	for (; budget_left(&budget); n++) {
		switch (rng_below(&rng, 4)) {
		case 0:
			yield();
			break;
		case 1:
			tsleep_nsec(&probe_seen[rng_below(&rng, 4)], PWAIT,
			    "case", rng_below(&rng, 100000));
			break;
		case 2:
			wakeup(&probe_seen[rng_below(&rng, 4)]);
			break;
		default:
			CHECK_EQ(switch_probe(rng_next(&rng), yield), 0);
		}
		CHECK_EQ(cpu_number(), cpu);
		CHECK_EQ(cpu_ipl(), IPL_NONE);
	}
	atomic_add_uint(&threads_run, n);
}

CASE(thread_many_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Many threads of random priorities yield, sleep and wake on each "
	   "CPU.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	u_int n = MIN(8 * ncpu, 200);
	struct lwp **l = kmem_alloc(n * sizeof(*l), KM_SLEEP);
	struct rng rng = rng_init(1000);

	budget = budget_start();
	for (u_int i = 0; i < n; i++)
		l[i] = thread_start_pri(cpu_lookup(i % ncpu),
		    (pri_t)(1 + rng_below(&rng, PRI_KTHREAD)), busy_thread,
		    (void *)(uintptr_t)i);
	for (u_int i = 0; i < n; i++)
		thread_join(l[i]);
	case_metric("steps", "", threads_run);
}
