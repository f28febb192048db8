/* SPDX-License-Identifier: ISC */
/* Context switch, and the first steps of a thread. */
#include <machine/curlwp.h>

	.cfi_sections .debug_frame	/* for a debugger */

	.text
/*
 * struct lwp *cpu_switchto(struct lwp *old, struct lwp *new)
 * See kern/md.h.  The stack pointer is the first member of struct lwp;
 * ci_curlwp is the second word of struct cpu_info.
 */
	.globl	cpu_switchto
	.type	cpu_switchto, @function
cpu_switchto:
	.cfi_startproc
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	movq	%rsp, (%rdi)
	movq	(%rsi), %rsp
	SET_CURLWP(%rsi)
	movq	%rdi, %rax
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	ret
	.cfi_endproc
	.size	cpu_switchto, . - cpu_switchto

/*
 * cpu_switchto() returns here for a new thread: %rax is the thread before it.
 * The return address below lwp_start()'s frame is 0: a backtrace ends there.
 */
	.globl	lwp_trampoline
	.type	lwp_trampoline, @function
lwp_trampoline:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%rax, %rdi
	xorl	%ebp, %ebp
	pushq	$0
	jmp	lwp_start
	.cfi_endproc
	.size	lwp_trampoline, . - lwp_trampoline

	.section .note.GNU-stack, "", @progbits
