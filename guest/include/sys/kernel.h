/* SPDX-License-Identifier: ISC */
/* Kernel variables: all of them are in <sys/systm.h>. */
#ifndef SYS_KERNEL_H
#define SYS_KERNEL_H

#include <sys/systm.h>

#endif /* SYS_KERNEL_H */
