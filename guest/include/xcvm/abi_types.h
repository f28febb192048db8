/* SPDX-License-Identifier: ISC */
/*
 * Addresses and CPUs, as every part of the ABI names them.
 */
#ifndef XCVM_ABI_TYPES_H
#define XCVM_ABI_TYPES_H

#include <stdint.h>

#ifdef XCVM_GUEST
#define XCVM_PTR(type) type *
#else
#define XCVM_PTR(type) uint64_t
#endif

#define XCVM_NO_CPU 0xffffffffU

#endif /* XCVM_ABI_TYPES_H */
