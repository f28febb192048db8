/* SPDX-License-Identifier: ISC */
/* What the two files of ipi(9) promise each other; nobody else includes this. */
#ifndef KERN_SUBR_IPI_H
#define KERN_SUBR_IPI_H

#include <sys/ipi.h>

/* --- subr_ipi.c: numbers --- */

#define IPI_SYNCH_ID 0 /* announces messages */

/* Panic, in the name of the caller, if preemption is enabled. */
static inline void
ipi_assert_pinned(const char *caller)
{
	if (!kpreempt_disabled() && !cpu_intr_p() && !cpu_softintr_p())
		panic("%s: preemption is enabled", caller);
}

/* Panic, in the name of the caller, if the CPU is NULL, this one, or not up. */
static inline void
ipi_assert_remote(const char *caller, const struct cpu_info *ci)
{
	if (ci == NULL)
		panic("%s: the CPU is NULL", caller);
	if (ci == curcpu())
		panic("%s: cpu%u is the caller's own", caller, cpu_index(ci));
	if (!cpu_is_running(ci))
		panic("%s: cpu%u is not running", caller, cpu_index(ci));
}

/*
 * Mark the number pending for another CPU, and interrupt that unless it was.
 * Any context, any IPL; preemption disabled.
 */
void ipi_send(const char *caller, struct cpu_info *, u_int id);

/* As kcpuset_next(): the running CPUs of the set but this one. */
struct cpu_info *ipi_next_remote(const kcpuset_t *, u_int *index);

/* --- subr_ipi_msg.c: messages --- */

/*
 * Around a batch of handlers on this CPU, at IPL_HIGH: the end of the
 * outermost batch runs the messages, if number 0 was in it or in one within.
 */
void ipi_msg_batch_begin(void);
void ipi_msg_batch_end(bool announced);

#endif /* KERN_SUBR_IPI_H */
