/* SPDX-License-Identifier: ISC */
/*
 * All that the VMM and a guest image agree on.  Both sides include
 * this header, and none of its parts by itself.
 *
 * Every address in it is a guest physical address (GPA).  Guest memory is
 * mapped one to one, so inside the guest it is a pointer as well; XCVM_PTR()
 * spells it as a pointer there and as a number in the VMM.
 */
#ifndef XCVM_ABI_H
#define XCVM_ABI_H

/* One version for all parts: what changes in one of them changes this. */
#define XCVM_ABI_VERSION 5

#include "abi_boot.h"
#include "abi_hypercall.h"
#include "abi_image.h"
#include "abi_inspect.h"
#include "abi_schedule.h"
#include "abi_trace.h"
#include "abi_types.h"

#endif /* XCVM_ABI_H */
