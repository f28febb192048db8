/* SPDX-License-Identifier: ISC */
/*
 * What a file of another kernel may take for granted: in those kernels the
 * headers bring each other in, so a file seldom names all it uses.  The build
 * puts this in front of a file given as CPU_XCALL_SRC, XCALL_SRC or IPI_SRC;
 * see docs/dropin.md.
 */
#ifndef XCVM_KPI_H
#define XCVM_KPI_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/callout.h>
#include <sys/condvar.h>
#include <sys/cpu.h>
#include <sys/evcnt.h>
#include <sys/intr.h>
#include <sys/ipi.h>
#include <sys/kcpuset.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/lwp.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/xcall.h>
#include <machine/intr.h>

#endif /* XCVM_KPI_H */
