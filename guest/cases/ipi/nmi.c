/* SPDX-License-Identifier: ISC */
/* ipi(9): a function among NMIs and timer interrupts. */
#include <sys/callout.h>
#include <machine/lapic.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

#define NMIS 8
struct besieged {
	struct mark b_entered, b_left, b_nmis, b_ticks;
	callout_t b_callout;
	bool b_ticked_inside;
	bool b_wrong;
};

static void
count_nmi(void *arg)
{
	struct besieged *b = arg;

	mark_add(&b->b_nmis);
}

static void
tick(void *arg)
{
	struct besieged *b = arg;

	b->b_ticked_inside = mark_read(&b->b_left) == 0;
	mark_add(&b->b_ticks);
}

/* The same sum over and over, in registers and on the stack. */
static u_long
sum_words(const u_long *words, u_int n)
{
	u_long a = 1, b = 2, c = 3, d = 4;

	for (u_int i = 0; i < n; i++) {
		a += READ_ONCE(words[i]);
		b ^= a << 7;
		c += b + i;
		d ^= c >> 3;
	}
	return (a ^ b ^ c ^ d);
}

static void
besieged_run(void *arg)
{
	struct besieged *b = arg;
	u_long words[16], expected;

	for (u_int i = 0; i < nitems(words); i++)
		words[i] = (u_long)i * 0x9e3779b97f4a7c15;
	expected = sum_words(words, nitems(words));
	callout_reset_nsec(&b->b_callout, 0, tick, b);
	mark_add(&b->b_entered);
	/* Until all have come, and the timer is recorded, or was let in. */
	while (mark_read(&b->b_nmis) < NMIS ||
	       (!(curcpu()->ci_ipending & 1U << LIR_TIMER) &&
		   mark_read(&b->b_ticks) == 0))
		if (sum_words(words, nitems(words)) != expected)
			b->b_wrong = true;
	if (cpu_ipl() != IPL_HIGH || sum_words(words, 16) != expected)
		b->b_wrong = true;
	mark_add(&b->b_left);
}

CASE(i36_nmi_and_timer_in_a_handler, .api = XCVM_API_IPI, .contract = "I36",
    .min_vcpus = 2,
    .doc = "NMIs and the timer come while a message's function runs: it goes "
	   "on unharmed, and the timer waits for its end.")
{
	struct besieged b = {.b_wrong = false};
	struct cpu_info *ci = cpu_lookup(1);
	ipi_msg_t msg = {.func = besieged_run, .arg = &b};

	callout_init(&b.b_callout, CALLOUT_MPSAFE);
	nmi_test_establish(count_nmi, &b);
	PINNED(ipi_unicast(&msg, ci));
	mark_wait(&b.b_entered, 1);
	for (u_int i = 1; i <= NMIS; i++) {
		lapic_icr_write(ICR_DEST(ci->ci_cpuid) | ICR_NMI | ICR_ASSERT);
		mark_wait(&b.b_nmis, i);
	}
	ipi_wait(&msg);
	mark_wait(&b.b_ticks, 1);
	CHECK(!b.b_wrong);
	CHECK(!b.b_ticked_inside);
	CHECK_EQ(mark_read(&b.b_nmis), NMIS);
	CHECK_EQ(mark_read(&b.b_left), 1);
}

#endif /* MULTIPROCESSOR */
