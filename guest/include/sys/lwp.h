/* SPDX-License-Identifier: ISC */
/* NetBSD's name for <sys/proc.h>. */
#ifndef SYS_LWP_H
#define SYS_LWP_H

#include <sys/proc.h>

#endif /* SYS_LWP_H */
