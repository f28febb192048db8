/* SPDX-License-Identifier: ISC */
/*
 * Checked KVM ioctls, and what a run needs of /dev/kvm.
 */
#ifndef VMM_VM_KVM_H
#define VMM_VM_KVM_H

#include <sys/ioctl.h>

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/*
 * KVM_IOCTL(fd, request, pointer, why): what `pointer` points to must have
 * the size that the request carries, or it does not compile.
 * KVM_IOCTL_VALUE(fd, request, number, why): for a request whose argument is
 * a number.  Both return what the ioctl returns; at an error -1, with errno
 * left as it is and, unless `why` is NULL, VERDICT_CRASH and the request's
 * name in `why`.
 */
#define KVM_ASSERT_SIZE(size, request)                       \
	((void)sizeof(struct {                               \
		_Static_assert((size) == _IOC_SIZE(request), \
		    "the argument does not fit " #request);  \
		int unused;                                  \
	}))
#define KVM_IOCTL(fd, request, pointer, why)           \
	(KVM_ASSERT_SIZE(sizeof(*(pointer)), request), \
	    kvm_ioctl(fd, request, #request, (pointer), why))
#define KVM_IOCTL_VALUE(fd, request, number, why) \
	(KVM_ASSERT_SIZE(0, request),             \
	    kvm_ioctl_value(fd, request, #request, number, why))

int kvm_ioctl(int fd, unsigned long request, const char *name, void *argument,
    struct failure *why);
int kvm_ioctl_value(int fd, unsigned long request, const char *name,
    unsigned long number, struct failure *why);

/* An open /dev/kvm, and what was found out about it. */
struct kvm {
	int fd;
	uint32_t max_vcpus;
	uint32_t max_vcpu_id;	  /* ids are below this */
	size_t run_size;	  /* bytes that a vCPU shares with KVM */
	bool tss_addr;		  /* KVM_SET_TSS_ADDR exists */
	bool identity_map;	  /* KVM_SET_IDENTITY_MAP_ADDR exists */
	bool boot_cpu_id;	  /* KVM_SET_BOOT_CPU_ID exists */
	uint32_t guest_debug;	  /* flags that KVM_SET_GUEST_DEBUG knows */
	struct kvm_cpuid2 *cpuid; /* the CPUID that KVM supports */
};

/*
 * Open /dev/kvm and check that it can do all that a run needs.  0, or -1 with
 * VERDICT_NOKVM and a text that says what is missing and how to get it.  After
 * 0, kvm_close() gives everything back.
 */
int kvm_open(struct kvm *kvm, struct failure *why);
void kvm_close(struct kvm *kvm);

/*
 * Make `size` bytes at `base` the memory of a VM that has no vCPUs yet, from
 * GPA 0 on.  0 or -1.
 */
int kvm_give_memory(const struct kvm *kvm, int vm_fd, void *base, uint64_t size,
    struct failure *why);

/*
 * Can this KVM run so many vCPUs, with x2APIC ids up to `max_apic_id`?  0, or
 * -1 with VERDICT_USAGE.
 */
int kvm_allows(const struct kvm *kvm, uint32_t vcpus, uint32_t max_apic_id,
    struct failure *why);

/* The frequency of a guest's TSC, in kHz; 0: not known. */
uint64_t kvm_tsc_khz(const struct kvm *kvm);

#endif /* VMM_VM_KVM_H */
