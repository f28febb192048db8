/* SPDX-License-Identifier: ISC */
/* Scheduling: all of it is in <sys/proc.h> and <sys/cpu.h>. */
#ifndef SYS_SCHED_H
#define SYS_SCHED_H

#include <sys/proc.h>

#endif /* SYS_SCHED_H */
