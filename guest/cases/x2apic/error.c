/* SPDX-License-Identifier: ISC */
/* An APIC that is misused, or switched off: it says so, or is silent. */
#include "x2apic/gate.h"

#define ESR_SENT     0x20 /* an illegal vector was sent, ... */
#define ESR_RECEIVED 0x40 /* ... or received */
#define ESR_ILLEGAL  (ESR_SENT | ESR_RECEIVED)

/* What the register says when it is asked now. */
static u_int
errors(void)
{
	lapic_write(MSR_X2APIC_ESR, 0);
	return ((u_int)lapic_read(MSR_X2APIC_ESR));
}

static void
send_illegal(u_int vector)
{
	lapic_icr_write(ICR_DEST(lapic_id()) | ICR_FIXED | ICR_ASSERT | vector);
}

/* An interrupt of a lower class than the error's: that one has come before. */
static void
await_lower(u_int count)
{
	gate_send('b');
	gates_await(count);
}

CASE(x2apic_illegal_vector, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,

    .doc = "A vector below 16 never comes; where the APIC notes that, both "
	   "ends do, and the error interrupt comes once until the ESR is "
	   "written.")
{
	gates_open();
	(void)errors();
	CHECK_EQ(errors(), 0);
	lapic_write(MSR_X2APIC_LVT_ERROR, gate_vector('d'));
	gate_want('d');
	send_illegal(5);
	CHECK_EQ(lapic_read(MSR_X2APIC_ESR), 0);
	if (errors() == 0)
		case_skip("this host's APIC notes no illegal vector");
	CHECK_EQ(lapic_read(MSR_X2APIC_ESR), ESR_ILLEGAL);
	CHECK_EQ(errors(), 0);
	await_lower(2);

	gate_want('d');
	send_illegal(15);
	await_lower(4);
	for (u_int i = 0; i < 3; i++) {
		send_illegal(0);
		await_lower(5 + i);
	}
	CHECK_EQ(errors(), ESR_ILLEGAL);

	lapic_write(MSR_X2APIC_LVT_ERROR, gate_vector('d') | LVT_MASKED);
	for (u_int i = 0; i < 3; i++) {
		lapic_self_ipi(5);
		await_lower(8 + i);
		CHECK_EQ(errors(), ESR_ILLEGAL);
	}
	CHECK_GATES("dbdbbbbbbb");
}

static void
count_nmi(void *count)
{
	mark_add(count);
}

CASE(x2apic_nmi_vector, .api = XCVM_API_X2APIC,
    .doc = "An NMI has no vector: whatever stands in its place is ignored, "
	   "and no error.")
{
	static const u_int vectors[] = {0, 5, 2, 0xff};
	struct mark nmis = {0};

	nmi_test_establish(count_nmi, &nmis);
	(void)errors();
	for (u_int i = 0; i < nitems(vectors); i++) {
		lapic_icr_write(
		    ICR_DEST(lapic_id()) | ICR_NMI | ICR_ASSERT | vectors[i]);
		mark_wait(&nmis, i + 1);
	}
	CHECK_EQ(errors(), 0);
	check_delivered(mark_read(&nmis), nitems(vectors));
}

CASE(x2apic_switched_off, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_VCPUS,

    .doc = "Switched off by the SVR, an APIC takes NMIs alone, and masks its "
	   "LVT entries, which stay so.")
{
	uint64_t flags, lvt = lapic_read(MSR_X2APIC_LVT_TIMER);
	struct mark nmis = {0};

	gates_open();
	nmi_test_establish(count_nmi, &nmis);
	lapic_write(MSR_X2APIC_LVT_ERROR, gate_vector('f'));
	flags = intr_disable();
	lapic_write(MSR_X2APIC_SVR, INTR_VECTOR_SPURIOUS);
	CHECK_EQ(lapic_read(MSR_X2APIC_LVT_TIMER), lvt | LVT_MASKED);
	CHECK_EQ(
	    lapic_read(MSR_X2APIC_LVT_ERROR), gate_vector('f') | LVT_MASKED);
	lapic_write(MSR_X2APIC_LVT_ERROR, gate_vector('e'));
	CHECK_EQ(
	    lapic_read(MSR_X2APIC_LVT_ERROR), gate_vector('e') | LVT_MASKED);
	lapic_self_ipi(gate_vector('d'));
	lapic_icr_write(
	    ICR_DEST(lapic_id()) | ICR_FIXED | ICR_ASSERT | gate_vector('c'));
	CHECK_BANK(MSR_X2APIC_IRR, "");
	lapic_icr_write(ICR_DEST(lapic_id()) | ICR_NMI | ICR_ASSERT);
	mark_wait(&nmis, 1);

	lapic_write(MSR_X2APIC_SVR, SVR_ENABLE | INTR_VECTOR_SPURIOUS);
	CHECK_EQ(lapic_read(MSR_X2APIC_LVT_TIMER), lvt | LVT_MASKED);
	lapic_write(MSR_X2APIC_LVT_TIMER, lvt);
	/* Whatever the kernel's timer was to do, it looks now. */
	lapic_timer_arm(cpu_counter());
	intr_restore(flags);
	gate_send('b');
	gates_await(1);
	CHECK_GATES("b");
}

/* What is wrong in each is told by #GP, and the kernel ends there. */
#define FAULTS(name, what, access)                                         \
	CASE(x2apic_fault_##name, .api = XCVM_API_X2APIC,                  \
	    .kind = XCVM_KIND_MISUSE, .panic = "general protection fault", \
	    .doc = what " faults.")                                        \
	{                                                                  \
		access;                                                    \
	}

FAULTS(read_only, "A write of a register that is read-only",
    lapic_write(MSR_X2APIC_ID, 1))
FAULTS(write_only, "A read of a register that is write-only",
    (void)lapic_read(MSR_X2APIC_EOI))
