/* SPDX-License-Identifier: ISC */
/* What the files of kern/ promise each other; nobody else includes this. */
#ifndef KERN_KERN_H
#define KERN_KERN_H

#include <sys/lock.h>
#include <sys/proc.h>
#include <xcvm/abi.h>

/* --- kern_cpu.c --- */

/* Make ncpu CPUs known; they do not run yet. */
void cpu_attach_all(u_int ncpu, const uint32_t *apic_ids);

/* --- kern_sched.c: all at IPL_HIGH --- */

void sched_init_cpu(struct cpu_info *);

/* The idle loop of this CPU; it runs as the CPU's boot context. */
void sched_idle(void) __dead;

/* Make l runnable on its CPU, and that CPU look at it if it is better. */
void sched_wake(struct lwp *l);

/*
 * Run the best thread: the current one again if it is still runnable and
 * none is better.  SCHED_YIELD puts it behind its equals.
 */
enum sched_reason { SCHED_PREEMPT, SCHED_YIELD, SCHED_BLOCK };
void sched_switch(enum sched_reason);

/* --- kern_synch.c: sleep queues, by address --- */

struct sleepq {
	__cpu_simple_lock_t sq_lock;
	struct lwp *sq_first;
	struct lwp **sq_lastp;
};

/* The queue of an address, locked.  IPL_HIGH until sleepq_unlock(). */
struct sleepq *sleepq_lock(const volatile void *wchan);
void sleepq_unlock(struct sleepq *);

/* Put the current thread on the locked queue; sleepq_block() follows. */
void sleepq_enter(struct sleepq *, const volatile void *wchan, const char *);

/*
 * Sleep, unless woken since sleepq_enter(), for at most nsecs.  The queue is
 * unlocked; IPL_HIGH.  Returns 0 or EWOULDBLOCK.
 */
int sleepq_block(uint64_t nsecs);

/* Wake up to n threads of the locked queue asleep on wchan; how many it was. */
u_int sleepq_wake(struct sleepq *, const volatile void *wchan, u_int n);

/* --- kern_thread.c --- */

/* A struct lwp.  Their memory stays one for ever: mutex_enter() looks at the
   owner of a mutex without holding anything that keeps it alive. */
struct lwp *lwp_alloc(void);
void lwp_init(struct lwp *, struct cpu_info *, pri_t, u_int flags,
    void (*)(void *), void *, const char *name);

/* The current thread runs; previous was switched away from, or has exited. */
void lwp_switched(struct lwp *previous);

/* --- kern_softint.c --- */

void softint_init_cpu(struct cpu_info *);

/* A blocked soft interrupt thread can go on.  IPL_HIGH. */
void softint_resume(struct lwp *);

/* Leave a soft interrupt thread that must wait.  IPL_HIGH. */
void softint_block(void);

/* This CPU's soft interrupt level has work.  Any IPL. */
void softint_mark(u_int level);

/* --- kern_callout.c --- */

/* Run what is due on this CPU.  IPL_SOFTCLOCK. */
void callout_softclock(void);

/* --- subr_kmem.c, subr_stack.c --- */

void kmem_init(vaddr_t start, vaddr_t end);
void stack_init(const struct xcvm_boot *);

/* The top of slot n (below XCVM_CPU_STACKS) of a CPU's own stacks. */
vaddr_t stack_of_cpu(const struct cpu_info *, u_int n);

/* A stack slot, or 0; its top is XCVM_STACK_SLOT above.  IPL_NONE. */
vaddr_t stack_alloc(void);
void stack_free(vaddr_t);

/* --- subr_param.c --- */

/* A parameter of the run, or the value given when the run has none. */
uint64_t boot_param(const char *name, uint64_t otherwise);

/* --- subr_prf.c, subr_panic.c --- */

/* Stop this CPU for good: another panics. */
void panic_stop(void) __dead;

/* panic() with the registers of an exception. */
void panic_trap(const struct xcvm_regs *, const char *, ...) __dead
    __printflike(2, 3);

/* --- kern_stall.c --- */

void stall_init(void);

/* --- cases/case.c --- */

/* Run the case of the boot block and end the run.  Thread context. */
void case_main(void) __dead;

#endif /* KERN_KERN_H */
