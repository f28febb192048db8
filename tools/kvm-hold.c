/* SPDX-License-Identifier: ISC */
/*
 * Holds one idle VM open in the background, for tools/nested.
 *
 * While any VM or software-disabled local APIC exists, Linux keeps certain
 * branches of its own code patched one way; with the first and the last it
 * patches them.  QEMU's TCG, running several CPUs, can go on executing the
 * old bytes of a place patched under it, and the machine then takes the same
 * breakpoint for ever.  With one VM held, runs come and go without patching.
 */
#include <sys/ioctl.h>

#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <unistd.h>

int
main(void)
{
	struct kvm_enable_cap split = {
	    .cap = KVM_CAP_SPLIT_IRQCHIP,
	    .args = {24},
	};
	int kvm, vm;

	kvm = open("/dev/kvm", O_RDWR);
	if (kvm == -1)
		err(1, "/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm == -1)
		err(1, "KVM_CREATE_VM");
	if (ioctl(vm, KVM_ENABLE_CAP, &split) == -1)
		err(1, "KVM_CAP_SPLIT_IRQCHIP");
	if (ioctl(vm, KVM_CREATE_VCPU, 0) == -1)
		err(1, "KVM_CREATE_VCPU");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		for (;;)
			pause();
	}
	/* Not exit(): nothing of the child's is flushed or closed here. */
	_exit(0);
}
