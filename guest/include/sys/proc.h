/* SPDX-License-Identifier: ISC */
/* Threads (LWPs): all are kernel threads, and each is bound to one CPU. */
#ifndef SYS_PROC_H
#define SYS_PROC_H

#include <sys/param.h>
#include <sys/callout.h>
#include <sys/systm.h>

#define MAXCOMLEN 24

struct stall_watch;

struct lwp {
	void *l_md_sp;		  /* saved stack pointer */
	struct cpu_info *l_cpu;	  /* never changes */
	volatile int l_stat;	  /* LS* below */
	volatile int l_nopreempt; /* kpreempt_disable() depth */
	pri_t l_priority;
	u_int l_flag;			       /* LW_* below */
	struct lwp *l_runq_next;	       /* spc_runq, under spc_lock */
	struct lwp *l_sleepq_next;	       /* sleep queue, under its lock */
	const volatile void *volatile l_wchan; /* asleep on, or NULL */
	const char *l_wmesg;
	struct lwp *l_switchto;	     /* softint: the thread it interrupted */
	struct stall_watch *l_stall; /* its innermost watched wait, or NULL */
	void (*l_func)(void *);
	void *l_arg;
	vaddr_t l_stack; /* its stack slot */
	volatile int l_timedout;
	struct callout l_sleep_callout;
	struct cond l_left; /* exited, and off its stack */
	struct lwp *l_list; /* free list of dead threads */
	struct lwp *l_next; /* list of all */
	char l_name[MAXCOMLEN];
};

#define LSIDL	    0 /* not started */
#define LSRUN	    1 /* on its run queue */
#define LSONPROC    2 /* on its CPU */
#define LSSLEEP	    3 /* on a sleep queue */
#define LSZOMB	    4 /* exited */

#define LW_SOFTINT  0x0001 /* soft interrupt thread */
#define LW_IDLE	    0x0002 /* idle loop */
#define LW_MUSTJOIN 0x0004 /* somebody will kthread_join() */

/*
 * curlwp_bind(9): keep the thread on its CPU until curlwp_bindx() gets what
 * curlwp_bind() returned.  Threads never leave their CPU here.
 */
static inline int
curlwp_bind(void)
{
	return (1);
}

static inline void
curlwp_bindx(int bound __unused)
{
}

/* Give the CPU to another thread of the same or a higher priority. */
void yield(void);

#endif /* SYS_PROC_H */
