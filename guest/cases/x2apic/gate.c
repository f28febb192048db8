/* SPDX-License-Identifier: ISC */
/* A table of gates of the case's own, and what comes through them. */
#include "x2apic/gate.h"

#define GATE_INTERRUPT (0x8eULL << 40) /* present, interrupts off inside */

struct gate {
	uint64_t g_low, g_high;
};

struct table {
	uint16_t t_limit;
	uint64_t t_base;
} __packed;

static struct gate gates[256] __aligned(16);
static u_int vectors[128]; /* by letter */
static char names[256];	   /* letters, by vector */
static volatile u_int wanted[256];
static volatile bool kept[256];
static volatile u_int unwanted;
static struct order came;

/* From the stubs below, with interrupts off. */
static __used void
gate_took(u_int vector)
{
	if (wanted[vector] == 0) {
		/* Seen twice, and in service once: its EOI has been written. */
		unwanted++;
		return;
	}
	wanted[vector]--;
	order_add(&came, names[vector]);
	if (!kept[vector])
		gate_eoi();
}

/*
 * A stub for each vector.  The 5 words of the CPU, the vector and 10 more keep
 * the stack aligned.
 */
#define STUB(letter, vector) "gate_" #letter ": pushq $" #vector "; jmp 1f\n"
#define STUBS		     GATES(STUB)
__asm(".pushsection .text\n" STUBS
      "1: pushq %rax; pushq %rcx; pushq %rdx; pushq %rsi; pushq %rdi;"
      "pushq %r8; pushq %r9; pushq %r10; pushq %r11; pushq %rbp;"
      "movl 80(%rsp), %edi; cld; call gate_took;"
      "popq %rbp; popq %r11; popq %r10; popq %r9; popq %r8;"
      "popq %rdi; popq %rsi; popq %rdx; popq %rcx; popq %rax;"
      "addq $8, %rsp; iretq\n"
      ".popsection");

static void
gate_set(char letter, u_int vector, const char *stub)
{
	uint64_t address = (uint64_t)(uintptr_t)stub;

	vectors[(u_int)letter] = vector;
	names[vector] = letter;
	gates[vector].g_low = (address & 0xffff) | (uint64_t)GDT_CODE << 16 |
			      GATE_INTERRUPT | (address >> 16 & 0xffff) << 48;
	gates[vector].g_high = address >> 32;
}

void
gates_open(void)
{
	struct table table;

	__asm volatile("sidt %0" : "=m"(table));
	CHECK_EQ(table.t_limit, sizeof(gates) - 1);
	memcpy(gates, (void *)(uintptr_t)table.t_base, sizeof(gates));
#define SET(letter, vector)                                \
	{                                                  \
		extern const char gate_##letter[];         \
		gate_set(*#letter, vector, gate_##letter); \
	}
	GATES(SET)
	table.t_base = (uint64_t)(uintptr_t)gates;
	__asm volatile("lidt %0" : : "m"(table) : "memory");
}

u_int
gate_vector(char letter)
{
	return (vectors[(u_int)letter]);
}

void
gate_want(char letter)
{
	wanted[gate_vector(letter)]++;
}

void
gate_send(char letter)
{
	gate_want(letter);
	lapic_self_ipi(gate_vector(letter));
}

void
gate_keep(char letter)
{
	kept[gate_vector(letter)] = true;
}

void
gates_await(u_int count)
{
	SPIN_UNTIL(came.o_count >= count);
}

void
gates_check(const char *text, const char *file, u_int line)
{
	order_check(&came, text, file, line);
	CHECK_LE(unwanted, 1);
	metric_delivered_twice(unwanted);
}

/* The vectors of the kernel's own interrupts, in a word of a bank. */
static uint32_t
kernel_vectors(u_int word)
{
	uint32_t mask = 0;

	for (u_int source = LIR_TIMER; source < INTR_SOURCES; source++)
		if (INTR_VECTOR(source) / 32 == word)
			mask |= 1U << INTR_VECTOR(source) % 32;
	return (mask);
}

void
bank_check(u_int bank, const char *letters, const char *file, u_int line)
{
	uint32_t expected[8] = {0};

	for (; *letters != '\0'; letters++)
		expected[gate_vector(*letters) / 32] |=
		    1U << gate_vector(*letters) % 32;
	for (u_int i = 0; i < nitems(expected); i++) {
		uint64_t is = lapic_read(bank + i) & ~kernel_vectors(i);

		if (is != expected[i])
			case_failed(file, line, "bank of vectors",
			    "MSR %#x is %#lx, and should be %#x", bank + i, is,
			    expected[i]);
	}
}
