/* SPDX-License-Identifier: ISC */
/*
 * Checked KVM ioctls, and what a run needs of /dev/kvm.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm/kvm.h"

#define KVM_PATH	  "/dev/kvm"
#define CPUID_ENTRIES	  64   /* first guess */
#define CPUID_ENTRIES_MAX 4096 /* beyond this KVM is not to be believed */
/* Where Intel's KVM keeps pages of its own: above all guest memory. */
#define IDENTITY_MAP	  0xfffbc000ULL
#define TSS_ADDRESS	  0xfffbd000ULL

#define X2APIC_API_FLAGS \
	(KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK)

#define CURE_OTHER "; or try it without /dev/kvm: make check-nested"
#define CURE_LOAD                                                              \
	"load KVM (modprobe kvm_intel or kvm_amd), turn on VT-x or AMD-V in "  \
	"the firmware, and in a virtual machine nested virtualisation on its " \
	"host" CURE_OTHER
#define CURE_NEWER "a newer Linux kernel has it" CURE_OTHER

/*
 * The capabilities that a run needs; `bits` is what KVM's answer must contain.
 */
static const struct {
	const char *name;
	unsigned long capability;
	int bits; /* 0: any positive answer will do */
} needed[] = {
    {"KVM_CAP_USER_MEMORY", KVM_CAP_USER_MEMORY, 0},
    {"KVM_CAP_SPLIT_IRQCHIP", KVM_CAP_SPLIT_IRQCHIP, 0},
    {"KVM_CAP_X2APIC_API (32-bit ids, no broadcast quirk)", KVM_CAP_X2APIC_API,
	X2APIC_API_FLAGS},
    {"KVM_CAP_TSC_DEADLINE_TIMER", KVM_CAP_TSC_DEADLINE_TIMER, 0},
    {"KVM_CAP_GET_TSC_KHZ", KVM_CAP_GET_TSC_KHZ, 0},
    {"KVM_CAP_IMMEDIATE_EXIT", KVM_CAP_IMMEDIATE_EXIT, 0},
    {"KVM_CAP_MP_STATE", KVM_CAP_MP_STATE, 0},
    {"KVM_CAP_EXT_CPUID", KVM_CAP_EXT_CPUID, 0},
};

static int
ioctl_failed(const char *name, struct failure *why)
{
	int error = errno;

	if (why != NULL)
		fail(why, VERDICT_CRASH, "%s: %s", name, strerror(error));
	errno = error;
	return (-1);
}

int
kvm_ioctl(int fd, unsigned long request, const char *name, void *argument,
    struct failure *why)
{
	int result = ioctl(fd, request, argument);

	return (result == -1 ? ioctl_failed(name, why) : result);
}

int
kvm_ioctl_value(int fd, unsigned long request, const char *name,
    unsigned long number, struct failure *why)
{
	int result = ioctl(fd, request, number);

	return (result == -1 ? ioctl_failed(name, why) : result);
}

static int
kvm_extension(int fd, unsigned long capability)
{
	int answer = KVM_IOCTL_VALUE(fd, KVM_CHECK_EXTENSION, capability, NULL);

	return (answer > 0 ? answer : 0);
}

static int
kvm_open_device(struct failure *why)
{
	int fd = open(KVM_PATH, O_RDWR | O_CLOEXEC);

	if (fd != -1)
		return (fd);
	switch (errno) {
	case EACCES:
	case EPERM:
		return (fail(why, VERDICT_NOKVM,
		    KVM_PATH ": %s: join its group (sudo usermod -aG kvm "
			     "$USER, then log in again); in a container, "
			     "hand it in (--device /dev/kvm)" CURE_OTHER,
		    strerror(errno)));
	case ENOENT:
		return (fail(why, VERDICT_NOKVM,
		    KVM_PATH " does not exist: " CURE_LOAD));
	default:
		return (fail(why, VERDICT_NOKVM, KVM_PATH ": %s: " CURE_LOAD,
		    strerror(errno)));
	}
}

static int
kvm_check(int fd, struct failure *why)
{
	int version = KVM_IOCTL_VALUE(fd, KVM_GET_API_VERSION, 0, NULL);

	if (version == -1)
		return (fail(why, VERDICT_NOKVM,
		    KVM_PATH " does not answer as KVM (%s): " CURE_LOAD,
		    strerror(errno)));
	if (version != KVM_API_VERSION)
		return (fail(why, VERDICT_NOKVM,
		    KVM_PATH " has API version %d, needed is %d: " CURE_NEWER,
		    version, KVM_API_VERSION));
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		int answer = kvm_extension(fd, needed[i].capability);

		if (answer == 0 || (answer & needed[i].bits) != needed[i].bits)
			return (fail(why, VERDICT_NOKVM,
			    "this KVM lacks %s: " CURE_NEWER, needed[i].name));
	}
	return (0);
}

static struct kvm_cpuid2 *
kvm_read_cpuid(int fd, struct failure *why)
{
	for (uint32_t n = CPUID_ENTRIES; n <= CPUID_ENTRIES_MAX; n *= 2) {
		struct kvm_cpuid2 *cpuid =
		    calloc(1, sizeof(*cpuid) + n * sizeof(cpuid->entries[0]));
		bool small;

		if (cpuid == NULL) {
			fail(why, VERDICT_CRASH, "out of memory");
			return (NULL);
		}
		cpuid->nent = n;
		if (KVM_IOCTL(fd, KVM_GET_SUPPORTED_CPUID, cpuid, why) != -1)
			return (cpuid);
		small = errno == E2BIG;
		free(cpuid);
		if (!small)
			break;
	}
	return (NULL);
}

int
kvm_open(struct kvm *kvm, struct failure *why)
{
	int size;

	memset(kvm, 0, sizeof(*kvm));
	kvm->fd = kvm_open_device(why);
	if (kvm->fd == -1)
		return (-1);
	if (kvm_check(kvm->fd, why) == -1)
		goto error;
	size = KVM_IOCTL_VALUE(kvm->fd, KVM_GET_VCPU_MMAP_SIZE, 0, why);
	if (size == -1)
		goto error;
	if ((size_t)size < sizeof(struct kvm_run)) {
		fail(why, VERDICT_NOKVM,
		    "KVM_GET_VCPU_MMAP_SIZE says %d, needed are "
		    "%zu: " CURE_NEWER,
		    size, sizeof(struct kvm_run));
		goto error;
	}
	kvm->run_size = (size_t)size;
	/* Where KVM does not say, its documentation says what to assume. */
	kvm->max_vcpus = (uint32_t)kvm_extension(kvm->fd, KVM_CAP_MAX_VCPUS);
	if (kvm->max_vcpus == 0)
		kvm->max_vcpus = 4;
	kvm->max_vcpu_id =
	    (uint32_t)kvm_extension(kvm->fd, KVM_CAP_MAX_VCPU_ID);
	if (kvm->max_vcpu_id == 0)
		kvm->max_vcpu_id = kvm->max_vcpus;
	kvm->tss_addr = kvm_extension(kvm->fd, KVM_CAP_SET_TSS_ADDR) != 0;
	kvm->identity_map =
	    kvm_extension(kvm->fd, KVM_CAP_SET_IDENTITY_MAP_ADDR) != 0;
	kvm->boot_cpu_id = kvm_extension(kvm->fd, KVM_CAP_SET_BOOT_CPU_ID) != 0;
	kvm->guest_debug =
	    (uint32_t)kvm_extension(kvm->fd, KVM_CAP_SET_GUEST_DEBUG2);
	kvm->cpuid = kvm_read_cpuid(kvm->fd, why);
	if (kvm->cpuid == NULL)
		goto error;
	return (0);
error:
	kvm_close(kvm);
	return (-1);
}

void
kvm_close(struct kvm *kvm)
{
	free(kvm->cpuid);
	kvm->cpuid = NULL;
	close(kvm->fd);
	kvm->fd = -1;
}

int
kvm_give_memory(const struct kvm *kvm, int vm_fd, void *base, uint64_t size,
    struct failure *why)
{
	struct kvm_userspace_memory_region region;
	__u64 identity_map = IDENTITY_MAP;

	if (kvm->identity_map && KVM_IOCTL(vm_fd, KVM_SET_IDENTITY_MAP_ADDR,
				     &identity_map, why) == -1)
		return (-1);
	if (kvm->tss_addr &&
	    KVM_IOCTL_VALUE(vm_fd, KVM_SET_TSS_ADDR, TSS_ADDRESS, why) == -1)
		return (-1);
	memset(&region, 0, sizeof(region));
	region.memory_size = size;
	region.userspace_addr = (uintptr_t)base;
	return (KVM_IOCTL(vm_fd, KVM_SET_USER_MEMORY_REGION, &region, why));
}

int
kvm_allows(const struct kvm *kvm, uint32_t vcpus, uint32_t max_apic_id,
    struct failure *why)
{
	if (vcpus > kvm->max_vcpus)
		return (fail(why, VERDICT_USAGE,
		    "--vcpus %u: this KVM runs at most %u", vcpus,
		    kvm->max_vcpus));
	if (max_apic_id >= kvm->max_vcpu_id)
		return (fail(why, VERDICT_USAGE,
		    "--apic-ids: %u: the highest id of this KVM is %u",
		    max_apic_id, kvm->max_vcpu_id - 1));
	return (0);
}

uint64_t
kvm_tsc_khz(const struct kvm *kvm)
{
	int vm = KVM_IOCTL_VALUE(kvm->fd, KVM_CREATE_VM, 0, NULL);
	int vcpu = -1, khz = 0;

	if (vm != -1)
		vcpu = KVM_IOCTL_VALUE(vm, KVM_CREATE_VCPU, 0, NULL);
	if (vcpu != -1) {
		khz = KVM_IOCTL_VALUE(vcpu, KVM_GET_TSC_KHZ, 0, NULL);
		close(vcpu);
	}
	if (vm != -1)
		close(vm);
	return (khz > 0 ? (uint64_t)khz : 0);
}
