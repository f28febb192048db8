/* SPDX-License-Identifier: ISC */
/*
 * Where the CPU enters the kernel: a stub for each of the 256 vectors, the
 * table of gates that names them, and the two ways in, trap and interrupt.
 *
 * The linker script puts the stubs at TRAP_STUBS, so that the gates are
 * constants and all CPUs share one read-only table.
 */
#include <machine/segments.h>
#include <machine/vector.h>

/*
 * What a debugger needs to walk out of here: an interrupted context lies in
 * the 5 words that the CPU has pushed, so its %rsp is not where they are.
 */
	.cfi_sections .debug_frame
#define IRET_FRAME 40
#define CFI_RFLAGS 49
	.macro	entry_cfi
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, IRET_FRAME
	.cfi_offset %rip, -40
	.cfi_offset CFI_RFLAGS, -24
	.cfi_offset %rsp, -16
	.endm

	.macro	save registers:vararg
	.irp	register, \registers
	pushq	%\register
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %\register, 0
	.endr
	.endm

	.macro	restore registers:vararg
	.irp	register, \registers
	popq	%\register
	.cfi_adjust_cfa_offset -8
	.cfi_restore %\register
	.endr
	.endm

#define T_HAS_ERROR(n) \
	(n == 8 || (n >= 10 && n <= 14) || n == 17 || n == 21 || n == 29 || n == 30)

	.section .text.stubs, "ax", @progbits
	.globl	trap_stubs
	.type	trap_stubs, @function
trap_stubs:
	.set	n, 0
	.rept	256
	.balign	TRAP_STUB_SIZE
	entry_cfi
	.if	n < 32
	.ifeq	T_HAS_ERROR(n)
	pushq	$0
	.endif
	.cfi_adjust_cfa_offset 8
	pushq	$n
	.cfi_adjust_cfa_offset 8
	jmp	trap_entry
	.elseif	n == VECTOR_RAW
	jmp	intr_raw
	.else
	pushq	$n
	.cfi_adjust_cfa_offset 8
	jmp	intr_entry
	.endif
	.cfi_endproc
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
	entry_cfi
	.cfi_adjust_cfa_offset 16	/* vector and error code */
	save	rax, rcx, rdx, rbx, rbp, rsi, rdi
	save	r8, r9, r10, r11, r12, r13, r14, r15
	cld
	movq	%rsp, %rdi
	pushq	REGS_RIP(%rdi)
	.cfi_adjust_cfa_offset 8
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	movq	%rsp, %rbp
	call	trap
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	restore	r15, r14, r13, r12, r11, r10, r9, r8
	restore	rdi, rsi, rbp, rbx, rdx, rcx, rax
	addq	$16, %rsp
	.cfi_adjust_cfa_offset -16
	iretq
	.cfi_endproc
	.size	trap_entry, . - trap_entry

/* Interrupts: save what a C function may change (struct intrframe). */
	.globl	intr_entry
	.type	intr_entry, @function
intr_entry:
	entry_cfi
	.cfi_adjust_cfa_offset 8	/* vector */
	save	rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
	/* No CLD: nothing in this kernel sets the flag. */
	movq	%rsp, %rdi
	subq	$8, %rsp		/* keep calls 16-byte aligned */
	.cfi_adjust_cfa_offset 8
	pushq	INTRFRAME_RIP(%rdi)
	.cfi_adjust_cfa_offset 8
	save	rbp
	movq	%rsp, %rbp
	call	intr
	restore	rbp
	addq	$16, %rsp
	.cfi_adjust_cfa_offset -16
	restore	r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	iretq
	.cfi_endproc
	.size	intr_entry, . - intr_entry

	.section .note.GNU-stack, "", @progbits
