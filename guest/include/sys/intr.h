/* SPDX-License-Identifier: ISC */
/*
 * Soft interrupts, softint(9), and the questions code asks of its context.
 */
#ifndef SYS_INTR_H
#define SYS_INTR_H

#include <sys/types.h>
#include <machine/intr.h>

#define SOFTINT_CLOCK	0x0000
#define SOFTINT_BIO	0x0001
#define SOFTINT_NET	0x0002
#define SOFTINT_SERIAL	0x0003
#define SOFTINT_LVLMASK 0x00ff
#define SOFTINT_COUNT	4
#define SOFTINT_MPSAFE	0x0100 /* accepted: every handler is MP-safe here */

/*
 * softint_establish(9): register a handler at one of the four levels; the
 * handle is good on every CPU.
 * => returns NULL when all SOFTINT_MAX handles are taken
 * => thread context
 */
#define SOFTINT_MAX	64
void *softint_establish(u_int, void (*)(void *), void *);

/*
 * softint_disestablish(9): on return the handler does not run and will not
 * run again on any CPU.  Thread context, sleeps; not from the handler.
 */
void softint_disestablish(void *);

/*
 * softint_schedule(9): run the handler on this CPU when its IPL allows; one
 * that is already pending runs once.  Any context, any IPL; no VM exit.
 */
void softint_schedule(void *);

/* OpenBSD's form of the same; the level is an IPL_*. */
static inline void *
softintr_establish(int ipl, void (*func)(void *), void *arg)
{
	int level = (ipl & ~IPL_MPSAFE) - IPL_SOFTCLOCK;

	return (softint_establish(SOFTINT_CLOCK + (u_int)level, func, arg));
}
#define softintr_disestablish(handle) softint_disestablish(handle)
#define softintr_schedule(handle)     softint_schedule(handle)

/* Are we in a hard interrupt / a soft interrupt handler?  Any context. */
bool cpu_intr_p(void);
bool cpu_softintr_p(void);

#endif /* SYS_INTR_H */
