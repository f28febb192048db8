/* SPDX-License-Identifier: ISC */
/* Exceptions: named, on the right CPU; stacks that overflow. */
#include <machine/hypercall.h>
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

/* QEMU 7.2 emulates it as a general protection fault. */
CASE(trap_stack_fault, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = " fault, error 0x0",
    .doc = "An address that is not canonical, by the stack segment, panics.")
{
	uint64_t value;

	__asm volatile("movq %%ss:(%1), %0"
		       : "=r"(value)
		       : "r"(0x8000000000000000));
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

/* --- a guard page that the stack pointer is far from --- */

static void
touch(uint64_t address)
{
	*(volatile u_char *)address = 0;
}

CASE(stack_guard_of_the_first, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "stack overflow: page fault at",
    .doc = "Writing to the first stack's guard page is told as an overflow.")
{
	touch(boot->stacks);
}

CASE(stack_guard_of_the_last, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "stack overflow: page fault at",
    .doc = "Writing to the last stack's guard page, at its end, is told as an "
	   "overflow.")
{
	touch(boot->stacks + (boot->nstacks - 1) * XCVM_STACK_SLOT +
	      XCVM_STACK_GUARD - 1);
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

#endif
