/* SPDX-License-Identifier: ISC */
/* Which interrupt comes next, what is in service, and what an EOI ends. */
#include "x2apic/cr8.h"
#include "x2apic/gate.h"

#define HELD_READS 2000 /* of the IRR, until what could come has come */

CASE(x2apic_highest_first, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,

    .doc = "Of interrupts that wait, the one with the highest vector comes "
	   "first, in whichever words of the IRR they are.")
{
	static const char shuffled[] = "dagbjchefi";
	uint64_t flags;

	gates_open();
	flags = intr_disable();
	for (const char *letter = shuffled; *letter != '\0'; letter++)
		gate_send(*letter);
	CHECK_BANK(MSR_X2APIC_IRR, shuffled);
	intr_restore(flags);
	gates_await(nitems(shuffled) - 1);
	CHECK_BANK(MSR_X2APIC_IRR, "");
	CHECK_BANK(MSR_X2APIC_TMR, "");
	CHECK_GATES("jihgfedcba");
}

/*
 * The vector has been taken, and its EOI not written: does the APIC hold what
 * is of its class?  One whose ISR is empty may let it through.
 */
static void
need_service(char kept, char held)
{
	if (lapic_vector(MSR_X2APIC_ISR, gate_vector(kept)))
		return;
	gate_send(held);
	for (u_int i = 0; i < HELD_READS; i++)
		if (!lapic_vector(MSR_X2APIC_IRR, gate_vector(held)))
			case_skip(
			    "this host's APIC keeps no vector in service");
	CHECK(lapic_vector(MSR_X2APIC_ISR, gate_vector(kept)));
}

static void
check_service(const char *in_service, const char *requested, u_int ppr)
{
	CHECK_BANK(MSR_X2APIC_ISR, in_service);
	CHECK_BANK(MSR_X2APIC_IRR, requested);
	CHECK_BANK(MSR_X2APIC_TMR, "");
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR), ppr);
}

CASE(x2apic_nested, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,

    .doc = "Vectors in service hold back their class and those below; an EOI "
	   "ends the highest, and one that came meanwhile comes again.")
{
	gates_open();
	for (const char *letter = "dfh"; *letter != '\0'; letter++)
		gate_keep(*letter);
	gate_send('d');
	gates_await(1);
	need_service('d', 'e');
	check_service("d", "", 0x40);
	gate_send('e');
	gate_send('b');
	check_service("d", "be", 0x40);
	gate_send('f');
	gates_await(2);
	check_service("df", "be", 0x60);
	gate_send('f');
	lapic_self_ipi(gate_vector('f'));
	gate_send('h');
	gates_await(3);
	check_service("dfh", "bef", 0xa0);
	gate_eoi();
	check_service("df", "bef", 0x60);
	gate_eoi();
	gates_await(4);
	check_service("df", "be", 0x60);
	gate_eoi();
	check_service("d", "be", 0x40);
	gate_eoi();
	gates_await(6);
	check_service("", "", 0);
	CHECK_GATES("dfhfeb");
}

CASE(x2apic_ppr, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,

    .doc = "The processor priority is the task priority or the class in "
	   "service, whichever is higher.")
{
	gates_open();
	gate_keep('e');
	gate_send('e');
	gates_await(1);
	need_service('e', 'd');
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR), 0x40);
	lapic_write(MSR_X2APIC_TPR, 0x30);
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR), 0x40);
	lapic_write(MSR_X2APIC_TPR, 0x60);
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR), 0x60);
	gate_send('f');
	CHECK_BANK(MSR_X2APIC_IRR, "f");
	gate_eoi();
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR), 0x60);
	CHECK_BANK(MSR_X2APIC_IRR, "f");
	lapic_write(MSR_X2APIC_TPR, 0);
	gates_await(2);
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR), 0);
	CHECK_GATES("ef");
}

/*
 * The subclass has bits of its own in the register.  0xb leaves out bit 2,
 * which a write of CR8 does not clear on each KVM; kvm_amd keeps none where
 * the CPU has the class in its V_TPR.
 */
CASE(x2apic_tpr_subclass, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,

    .doc = "The task priority keeps its lower half, which masks nothing and "
	   "which CR8 does not have.")
{
	gates_open();
	lapic_write(MSR_X2APIC_TPR, 0x3b);
	if (lapic_read(MSR_X2APIC_TPR) == 0x30)
		case_skip("this host's APIC keeps the class alone");
	CHECK_EQ(lapic_read(MSR_X2APIC_TPR), 0x3b);
	CHECK_EQ(lapic_read(MSR_X2APIC_PPR), 0x3b);
	CHECK_EQ(cr8(), 3);
	gate_send('c');
	gate_send('d');
	gates_await(1);
	CHECK_BANK(MSR_X2APIC_IRR, "c");
	set_cr8(2);
	CHECK_EQ(lapic_read(MSR_X2APIC_TPR), 0x20);
	gates_await(2);
	set_cr8(0);
	CHECK_GATES("dc");
}
