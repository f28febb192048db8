/* SPDX-License-Identifier: ISC */
/*
 * What --apic user has to know of this KVM: a VM of a few instructions.
 */
#include <string.h>

#include "apic/probe.h"
#include "vm/scratch.h"
#include "x2apic/x2apic.h"

#define MSR_EXITS                                                  \
	(KVM_MSR_EXIT_REASON_INVAL | KVM_MSR_EXIT_REASON_UNKNOWN | \
	    KVM_MSR_EXIT_REASON_FILTER)

#define TRIES	      4	 /* to see a window: something may hurry an exit */
#define LATE	      32 /* instructions; a processor needs one or two */
#define LOOP_INSNS    3

/* Ports that the code writes to, to say how far it has come. */
#define PORT_CR8      0x80 /* CR8 has been lowered */
#define PORT_DEADLINE 0x81 /* IA32_TSC_DEADLINE has been written */
#define PORT_REGISTER 0x82 /* EOI has been written */
#define PORT_OFF      0x83 /* about to switch interrupts on */
#define PORT_END      0x84 /* has had them on for long */

static const uint8_t code[] = {
    0xb8, 5, 0, 0, 0,	    /* mov $5, %eax */
    0x44, 0x0f, 0x22, 0xc0, /* mov %rax, %cr8 */
    0x31, 0xc0,		    /* xor %eax, %eax */
    0x44, 0x0f, 0x22, 0xc0, /* mov %rax, %cr8 */
    0xe6, PORT_CR8,	    /* out */
    0x31, 0xd2,		    /* xor %edx, %edx */
    0xb9, 0xe0, 0x06, 0, 0, /* mov $IA32_TSC_DEADLINE, %ecx */
    0x0f, 0x30,		    /* wrmsr */
    0xe6, PORT_DEADLINE,    /* out */
    0xb9, 0x0b, 0x08, 0, 0, /* mov $EOI, %ecx */
    0x0f, 0x30,		    /* wrmsr */
    0xe6, PORT_REGISTER,    /* out */
    0x31, 0xc0,		    /* 1: xor %eax, %eax */
    0xe6, PORT_OFF,	    /* out */
    0xfb,		    /* sti */
    0xff, 0xc0,		    /* 2: inc %eax */
    0x3d, 0x00, 0x04, 0, 0, /* cmp $0x400, %eax */
    0x75, 0xf7,		    /* jne 2b */
    0xfa,		    /* cli */
    0xe6, PORT_END,	    /* out */
    0xeb, 0xed,		    /* jmp 1b */
};

int
apic_msrs_exit(int vm_fd, struct failure *why)
{
	static const uint32_t msrs[] = {X2APIC_MSR_BASE, X2APIC_MSR_DEADLINE};
	struct kvm_enable_cap cap;
	struct kvm_msr_filter filter;
	uint8_t denied = 0; /* a bit for each MSR: 0 is not let through */

	memset(&cap, 0, sizeof(cap));
	cap.cap = KVM_CAP_X86_USER_SPACE_MSR;
	cap.args[0] = MSR_EXITS;
	memset(&filter, 0, sizeof(filter));
	filter.flags = KVM_MSR_FILTER_DEFAULT_ALLOW;
	for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		filter.ranges[i].flags =
		    KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE;
		filter.ranges[i].nmsrs = 1;
		filter.ranges[i].base = msrs[i];
		filter.ranges[i].bitmap = &denied;
	}
	if (KVM_IOCTL(vm_fd, KVM_ENABLE_CAP, &cap, NULL) == -1 ||
	    KVM_IOCTL(vm_fd, KVM_X86_SET_MSR_FILTER, &filter, NULL) == -1)
		return (fail(why, VERDICT_NOKVM,
		    "this KVM lacks KVM_CAP_X86_USER_SPACE_MSR or "
		    "KVM_CAP_X86_MSR_FILTER, which --apic user needs: Linux "
		    "5.10 has them; or say --apic kernel"));
	return (0);
}

/*
 * Run until the code writes to `port`.  1 if there was an exit of `reason` on
 * the way, 0 if there was none, or -1.
 */
static int
exits_before(
    struct scratch *s, uint32_t reason, uint16_t port, struct failure *why)
{
	int found = 0;

	for (;;) {
		int exit = scratch_run(s, why);

		if (exit == -1)
			return (-1);
		if (exit == KVM_EXIT_IO && s->run->io.port == port)
			return (found);
		/*
		 * KVM_EXIT_UNKNOWN as `reason` means that no exit is expected.
		 */
		if ((uint32_t)exit != reason || exit == KVM_EXIT_UNKNOWN)
			return (fail(why, VERDICT_NOKVM,
			    "a probe for --apic user ended with KVM's exit "
			    "reason %d, not %u: say --apic kernel",
			    exit, reason));
		s->run->msr.error = 0;
		found = 1;
	}
}

/* How many instructions until a window for interrupts is noticed; or -1. */
static int
window_delay(struct scratch *s, struct failure *why)
{
	struct kvm_regs regs;
	int seen, delay;

	if (exits_before(s, KVM_EXIT_UNKNOWN, PORT_OFF, why) == -1)
		return (-1);
	s->run->request_interrupt_window = 1;
	seen = scratch_run(s, why);
	s->run->request_interrupt_window = 0;
	if (seen == -1 || KVM_IOCTL(s->vcpu, KVM_GET_REGS, &regs, why) == -1)
		return (-1);
	delay = (int)regs.rax * LOOP_INSNS;
	/* Run on to the end of the loop, for the next try. */
	if (delay < LATE &&
	    exits_before(s, KVM_EXIT_UNKNOWN, PORT_END, why) == -1)
		return (-1);
	return (delay);
}

static int
run_probes(struct scratch *s, struct apic_host *host, struct failure *why)
{
	int cr8 = exits_before(s, KVM_EXIT_SET_TPR, PORT_CR8, why), deadline,
	    others, delay = 0;

	if (cr8 == -1)
		return (-1);
	deadline = exits_before(s, KVM_EXIT_X86_WRMSR, PORT_DEADLINE, why);
	if (deadline == -1)
		return (-1);
	others = exits_before(s, KVM_EXIT_X86_WRMSR, PORT_REGISTER, why);
	if (others == -1)
		return (-1);
	if (others == 0)
		return (fail(why, VERDICT_NOKVM,
		    "this KVM does not let go of the x2APIC's registers: say "
		    "--apic kernel"));
	for (int i = 0; i < TRIES && delay != -1 && delay < LATE; i++)
		delay = window_delay(s, why);
	host->cr8_exits = cr8 == 1;
	host->deadline_exits = deadline == 1;
	host->late = delay >= LATE;
	return (delay == -1 ? -1 : 0);
}

int
apic_probe(const struct kvm *kvm, struct apic_host *host, struct failure *why)
{
	struct scratch s;
	int result = -1;

	memset(host, 0, sizeof(*host));
	if (scratch_create(&s, kvm, why) == 0 &&
	    apic_msrs_exit(s.vm, why) == 0 &&
	    scratch_load(&s, code, sizeof(code), why) == 0)
		result = run_probes(&s, host, why);
	scratch_destroy(&s);
	return (result);
}
