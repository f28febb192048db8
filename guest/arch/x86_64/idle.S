/* SPDX-License-Identifier: ISC */
/* The idle wait. */

	.cfi_sections .debug_frame	/* for a debugger */

	.text
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
