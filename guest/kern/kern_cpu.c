/* SPDX-License-Identifier: ISC */
/* The CPUs: who is attached, who runs; and kernel preemption's switch. */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kcpuset.h>
#include <sys/kmem.h>
#include <sys/proc.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

u_int ncpu;
bool mp_online;
struct cpu_info *cpu_infos;

void
cpu_attach_all(u_int n, const uint32_t *apic_ids)
{
	cpu_infos = kmem_zalloc(n * sizeof(*cpu_infos), KM_SLEEP);
	for (u_int i = 0; i < n; i++) {
		cpu_infos[i].ci_self = &cpu_infos[i];
		cpu_infos[i].ci_index = i;
		cpu_infos[i].ci_cpuid = apic_ids[i];
		cpu_infos[i].ci_trace = &boot->trace[i];
		kcpuset_set(kcpuset_attached, i);
	}
	ncpu = n;
}

struct cpu_info *
cpu_lookup(u_int index)
{
	return (index < ncpu ? &cpu_infos[index] : NULL);
}

void
cpu_setstate(struct cpu_info *ci, bool online)
{
	volatile u_int *flags = &ci->ci_schedstate.spc_flags;

	if (online)
		atomic_and_uint(flags, ~(u_int)SPCF_OFFLINE);
	else
		atomic_or_uint(flags, SPCF_OFFLINE);
}

void
kpreempt_disable(void)
{
	curlwp->l_nopreempt++;
	/* Nothing may move up, out of the section. */
	__insn_barrier();
}

void
kpreempt_enable(void)
{
	struct cpu_info *ci = curcpu();
	struct lwp *l = ci->ci_curlwp;

	KASSERT(l->l_nopreempt > 0);
	__insn_barrier();
	if (--l->l_nopreempt == 0 && ci->ci_schedstate.spc_want_resched) {
		/* The preemption this section held off; splx() runs it. */
		intr_mark(SIR_PREEMPT);
		splx(ci->ci_ilevel);
	}
}

bool
kpreempt_disabled(void)
{
	return (curlwp->l_nopreempt != 0 || curcpu()->ci_ilevel != IPL_NONE);
}
