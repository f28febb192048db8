/* SPDX-License-Identifier: ISC */
/*
 * ipi(9): inter-processor interrupts.
 *
 * Two layers: numbered handlers that any CPU can trigger on any other
 * (asynchronous, coalescing), and messages, a function to run on other CPUs
 * that the sender waits for.  Both run in the hard interrupt, at IPL_HIGH.
 * Interfaces as in NetBSD 7.1.2, and ipi_trigger_multi() and _broadcast() of
 * later ones (docs/contract.md, I1 to I40).
 */
#ifndef SYS_IPI_H
#define SYS_IPI_H

#include <sys/cpu.h>
#include <sys/kcpuset.h>

typedef void (*ipi_func_t)(void *);

typedef struct ipi_msg {
	ipi_func_t func;
	void *arg;
	volatile u_int _pending; /* private */
} ipi_msg_t;

/*
 * ipi_register(): give func(arg) a number, from 1 to IPI_MAXREG - 1, the
 * lowest free.  Returns 0 when all are taken (with a warning on the console)
 * or when func is NULL.  Thread context; may sleep.
 */
u_int ipi_register(ipi_func_t func, void *arg);

/*
 * ipi_unregister(): free the number.  On return the handler is not running
 * and will not run again, on any CPU; a trigger sent before is delivered
 * before the return, and never reaches a later owner of the number.
 * Thread context, all levels open; sleeps and spins.  Panics: number 0, one
 * out of range, one that is free.
 */
void ipi_unregister(u_int id);

/*
 * ipi_trigger(): have the handler run on another CPU.  A handler execution
 * begins after each trigger; several triggers may share one.
 * _multi: on every running CPU of the set; _broadcast: on every running CPU.
 * There this CPU, unless left out, handles all that is pending for it, this
 * number included, before the return, at IPL_HIGH.
 * => any context, any IPL, with preemption disabled; never blocks
 * => panics: number free or out of range; _trigger: ci is this CPU, or does
 *    not run
 */
void ipi_trigger(u_int id, struct cpu_info *ci);
void ipi_trigger_multi(u_int id, const kcpuset_t *target);
void ipi_trigger_broadcast(u_int id, bool skip_self);

/*
 * Send a message: run msg->func(msg->arg) once on the CPU, on each running
 * CPU of the set, or on all running CPUs; on this CPU, if it is one of them,
 * before the return and at IPL_HIGH.  ipi_wait() must follow before the
 * message is changed or goes out of scope.
 * ipi_broadcast(msg) includes this CPU; ipi_broadcast(msg, skip_self) is
 * asked.
 * => any context, any IPL, with preemption disabled; spins at that level
 *    while a mailbox is full
 * => panics: func NULL, message still pending; unicast: as ipi_trigger()
 */
void ipi_unicast(ipi_msg_t *msg, struct cpu_info *ci);
void ipi_multicast(ipi_msg_t *msg, const kcpuset_t *target);
#if IPI_IMPLEMENTATION + 0 == 1
/* A file that defines the 7.1.2 form, under a name that leaves the later one
   to kern_dropin.c; see docs/dropin.md. */
void ipi_broadcast(ipi_msg_t *msg) __asm("ipi_broadcast_all");
#else
void ipi_broadcast(ipi_msg_t *msg, bool skip_self);
#endif
#ifndef IPI_IMPLEMENTATION
#define IPI_BROADCAST_ARGS(msg, skip_self, ...) msg, skip_self
#define ipi_broadcast(...) \
	ipi_broadcast(IPI_BROADCAST_ARGS(__VA_ARGS__, false, 0))
#endif

/*
 * ipi_wait(): spin until every execution of the message has ended; what they
 * wrote is visible then.  Keeps the caller's level, and serves nobody else's
 * messages: two CPUs that wait for each other with interrupts blocked wait
 * for ever, and the stall reports say so.  Any context.
 */
void ipi_wait(ipi_msg_t *msg);

/*
 * Machine-dependent code.  ipi_sysinit(): once, before CPUs run.
 * ipi_percpu_init(): once, when all CPUs are attached.  ipi_cpu_handler():
 * on the CPU, from the interrupt cpu_ipi() sent, at IPL_HIGH.
 * cpu_ipi(ci): supplied by the machine: interrupt that CPU.
 */
void ipi_sysinit(void);
void ipi_percpu_init(void);
void ipi_cpu_handler(void);
void cpu_ipi(struct cpu_info *ci);

#endif /* SYS_IPI_H */
