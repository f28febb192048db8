/* SPDX-License-Identifier: ISC */
/* Panics: the message, the first of several, the others stopped. */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "ground.h"

CASE(panic_message, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "the answer is 42, not 'x'", .doc = "A panic carries its message.")
{
	panic("the answer is %d, not '%c'", 42, 'x');
}

CASE(panic_assertion, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic =
	"kernel assertion \"1 > ncpu\" failed: guest/cases/kernel/panic.c:",
    .doc = "A failed assertion panics with the expression and the place.")
{
	KASSERT(1 > ncpu);
}

CASE(panic_in_panic, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "panic while panicking",
    .doc = "A fault while a panic prints its message ends the run as well.")
{
	const char *volatile nowhere = (const char *)16;

	panic("%s", nowhere);
}

#ifdef MULTIPROCESSOR

#define STOPPED_MS 10 /* of what panic() waits for the others */

/* A host may slow down who says that it spins: no PAUSE. */
static void
spin_loops(uint64_t n)
{
	for (volatile uint64_t i = 0; i < n; i++)
		continue;
}

static void
say_if_not_stopped(void *held)
{
	const u_int loops = 1000;
	uint64_t took = UINT64_MAX, start;

	(void)intr_disable();
	for (u_int i = 0; i < 8; i++) {
		start = cpu_counter();
		spin_loops(loops);
		took = MIN(took, cpu_counter() - start);
	}
	mark_add(held);
	SPIN_UNTIL(panicked != 0);
	/* By its own steps: it may be the other that does not get on. */
	spin_loops(loops * ns_to_tsc(STOPPED_MS * 1000000) / took);
	CHECK(panicked == 0);
}

CASE(panic_stops_in_time, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "others stop",
    .doc = "A CPU that has interrupts off does not get on when another "
	   "panics.")
{
	struct mark held = {0};

	(void)thread_start(cpu_lookup(1), say_if_not_stopped, &held);
	mark_wait(&held, 1);
	panic("others stop");
}

static void
panic_second(void *arg __unused)
{
	SPIN_UNTIL(panicked != 0);
	panic("the second");
}

static void
panic_first(void *in_nmi)
{
	mark_wait(in_nmi, 1);
	panic("the first of two");
}

static struct mark in_nmi;

static void
nmi_handler(void *arg)
{
	mark_add(&in_nmi);
	panic_second(arg);
}

CASE(panic_second_just_stops, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "the first of two", .panic_cpu = 1,
    .doc = "A CPU that panics after another, in an NMI, which nothing stops, "
	   "stops by itself.")
{
	(void)thread_start(cpu_lookup(1), panic_first, &in_nmi);
	nmi_test_establish(nmi_handler, NULL);
	lapic_icr_write(ICR_DEST(curcpu()->ci_cpuid) | ICR_NMI | ICR_ASSERT);
	wait_for_panic();
}

/*
 * Does panic() stop the others before it prints?  Its format is written while
 * it is read: CPU 1, with interrupts off, gives each field in turn a number k
 * of blanks to end with, and 9 - k to begin with, for ever other k.  Between
 * two fields stand flags that do nothing but take time.  So "|", 9 blanks, "|"
 * says that neither field changed from the reading of one to that of the
 * next.  Where CPU 1 stops, two fields differ, and others may where an NMI is
 * taken late; but three pairs in a row fit only if it does stop.
 */
#define FIELDS	     17
#define FIELD_ARGS   "", "", ""
#define FIELD_ARGS_4 FIELD_ARGS, FIELD_ARGS, FIELD_ARGS, FIELD_ARGS

struct changing {
	char *c_format;
	size_t c_step; /* from field to field */
	struct mark c_rounds;
};

static void
field_write(const struct changing *c, u_int i, u_int k)
{
	/* The last % begins the flags, whose letter stands behind them. */
	union {
		char text[8];
		uint64_t word;
	} field = {{'%', '9', 's', '|', '%', '0', 's', '%'}};

	field.text[1] = (char)('9' - k);
	field.text[5] = (char)('0' + k);
	*(volatile uint64_t *)(uintptr_t)(c->c_format + i * c->c_step) =
	    field.word;
}

static void
changing_thread(void *arg)
{
	struct changing *c = arg;

	(void)intr_disable();
	for (u_int k = 0;; k = (k + 1) % 9) {
		for (u_int i = 0; i < FIELDS; i++) {
			uint32_t eax = 0, ecx = 0;

			/* A VM exit: no way past it with an NMI pending. */
			__asm volatile("cpuid"
				       : "+a"(eax), "+c"(ecx)
				       :
				       : "rbx", "rdx", "memory");
			field_write(c, i, k);
		}
		mark_add(&c->c_rounds);
	}
}

CASE(panic_stops_others, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "|         |         |         |",
    .doc = "panic() stops a CPU that has interrupts off before it prints.")
{
	/* Behind the compiler's back: the format is made here. */
	void (*volatile stop)(const char *, ...) = panic;
	u_int flags = clock_insn_cycles() > 100 ? 247 : 20007;
	struct changing c = {.c_step = 8 + flags + 1};

	c.c_format = kmem_zalloc(FIELDS * c.c_step + 1, KM_SLEEP);
	for (u_int i = 0; i < FIELDS; i++) {
		field_write(&c, i, 0);
		memset(c.c_format + i * c.c_step + 8, '-', flags);
		c.c_format[(i + 1) * c.c_step - 1] = 's';
	}
	(void)thread_start(cpu_lookup(1), changing_thread, &c);
	mark_wait(&c.c_rounds, 3);
	stop(c.c_format, FIELD_ARGS_4, FIELD_ARGS_4, FIELD_ARGS_4, FIELD_ARGS_4,
	    FIELD_ARGS);
}

#endif
