/* SPDX-License-Identifier: ISC */
/* Contexts of the model CPUs: the way into ring 3, switches, checkpoints. */

	.text

/* void model_ring3(sp): model_enter() in ring 3 on that stack, interrupts off. */
	.globl	model_ring3
	.type	model_ring3, @function
model_ring3:
	movl	$0x33, %eax
	movl	%eax, %ds
	movl	%eax, %es
	pushq	$0x33
	pushq	%rdi
	pushq	$0x2
	pushq	$0x2b
	pushq	$model_enter
	xorl	%ebp, %ebp
	iretq
	.size	model_ring3, . - model_ring3

	.macro	save_registers
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.endm
	.macro	restore_registers
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.endm

/* void model_switch(uint64_t *save, uint64_t load) */
	.globl	model_switch
	.type	model_switch, @function
model_switch:
	save_registers
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	restore_registers
	ret
	.size	model_switch, . - model_switch

/*
 * bool model_checkpoint(void (*save)(uint64_t sp)): false; and true, each time
 * when model_resume(sp) has been called and the stack from sp on is as it was.
 */
	.globl	model_checkpoint
	.type	model_checkpoint, @function
model_checkpoint:
	save_registers
	movq	%rdi, %rax
	movq	%rsp, %rdi
	call	*%rax
	xorl	%eax, %eax
	restore_registers
	ret
	.size	model_checkpoint, . - model_checkpoint

	.globl	model_resume
	.type	model_resume, @function
model_resume:
	movq	%rdi, %rsp
	movl	$1, %eax
	restore_registers
	ret
	.size	model_resume, . - model_resume

/* void model_on_stack(top, void (*func)(void)), which does not return */
	.globl	model_on_stack
	.type	model_on_stack, @function
model_on_stack:
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	call	*%rsi
	ud2
	.size	model_on_stack, . - model_on_stack

/* First steps of another CPU, by model_switch(). */
	.globl	model_first
	.type	model_first, @function
model_first:
	xorl	%ebp, %ebp
	pushq	$0
	jmp	model_cpu_start
	.size	model_first, . - model_first

/* intr.c looks whether it interrupted the idle wait: never in here. */
	.globl	cpu_idle_window
	.globl	cpu_idle_resume
cpu_idle_window:
cpu_idle_resume:
	.globl	cpu_idle_window_size
	.set	cpu_idle_window_size, 0

	.section .note.GNU-stack, "", @progbits
