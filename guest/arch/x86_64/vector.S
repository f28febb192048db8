/* SPDX-License-Identifier: ISC */
/*
 * Where the CPU enters the kernel: a stub for each of the 256 vectors, the
 * table of gates that names them, and the two ways in, trap and interrupt.
 *
 * The linker script puts the stubs at TRAP_STUBS, so that the gates are
 * constants and all CPUs share one read-only table.
 */
#include <machine/segments.h>
#include "vector.h"

#define T_HAS_ERROR(n) \
	(n == 8 || (n >= 10 && n <= 14) || n == 17 || n == 21 || n == 29 || n == 30)

	.section .text.stubs, "ax", @progbits
	.globl	trap_stubs
	.type	trap_stubs, @function
trap_stubs:
	.set	n, 0
	.rept	256
	.balign	TRAP_STUB_SIZE
	.if	n < 32
	.ifeq	T_HAS_ERROR(n)
	pushq	$0
	.endif
	pushq	$n
	jmp	trap_entry
	.else
	pushq	$n
	jmp	intr_entry
	.endif
	.set	n, n + 1
	.endr
	.balign	TRAP_STUB_SIZE
	.size	trap_stubs, . - trap_stubs

	.section .rodata.idt, "a", @progbits
	.balign	16
	.globl	idt
	.type	idt, @object
idt:
	.set	n, 0
	.rept	256
	.set	stub, TRAP_STUBS + n * TRAP_STUB_SIZE
	.word	stub & 0xffff
	.word	GDT_CODE
	.if	n == 2
	.byte	IST_NMI
	.elseif	n == 8
	.byte	IST_DF
	.elseif	n == 18
	.byte	IST_MC
	.else
	.byte	0
	.endif
	.byte	0x8e			/* present, interrupt gate: IF off */
	.word	(stub >> 16) & 0xffff
	.long	0			/* the image lies below 4 GiB */
	.long	0
	.set	n, n + 1
	.endr
	.size	idt, . - idt

	.text
/*
 * Exceptions and NMI: save every register (struct xcvm_regs), call trap().
 *
 * Both ways in leave a frame that looks as if the interrupted instruction had
 * called the handler: a walk along %rbp crosses it without special knowledge.
 */
	.globl	trap_entry
	.type	trap_entry, @function
trap_entry:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	pushq	REGS_RIP(%rdi)
	pushq	%rbp
	movq	%rsp, %rbp
	call	trap
	popq	%rbp
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp		/* vector and error code */
	iretq
	.size	trap_entry, . - trap_entry

/* Interrupts: save what a C function may change (struct intrframe). */
	.globl	intr_entry
	.type	intr_entry, @function
intr_entry:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	cld
	movq	%rsp, %rdi
	subq	$8, %rsp		/* keep calls 16-byte aligned */
	pushq	INTRFRAME_RIP(%rdi)
	pushq	%rbp
	movq	%rsp, %rbp
	call	intr
	popq	%rbp
	addq	$16, %rsp
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$8, %rsp		/* vector */
	iretq
	.size	intr_entry, . - intr_entry

	.section .note.GNU-stack, "", @progbits
