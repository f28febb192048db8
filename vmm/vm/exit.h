/* SPDX-License-Identifier: ISC */
/*
 * KVM's exit reasons in words.
 */
#ifndef VMM_VM_EXIT_H
#define VMM_VM_EXIT_H

#include <linux/kvm.h>
#include <stddef.h>

/* Say what kind of exit `run` holds, and all that KVM told about it. */
void exit_describe(const struct kvm_run *run, char *text, size_t size);

#endif /* VMM_VM_EXIT_H */
