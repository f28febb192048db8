/* SPDX-License-Identifier: ISC */
/* From the first C line of a CPU to its idle loop; CPU 0 runs the case. */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/ipi.h>
#include <sys/kthread.h>
#include <sys/xcall.h>
#include <sys/xctrace.h>
#include <machine/hypercall.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

int hz = 100;

static struct cond others_run;
static u_int others_expected;

/* This CPU takes interrupts and runs threads from here on. */
static void
cpu_online(struct cpu_info *ci)
{
	sched_init_cpu(ci);
	softint_init_cpu(ci);
#ifdef MULTIPROCESSOR
	cpu_xcall_establish(ci);
#endif
	xc_init_cpu(ci);
	kcpuset_atomic_set(kcpuset_running, cpu_index(ci));
	/* Release: a CPU that sees it running sees it initialised. */
	atomic_store_release(&ci->ci_schedstate.spc_flags, SPCF_RUNNING);
}

/* The last CPUs stay out when a case says so: parameter unstarted. */
void
cpu_boot_others(void)
{
	if (mp_online)
		return;
	others_expected = ncpu - 1 - (u_int)boot_param("unstarted", 0);
	if (others_expected != 0) {
		cond_init(&others_run);
		hypercall_start_cpus(1, others_expected);
		cond_wait(&others_run, "cpuboot");
	}
	mp_online = true;
}

static void
main_thread(void *arg __unused)
{
	xc_machdep_init();
	/* A case about early boot starts them itself: parameter early. */
	if (!boot_param("early", 0))
		cpu_boot_others();
	case_main();
}

void
kern_main(const struct xcvm_boot *b)
{
	KASSERT(b->magic == XCVM_BOOT_MAGIC);
	stack_init(b);
	stall_init();
	xctrace_init();
	ipi_sysinit();
	ipi_percpu_init();
	cpu_online(curcpu());
	if (kthread_create(PRI_KTHREAD, KTHREAD_MPSAFE, NULL, main_thread, NULL,
		NULL, "main") != 0)
		panic("no stack for the main thread");
	sched_idle();
}

void
kern_cpu_main(void)
{
	cpu_online(curcpu());
	if (atomic_dec_uint_nv(&others_expected) == 0)
		cond_signal(&others_run);
	sched_idle();
}
