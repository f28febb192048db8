/* SPDX-License-Identifier: ISC */
/* Context switch, the first steps of a thread, and the idle wait. */

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
	movq	%rsi, %gs:8
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

/*
 * void cpu_idle_wait(const volatile bool *stop)
 * Halt until an interrupt, unless *stop.  The shadow of STI keeps interrupts
 * off until HLT has begun; where a hypervisor does not honour it, intr()
 * moves the return address of an interrupt that lands in the window past the
 * HLT, so that the wake-up it brings is not slept over.
 */
	.globl	cpu_idle_wait
	.type	cpu_idle_wait, @function
	.globl	cpu_idle_window
	.type	cpu_idle_window, @object	/* not what a backtrace names */
	.globl	cpu_idle_resume
	.type	cpu_idle_resume, @object
cpu_idle_wait:
	.cfi_startproc
	pushq	%rbp			/* a frame: halted CPUs are looked at */
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	movq	%rsp, %rbp
	cli
cpu_idle_window:
	cmpb	$0, (%rdi)
	jne	cpu_idle_resume
	sti
	hlt
cpu_idle_resume:
	sti
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	ret
	.cfi_endproc
	.size	cpu_idle_wait, . - cpu_idle_wait
	.globl	cpu_idle_window_size
	.set	cpu_idle_window_size, cpu_idle_resume - cpu_idle_window

	.section .note.GNU-stack, "", @progbits
