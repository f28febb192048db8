/* SPDX-License-Identifier: ISC */
/*
 * The APIC timer's registers: its pace, and what a change of mode does to it.
 * A case takes the timer away from its CPU's callouts, and does not give it
 * back.
 */
#include <machine/lapic.h>
#include "ground.h"

#define TEST_VECTOR   INTR_VECTOR(LIR_TEST)
/* More than a minute with the largest divisor, whatever the clock is. */
#define FOR_EVER      0xffffffffU
#define DIVIDE_BY_128 0xa
#define ECX_DEADLINE  (1U << 24) /* of CPUID leaf 1 */

/* A time is known as exactly as this, and a pace as twice that. */
#define EXACT	      16

/* The count, and the TSC just before and after it was read. */
struct reading {
	uint64_t r_before, r_count, r_after;
};

static struct reading
reading(void)
{
	struct reading r;

	r.r_before = cpu_counter();
	r.r_count = lapic_read(MSR_X2APIC_CURRENT);
	r.r_after = cpu_counter();
	return (r);
}

/* At least and at most so many ticks of the TSC for 1024 counts. */
struct pace {
	uint64_t p_least, p_most;
};

/*
 * As long as it takes to be sure, however long a reading takes; when the count
 * comes near its end meanwhile, from the start again.
 */
static struct pace
pace(void)
{
	struct reading first = {0}, last = {0};
	uint64_t least, most, counts;

	do {
		if (last.r_count < FOR_EVER / 2) {
			lapic_write(MSR_X2APIC_INITIAL, FOR_EVER);
			first = reading();
		}
		last = reading();
		counts = first.r_count - last.r_count;
		least = last.r_before - first.r_after;
		most = last.r_after - first.r_before;
	} while (last.r_count < FOR_EVER / 2 || counts < 64 * EXACT ||
		 most - least > least / EXACT);
	return ((struct pace){
	    (least << 10) / (counts + 2), (most << 10) / (counts - 2)});
}

static void
timer_mode(uint32_t mode)
{
	lapic_write(MSR_X2APIC_LVT_TIMER, mode | TEST_VECTOR);
}

/* Each divisor's code; the bits of one are 0, 1 and 3. */
static const struct {
	u_int code, divisor;
} divides[] = {{0xb, 1}, {0x0, 2}, {0x1, 4}, {0x2, 8}, {0x3, 16}, {0x8, 32},
    {0x9, 64}, {0xa, 128}};

/* Set another pace: the count goes on from where it was. */
static void
set_divide(u_int code, const struct pace *old)
{
	struct reading before = reading(), after;
	uint64_t most;

	lapic_write(MSR_X2APIC_DIVIDE, code);
	after = reading();
	CHECK_EQ(lapic_read(MSR_X2APIC_DIVIDE), code);
	CHECK_LE(after.r_count, before.r_count);
	/* Each new pace is slower. */
	most = ((after.r_after - before.r_before) << 10) / old->p_least + 2;
	CHECK_LE(before.r_count - after.r_count, most);
}

CASE(x2apic_timer_divide, .api = XCVM_API_X2APIC, .needs = XCVM_NEEDS_CLOCK,
    .doc = "The timer counts at the pace that is set, from where it is.")
{
	struct pace one, p;

	timer_mode(LVT_ONE_SHOT | LVT_MASKED);
	lapic_write(MSR_X2APIC_DIVIDE, divides[0].code);
	one = p = pace();
	for (u_int i = 1; i < nitems(divides); i++) {
		set_divide(divides[i].code, &p);
		p = pace();
		/* Within half as much again: the next pace is double. */
		CHECK_GE(p.p_most * 3, one.p_least * divides[i].divisor * 2);
		CHECK_LE(p.p_least * 2, one.p_most * divides[i].divisor * 3);
	}
	CHECK_EQ(lapic_read(MSR_X2APIC_INITIAL), FOR_EVER);
}

static volatile u_int fired;

static void
fire(void *arg __unused)
{
	fired++;
}

CASE(x2apic_timer_counts, .api = XCVM_API_X2APIC,
    .doc = "The count can be read in either mode; 0 stops the timer, and "
	   "another count begins it anew.")
{
	static const uint32_t modes[] = {LVT_ONE_SHOT, LVT_PERIODIC};

	intr_test_establish(fire, NULL);
	lapic_write(MSR_X2APIC_DIVIDE, DIVIDE_BY_128);
	for (u_int i = 0; i < nitems(modes); i++) {
		timer_mode(modes[i]);
		lapic_write(MSR_X2APIC_INITIAL, FOR_EVER);
		CHECK_GE(lapic_read(MSR_X2APIC_CURRENT), FOR_EVER / 2);
		lapic_write(MSR_X2APIC_INITIAL, 0);
		CHECK_EQ(lapic_read(MSR_X2APIC_CURRENT), 0);
		lapic_write(MSR_X2APIC_INITIAL, FOR_EVER - 1);
		CHECK_GE(lapic_read(MSR_X2APIC_CURRENT), FOR_EVER / 2);
		CHECK_LE(lapic_read(MSR_X2APIC_CURRENT), FOR_EVER - 1);
		lapic_write(MSR_X2APIC_INITIAL, 0);
	}
	CHECK_EQ(fired, 0);
}

static bool
has_deadline(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return ((c & ECX_DEADLINE) != 0);
}

static void
deadline_in(uint64_t ticks)
{
	lapic_write(MSR_TSC_DEADLINE, cpu_counter() + ticks);
}

CASE(x2apic_timer_deadline, .api = XCVM_API_X2APIC,
    .doc = "Counts are nothing to the deadline mode, deadlines nothing to the "
	   "others, and a change between them disarms the timer.")
{
	uint64_t far = ns_to_tsc(3600 * 1000000000ULL), end;

	if (!has_deadline())
		case_skip("this host's APIC timer has no deadline mode");
	intr_test_establish(fire, NULL);
	timer_mode(LVT_ONE_SHOT);
	lapic_write(MSR_X2APIC_DIVIDE, DIVIDE_BY_128);
	lapic_write(MSR_X2APIC_INITIAL, FOR_EVER);
	deadline_in(0);
	CHECK_EQ(lapic_read(MSR_TSC_DEADLINE), 0);
	timer_mode(LVT_TSC_DEADLINE);
	CHECK_EQ(lapic_read(MSR_X2APIC_CURRENT), 0);
	CHECK_EQ(lapic_read(MSR_TSC_DEADLINE), 0);

	lapic_write(MSR_X2APIC_INITIAL, 1000);
	CHECK_EQ(lapic_read(MSR_X2APIC_CURRENT), 0);
	end = cpu_counter() + far;
	lapic_write(MSR_TSC_DEADLINE, end);
	CHECK_EQ(lapic_read(MSR_TSC_DEADLINE), end);
	CHECK_EQ(lapic_read(MSR_X2APIC_CURRENT), 0);
	timer_mode(LVT_ONE_SHOT);
	CHECK_EQ(lapic_read(MSR_X2APIC_CURRENT), 0);
	timer_mode(LVT_TSC_DEADLINE);
	CHECK_EQ(lapic_read(MSR_TSC_DEADLINE), 0);

	/* Disarmed in time: an hour is left. */
	deadline_in(far);
	lapic_write(MSR_TSC_DEADLINE, 0);
	CHECK_EQ(lapic_read(MSR_TSC_DEADLINE), 0);
	CHECK_EQ(fired, 0);

	/* One that has passed is due at once. */
	lapic_write(MSR_TSC_DEADLINE, 1);
	SPIN_UNTIL(fired != 0);
	CHECK_EQ(lapic_read(MSR_TSC_DEADLINE), 0);
	check_delivered(fired, 1);
}
