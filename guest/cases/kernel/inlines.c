/* SPDX-License-Identifier: ISC */
/* What headers define: macros, OpenBSD's names, and the trace's ring. */
#include <sys/mutex.h>
#include <sys/xctrace.h>
#include "ground.h"

/* --- bits and sizes --- */

CASE(param_macros, .api = XCVM_API_KERNEL,
    .doc = "Bits, fields and roundings are those of the BSDs, to the last bit.")
{
	CHECK_EQ(__BIT(0), 1);
	CHECK_EQ(__BIT(63), 1ULL << 63);
	CHECK_EQ(__BITS(8, 15), 0xff00);
	CHECK_EQ(__BITS(0, 63), UINT64_MAX);
	CHECK_EQ(__BITS(32, 63), 0xffffffff00000000);
	CHECK_EQ(__BITS(63, 63), 1ULL << 63);
	CHECK_EQ(__SHIFTIN(0xa5, __BITS(36, 43)), 0xa5ULL << 36);
	CHECK_EQ(__SHIFTOUT(0x123456789abcdef0, __BITS(32, 63)), 0x12345678);
	for (u_int x = 1; x <= 33; x++) {
		u_int up = x <= 16 ? 16 : x <= 32 ? 32 : 48;

		CHECK_EQ(howmany(x, 16), up / 16);
		CHECK_EQ(roundup(x, 16), up);
		CHECK_EQ(roundup2(x, 16), up);
	}
	CHECK_EQ(roundup(7, 3), 9);
	CHECK_EQ(MIN(1, 2) * 10 + MAX(1, 2), 12);
	CHECK_EQ(ffs(0), 0);
	for (u_int i = 0; i < 32; i++)
		CHECK_EQ(ffs((int)(3U << i)), i + 1);
}

/* --- OpenBSD's names --- */

CASE(atomic_openbsd_names, .api = XCVM_API_KERNEL,
    .doc = "OpenBSD's names of the atomic operations do what they say.")
{
	volatile u_int v = 10;

	atomic_inc_int(&v);
	CHECK_EQ(v, 11);
	atomic_dec_int(&v);
	CHECK_EQ(v, 10);
	atomic_add_int(&v, 5U);
	CHECK_EQ(v, 15);
	atomic_sub_int(&v, 7U);
	CHECK_EQ(v, 8);
	CHECK_EQ(atomic_inc_int_nv(&v), 9);
	CHECK_EQ(atomic_dec_int_nv(&v), 8);
	CHECK_EQ(atomic_add_int_nv(&v, 0x80000000U), 0x80000008U);
	CHECK_EQ(atomic_sub_int_nv(&v, 0x80000001U), 7);
	atomic_setbits_int(&v, 0x80000010U);
	CHECK_EQ(v, 0x80000017U);
	atomic_clearbits_int(&v, 1U);
	CHECK_EQ(v, 0x80000016U);
	atomic_clearbits_int(&v, 0x80000000U);
	CHECK_EQ(v, 0x16);
	atomic_store_int(&v, 3U);
	CHECK_EQ(atomic_load_int(&v), 3);
}

static const struct {
	int ipl, runs_at;
} softintrs[] = {
    {IPL_SOFT, IPL_SOFTCLOCK},
    {IPL_SOFTCLOCK | IPL_MPSAFE, IPL_SOFTCLOCK},
    {IPL_SOFTBIO, IPL_SOFTBIO},
    {IPL_SOFTNET | IPL_MPSAFE, IPL_SOFTNET},
    {IPL_SOFTTTY, IPL_SOFTSERIAL},
    {IPL_SOFTSERIAL | IPL_MPSAFE, IPL_SOFTSERIAL},
};

static void
note_ipl(void *ipl)
{
	*(volatile int *)ipl = cpu_ipl();
}

CASE(softintr_levels, .api = XCVM_API_KERNEL,
    .doc = "OpenBSD's softintr_establish() gives each level its own, with "
	   "IPL_MPSAFE or without.")
{
	for (u_int i = 0; i < nitems(softintrs); i++) {
		volatile int ipl = IPL_NONE;
		void *handle = softintr_establish(
		    softintrs[i].ipl, note_ipl, (void *)(uintptr_t)&ipl);

		softintr_schedule(handle);
		SPIN_UNTIL(ipl != IPL_NONE);
		CHECK_EQ(ipl, softintrs[i].runs_at);
		softintr_disestablish(handle);
	}
}

CASE(splassert_holds, .api = XCVM_API_KERNEL,
    .doc =
	"splassert() lets each level pass that is at least the one it names, "
	"and IPL_NONE itself.")
{
	splassert(IPL_NONE);
	for (int ipl = IPL_PREEMPT; ipl < IPL_COUNT; ipl++) {
		int s = splraise(ipl);

		for (int least = IPL_PREEMPT; least <= ipl; least++)
			splassert(least);
		splx(s);
	}
}

CASE(splassert_too_low, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "kernel assertion",
    .doc = "splassert() of the level above the CPU's panics.")
{
	(void)splsched();
	splassert(IPL_HIGH);
}

CASE(splassert_not_none, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "kernel assertion",
    .doc = "splassert(IPL_NONE) at a raised level panics.")
{
	(void)splraise(IPL_PREEMPT);
	splassert(IPL_NONE);
}

CASE(mtx_assert_unlocked, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "mtx_owner != curcpu()",
    .doc = "MUTEX_ASSERT_UNLOCKED() of a mutex that this CPU holds panics.")
{
	static struct mutex mtx = MUTEX_INITIALIZER(IPL_VM);

	mtx_enter(&mtx);
	MUTEX_ASSERT_UNLOCKED(&mtx);
}

/* --- the trace --- */

CASE(xctrace_ring, .api = XCVM_API_KERNEL, .needs = XCVM_NEEDS_VCPUS,
    .doc = "The trace keeps a CPU's last records, each whole, in its place.")
{
	const struct xcvm_trace *t = curcpu()->ci_trace;
	int s = splhigh();
	uint64_t first = t->next, tsc = cpu_counter();

	for (uint64_t i = 0; i < 2 * XCVM_TRACE_RECORDS + 3; i++)
		xctrace((enum xcvm_trace_what)(i % 6),
		    (enum xcvm_trace_primitive)(i % 5), (u_int)~i,
		    (void *)(uintptr_t)(i << 40));
	splx(s);
	CHECK_EQ(t->next, first + 2 * XCVM_TRACE_RECORDS + 3);
	for (uint64_t i = XCVM_TRACE_RECORDS + 3;
	     i < 2 * XCVM_TRACE_RECORDS + 3; i++) {
		const struct xcvm_trace_record *r =
		    &t->records[(first + i) % XCVM_TRACE_RECORDS];

		CHECK_GE(r->tsc, tsc);
		tsc = r->tsc;
		CHECK_EQ(r->what, i % 6);
		CHECK_EQ(r->primitive, i % 5);
		CHECK_EQ(r->target, (u_int)~i);
		CHECK_EQ(r->function, i << 40);
	}
	CHECK_LE(tsc, cpu_counter());
}
