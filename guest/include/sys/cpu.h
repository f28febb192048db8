/* SPDX-License-Identifier: ISC */
/* What the kernel keeps per CPU, and how to find a CPU. */
#ifndef SYS_CPU_H
#define SYS_CPU_H

#include <sys/param.h>
#include <sys/xcall.h>
#include <sys/condvar.h>
#include <machine/cpu.h>

#define SOFTINT_LEVELS 4

/* The scheduler's share. */
struct schedstate_percpu {
	volatile u_int spc_flags;
	volatile u_int spc_lock; /* over the run queue */
	struct lwp *spc_runq;	 /* by priority, then first come */
	pri_t spc_curpriority;	 /* of the thread, not a softint on top */
	volatile bool spc_want_resched; /* a better thread is runnable */
};
#define SPCF_OFFLINE   0x0002 /* by cpu_setstate(); it runs all the same */
#define SPCF_RUNNING   0x0001 /* takes interrupts, runs threads */

/* Numbers ipi(9) can register, and where their pending bits are. */
#define IPI_MAXREG     32U
#define IPI_BITWORDS   (IPI_MAXREG / 32)
#define IPI_BITW_SHIFT 5
#define IPI_BITW_MASK  31

/* xcall(9)'s share: what the CPU's LOW thread waits for. */
struct cpu_data {
	struct kcondvar cpu_xcall;
	volatile bool cpu_xcall_pending;
};

/*
 * Only the CPU itself writes its own structure, but for spc_*, ci_xcall and
 * the *_remote words, which other CPUs reach by atomic operations or a lock.
 */
struct cpu_info {
	struct cpu_info *ci_self; /* first: curcpu() reads it */
	struct lwp *volatile ci_curlwp;
	u_int ci_index;
	u_int ci_cpuid;		       /* hardware id: x2APIC id */
	volatile int ci_ilevel;	       /* current IPL */
	volatile uint32_t ci_ipending; /* interrupts recorded, by source */
	volatile int ci_idepth;	       /* hard interrupts being handled */
	int ci_mtx_count;	       /* spin mutexes held */
	int ci_mtx_oldspl;	       /* level to return to after the last */
	struct cpu_md ci_md;

	struct lwp *ci_idlelwp;
	struct lwp *ci_softlwp[SOFTINT_LEVELS];
	volatile uint64_t ci_softpend[SOFTINT_LEVELS]; /* by handle */
	volatile int ci_softactive[SOFTINT_LEVELS];    /* handle + 1, or 0 */
	struct callout *ci_callouts;		       /* by deadline */
	volatile u_int ci_callout_lock;
	volatile bool ci_callout_due; /* the timer fired */

	struct schedstate_percpu ci_schedstate __cacheline_aligned;
	volatile uint32_t ci_softwake_remote; /* soft levels to resume */
	struct xcall_cpu ci_xcall __cacheline_aligned;
	volatile uint32_t ci_ipipend[IPI_BITWORDS] __cacheline_aligned;
	volatile u_int ci_ipi_number; /* whose handler runs, or 0 */
	struct cpu_data ci_data;
	volatile uint64_t ci_xcstat[32] __cacheline_aligned;
	struct xcvm_trace *ci_trace; /* <sys/xctrace.h> */
	volatile uint64_t ci_stamps[8] __cacheline_aligned; /* likewise */
	/* TSC of the last raw interrupt; other CPUs wait for it to change. */
	volatile uint64_t ci_raw_tsc __cacheline_aligned;
} __cacheline_aligned;

/*
 * All attached CPUs.  NetBSD writes for (CPU_INFO_FOREACH(cii, ci)), OpenBSD
 * CPU_INFO_FOREACH(cii, ci) alone, which only its own files have here.
 */
typedef u_int CPU_INFO_ITERATOR;
#define CPU_INFO_STEPS(cii, ci)           \
	(cii) = 0;                        \
	((ci) = cpu_lookup(cii)) != NULL; \
	(cii)++
#ifdef XCVM_KPI_OPENBSD
#define CPU_INFO_FOREACH(cii, ci) for (CPU_INFO_STEPS(cii, ci))
#else
#define CPU_INFO_FOREACH(cii, ci) CPU_INFO_STEPS(cii, ci)
#endif
#define CPU_INFO_UNIT(ci)  ((ci)->ci_index)
#define CPU_IS_PRIMARY(ci) ((ci)->ci_index == 0)

#define curlwp		   (curcpu()->ci_curlwp)
#define cpu_index(ci)	   ((ci)->ci_index)
#define cpu_number()	   (curcpu()->ci_index)

/* The CPU of that index, attached but not always running; or NULL. */
struct cpu_info *cpu_lookup(u_int index);

/*
 * Start the other CPUs and wait until they run; mp_online from then on.  The
 * kernel does so before a case, unless the case has the parameter early.
 */
void cpu_boot_others(void);

/* Mark the CPU online or offline for scheduling; it goes on running. */
void cpu_setstate(struct cpu_info *, bool online);

/* Does the CPU take interrupts and run threads?  Any context. */
static inline bool
cpu_is_running(const struct cpu_info *ci)
{
	/* Acquire: who sees the CPU running sees it initialised. */
	return (
	    __atomic_load_n(&ci->ci_schedstate.spc_flags, __ATOMIC_ACQUIRE) &
	    SPCF_RUNNING);
}

/*
 * kpreempt_disable(9): keep other threads off this CPU; soft and hard
 * interrupts still come.  Nests.  Any context; no VM exit.
 */
void kpreempt_disable(void);
void kpreempt_enable(void);
bool kpreempt_disabled(void);

#endif /* SYS_CPU_H */
