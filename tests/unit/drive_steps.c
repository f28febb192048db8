/* SPDX-License-Identifier: ISC */
/*
 * A case, every instruction of it a step: takes the arguments of xcvm, and
 * writes to standard output which CPU ran the instruction at which address, a
 * uint64_t each, CPU << 32 | address.  The CPUs take turns, a step each, so it
 * is the same each time; of those that halt, only what has been sent an
 * interrupt goes on at once.
 *
 * An interrupt that is taken at an instruction is a step at that instruction,
 * which comes again after it; IRETQ and what it returns to are one step.
 */
#include <sys/eventfd.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/sink.h"
#include "image/image.h"
#include "options/options.h"
#include "port/port.h"
#include "vm/apic.h"
#include "vm/boot.h"
#include "vm/vcpu.h"
#include "vm/vm.h"

#define HLT	  0xf4
#define IRR	  0x200 /* in the APIC's page: 8 words, 16 bytes apart */
#define SLOW_DOWN 64	/* a CPU that has halted gets one turn of so many */

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	fprintf(stderr, "steps: %s: %s\n", what, why);
	exit(2);
}

static bool
interrupt_waits(const struct vcpu *vcpu)
{
	struct kvm_lapic_state lapic;
	struct failure why;
	uint32_t word;

	if (KVM_IOCTL(vcpu->fd, KVM_GET_LAPIC, &lapic, &why) == -1)
		die("lapic", why.text);
	for (size_t i = 0; i < 8; i++) {
		memcpy(&word, &lapic.regs[IRR + i * 16], sizeof(word));
		if (word != 0)
			return (true);
	}
	return (false);
}

/* Past a HLT, which is not stepped over; false: not in this turn. */
static bool
past_halt(struct vcpu *vcpu, struct kvm_regs *regs, uint64_t turn)
{
	const uint8_t *code = guestmem_range(&vcpu->vm->mem, regs->rip, 1);
	struct failure why;

	if (code == NULL || *code != HLT)
		return (true);
	if (turn % SLOW_DOWN != 0 && !interrupt_waits(vcpu))
		return (false);
	regs->rip++;
	if (KVM_IOCTL(vcpu->fd, KVM_SET_REGS, regs, &why) == -1)
		die("registers", why.text);
	return (true);
}

static void
step(struct port *port, struct vcpu *vcpu, uint64_t turn)
{
	const struct kvm_run *run = vcpu->run;
	struct kvm_regs regs;
	struct failure why;
	uint64_t record;
	uint32_t gpa;

	if (KVM_IOCTL(vcpu->fd, KVM_GET_REGS, &regs, &why) == -1)
		die("registers", why.text);
	if (!past_halt(vcpu, &regs, turn))
		return;
	record = (uint64_t)vcpu->index << 32 | regs.rip;
	fwrite(&record, sizeof(record), 1, stdout);
	if (KVM_IOCTL_VALUE(vcpu->fd, KVM_RUN, 0, &why) == -1)
		die("run", why.text);
	if (run->exit_reason == KVM_EXIT_IO) {
		memcpy(
		    &gpa, (const char *)run + run->io.data_offset, sizeof(gpa));
		port_request(port, vcpu, gpa);
	} else if (run->exit_reason != KVM_EXIT_DEBUG)
		die("run", "neither a step nor a request");
}

static void
run(struct vm *vm, struct port *port)
{
	struct kvm_guest_debug debug = {
	    .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP};
	struct failure why;

	for (uint32_t i = 0; i < vm->nvcpus; i++)
		if (KVM_IOCTL(vm->vcpus[i].fd, KVM_SET_GUEST_DEBUG, &debug,
			&why) == -1)
			die("single steps", why.text);
	vm_start_cpus(vm, 0, 1);
	for (uint64_t turn = 0; vm->ending.kind == ENDING_NONE; turn++)
		for (uint32_t i = 0;
		     i < vm->nvcpus && vm->ending.kind == ENDING_NONE; i++)
			if (vm->vcpus[i].started)
				step(port, &vm->vcpus[i], turn);
	if (vm->ending.kind != ENDING_DONE || vm->ending.done != XCVM_DONE_PASS)
		die("the case did not pass", vm->ending.text);
}

int
main(int argc, char **argv)
{
	struct boot_layout layout;
	struct vm_config config;
	struct options options;
	struct refusal refusal;
	struct event_sink *sink;
	struct failure why;
	struct image *image;
	struct port *port;
	struct kvm kvm;
	struct vm vm;

	if (options_parse(&options, argc, argv, &refusal) == -1 ||
	    (image = image_open(options.image, &refusal)) == NULL ||
	    options_settle(&options, image, &refusal) == -1)
		die("options", refusal.text);
	memset(&config, 0, sizeof(config));
	config.options = &options;
	config.image = image;
	config.test = image_find(image, options.case_name);
	config.layout = &layout;
	config.kvm = &kvm;
	config.apic = &apic_kernel;
	sink = event_open(NULL, NULL, &refusal);
	config.symbols = symbol_open(image);
	config.wake_fd = eventfd(0, EFD_CLOEXEC);
	if (sink == NULL)
		die("events", refusal.text);
	if (boot_layout(&layout, &options, image, &why) == -1 ||
	    kvm_open(&kvm, &why) == -1 || vm_create(&vm, &config, &why) == -1)
		die("set-up", why.text);
	port = port_open(&vm, sink, &why);
	if (port == NULL)
		die("set-up", why.text);
	run(&vm, port);
	vm_stop(&vm);
	port_close(port);
	vm_destroy(&vm);
	kvm_close(&kvm);
	symbol_close(config.symbols);
	event_close(sink);
	image_close(image);
	options_free(&options);
	close(config.wake_fd);
	return (fflush(stdout) == 0 ? 0 : 2);
}
