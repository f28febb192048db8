/* SPDX-License-Identifier: ISC */
/* Exceptions and panics: named, on the right CPU, with the others stopped. */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "ground.h"

/* --- exceptions --- */

CASE(trap_null_read, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "page fault: read of address 0x10, error 0",
    .doc = "Reading near NULL panics.")
{
	uint64_t value;

	__asm volatile("movq 0x10, %0" : "=r"(value));
}

CASE(trap_null_write, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .needs = XCVM_NEEDS_VCPUS,
    .panic = "page fault: write of address 0x18, error 0x2",
    .doc = "Writing near NULL panics.")
{
	__asm volatile("movq $0, 0x18" : : : "memory");
}

CASE(trap_null_call, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "page fault: execution of address 0",
    .doc = "Calling NULL panics.")
{
	void (*volatile func)(void) = NULL;

	func();
}

CASE(trap_text_write, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "page fault: write of address", .doc = "Writing to code panics.")
{
	*(volatile u_char *)(uintptr_t)case_trap_text_write = 0;
}

CASE(trap_data_call, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "page fault: execution of address",
    .doc = "Executing data panics.")
{
	static volatile u_char ret = 0xc3;
	void (*volatile func)(void) = (void (*)(void))(uintptr_t)&ret;

	func();
}

CASE(trap_divide, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "divide error, error 0", .doc = "Dividing by zero panics.")
{
	volatile u_int zero = 0;

	__asm volatile("divl %0" : : "r"(zero), "a"(1), "d"(0) : "cc");
}

CASE(trap_invalid_opcode, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "invalid opcode, error 0", .doc = "An invalid instruction panics.")
{
	__asm volatile("ud2");
}

CASE(trap_protection, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "general protection fault",
    .doc = "An address that is not canonical panics.")
{
	*(volatile u_char *)0x8000000000000000 = 0;
}

/* --- stack overflow --- */

/* The frame of the caller is looked at, so each call has one of its own. */
static __noinline u_int
recurse(const volatile u_char *caller, u_int depth)
{
	volatile u_char frame[512];

	frame[0] = (u_char)(caller[0] + 1);
	if (depth == 0)
		return (0);
	return (recurse(frame, depth - 1) + frame[0]);
}

static void
overflow(void *arg __unused)
{
	volatile u_char first = 0;

	(void)recurse(&first, 2 * XCVM_STACK_SLOT / 512);
}

CASE(stack_overflow, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "stack overflow: ",
    .doc = "A thread that overflows its stack is told so.")
{
	overflow(NULL);
}

static void
overflow_softint(void *level)
{
	softint_schedule(softint_establish(
	    *(u_int *)level | SOFTINT_MPSAFE, overflow, NULL));
}

CASE(stack_overflow_softint, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "stack overflow: ",
    .doc = "A soft interrupt that overflows its stack is told so.")
{
	u_int level = SOFTINT_CLOCK;

	overflow_softint(&level);
	take_interrupts();
}

/* --- panic --- */

CASE(panic_message, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "the answer is 42, not 'x'", .doc = "A panic carries its message.")
{
	panic("the answer is %d, not '%c'", 42, 'x');
}

CASE(panic_assertion, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "kernel assertion \"1 > ncpu\" failed: guest/cases/kernel/trap.c:",
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

static void
write_to(void *address)
{
	*(volatile u_char *)address = 0;
}

CASE(trap_remote, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "page fault: write of address 0", .panic_cpu = 1,
    .doc = "A fault on another CPU is that CPU's panic.")
{
	(void)thread_start(cpu_lookup(1), write_to, NULL);
	wait_for_panic();
}

CASE(stack_overflow_remote, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "stack overflow: ", .panic_cpu = 1,
    .doc = "A soft interrupt on another CPU overflows its own stack.")
{
	u_int level = SOFTINT_SERIAL;

	(void)thread_start(cpu_lookup(1), overflow_softint, &level);
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
