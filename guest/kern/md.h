/* SPDX-License-Identifier: ISC */
/*
 * The border between the machine-independent kernel and the machine.
 *
 * What a port to a new architecture supplies, and nothing else:
 *
 *  1. <machine/cpu.h>: struct cpu_md, curcpu(), CPU_BUSY_CYCLE(),
 *     cpu_count_inc(), cpu_count_fetch_inc(); struct cpu_info is found from
 *     a register.
 *  2. <machine/intr.h>: IPL_*, splraise(), splx(), intr_mark(),
 *     intr_disable(), intr_restore(), cpu_xcall_take(), with interrupts
 *     recorded while their level is blocked and replayed when it drops.
 *  3. <machine/clock.h>: cpu_counter() and conversions of it.
 *  4. <machine/hypercall.h>: the requests of <xcvm/abi.h>.
 *  5. Entry: on each CPU, with its stack, set up curcpu() and the exception
 *     vectors, then call kern_main() on CPU 0 and kern_cpu_main() on others.
 *  6. The functions declared in this file under "supplied by the machine".
 *  7. Calls into this file's "called by the machine" from the interrupt
 *     handlers named there.
 *  8. A note of XCVM_NOTE_ABI, and the linker script with the section of
 *     XCVM_CASE_SECTION and the symbols xcvm_cases_start and _end,
 *     and the same for XCVM_IMPL_SECTION; and XCVM_INSPECT_SECTION.
 *  9. A frame pointer chain that a debugger can walk across interrupts.
 */
#ifndef KERN_MD_H
#define KERN_MD_H

#include <sys/proc.h>
#include <machine/hypercall.h>

/* --- supplied by the machine --- */

/*
 * Switch stacks from old, which is running, to new.  Returns, when somebody
 * switches back to old, the thread that did.
 * => IPL_HIGH on both sides; the thread that resumes restores its own level
 */
struct lwp *cpu_switchto(struct lwp *old, struct lwp *new);

/* Make a new thread, once switched to, call lwp_start(previous thread). */
void cpu_lwp_setup(struct lwp *, vaddr_t stack_top);

/* Wait for an interrupt unless *stop, with no wake-up lost between the two. */
void cpu_idle_wait(const volatile bool *stop);

/* Interrupt another CPU so that it calls sched_ipi(); any context. */
void cpu_resched_ipi(struct cpu_info *);

/* Stop all other CPUs, whatever they do.  Panic context. */
void cpu_stop_others(void);

/* Stop this CPU for good. */
void cpu_stop(void) __dead;

/* Fire callout_intr() at that TSC or earlier, and only once.  IPL_HIGH. */
void cpu_timer_arm(uint64_t tsc);

/* Connect xc_send_ipi() to xc_ipi_handler().  Thread context, CPU 0, once. */
void xc_machdep_init(void);

/*
 * The state of this CPU's cross-call soft interrupt (see sys/xcall.h, 2) is
 * cpu_xcall_take(), inline in <machine/intr.h>.
 */

/* --- called by the machine --- */

/* Entry of CPU 0, and of the others; on the CPU's own stack, IPL_HIGH. */
void kern_main(const struct xcvm_boot *) __dead;
void kern_cpu_main(void) __dead;

/* First C code of a new thread, from cpu_lwp_setup()'s stack. */
void lwp_start(struct lwp *previous) __dead;

/* Handlers: reschedule IPI and timer, at IPL_SCHED. */
void sched_ipi(void);
void callout_intr(void);

/* Handler of SIR_PREEMPT, at IPL_PREEMPT. */
void sched_preempt(void);

/* Handler of the four soft interrupt levels (0: SOFTCLOCK), at that level. */
void softint_dispatch(u_int level);

#endif /* KERN_MD_H */
