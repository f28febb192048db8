/* SPDX-License-Identifier: ISC */
/* The machine's part of a new thread; who has which stack, for restoring. */
#include <sys/proc.h>
#include <kern/md.h>
#include "model.h"

void lwp_trampoline(void);

CTASSERT(offsetof(struct lwp, l_md_sp) == 0);	     /* switch.S */
CTASSERT(offsetof(struct cpu_info, ci_curlwp) == 8); /* switch.S */

#define SWITCH_REGISTERS 6

void
cpu_lwp_setup(struct lwp *l, vaddr_t stack_top)
{
	uint64_t *sp = (uint64_t *)stack_top;

	*--sp = (uint64_t)lwp_trampoline;
	for (u_int i = 0; i < SWITCH_REGISTERS; i++)
		*--sp = 0;
	explore_save((uintptr_t)l);
	l->l_md_sp = sp;
	explore_thread(l, stack_top);
}
