/* SPDX-License-Identifier: ISC */
/* Mutexes of each type and level, taken each way, with several that wait. */
#include <sys/mutex.h>
#include "ground.h"

static kmutex_t mutex;

static const kmutex_type_t types[] = {
    MUTEX_SPIN, MUTEX_ADAPTIVE, MUTEX_DEFAULT, MUTEX_NODEBUG};

static void
enter(kmutex_t *mtx, bool try)
{
	if (try)
		CHECK(mutex_tryenter(mtx));
	else
		mutex_enter(mtx);
	CHECK(mutex_owned(mtx));
}

CASE(mutex_each_type, .api = XCVM_API_KERNEL,
    .doc = "A mutex spins if its type says so, or the level does and the type "
	   "does not say otherwise.")
{
	for (u_int i = 0; i < nitems(types); i++)
		for (int ipl = IPL_NONE; ipl < IPL_COUNT; ipl++)
			for (u_int try = 0; try < 2; try++) {
				bool spins = types[i] == MUTEX_SPIN ||
					     (types[i] != MUTEX_ADAPTIVE &&
						 ipl >= IPL_VM);

				if (ipl == IPL_PREEMPT)
					continue;
				mutex_init(&mutex, types[i], ipl);
				enter(&mutex, try != 0);
				CHECK_EQ(curcpu()->ci_mtx_count, spins);
				CHECK_EQ(cpu_ipl(), spins ? ipl : IPL_NONE);
				mutex_exit(&mutex);
				CHECK_EQ(curcpu()->ci_mtx_count, 0);
				CHECK_EQ(cpu_ipl(), IPL_NONE);
				mutex_destroy(&mutex);
			}
}

static const int nested_ipls[] = {IPL_VM, IPL_HIGH, IPL_NONE};
#define NESTED nitems(nested_ipls)

CASE(mutex_spin_nests_each_way, .api = XCVM_API_KERNEL,
    .doc = "Spin mutexes entered or tried in one another, from each level, "
	   "give it back with the last.")
{
	kmutex_t spin[NESTED];

	for (u_int i = 0; i < NESTED; i++)
		mutex_init(&spin[i], MUTEX_SPIN, nested_ipls[i]);
	for (int before = IPL_NONE; before < IPL_COUNT; before++)
		for (u_int tried = 0; tried < 1U << NESTED; tried++) {
			int s = splraise(before), top = before;

			for (u_int i = 0; i < NESTED; i++) {
				enter(&spin[i], tried >> i & 1);
				top = MAX(top, nested_ipls[i]);
				CHECK_EQ(cpu_ipl(), top);
			}
			for (u_int i = 0; i < NESTED; i++) {
				CHECK_EQ(cpu_ipl(), top);
				mutex_exit(&spin[i]);
				CHECK(!mutex_owned(&spin[i]));
			}
			CHECK_EQ(cpu_ipl(), before);
			splx(s);
		}
}

static volatile u_int entered;

static void
entering_thread(void *arg __unused)
{
	mutex_enter(&mutex);
	entered++;
	mutex_exit(&mutex);
}

CASE(mutex_several_waiters, .api = XCVM_API_KERNEL,
    .doc = "All that sleep for an adaptive mutex get it; until then its owner "
	   "owns it.")
{
	struct lwp *l[4];

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&mutex);
	for (u_int i = 0; i < nitems(l); i++) {
		l[i] = thread_start(curcpu(), entering_thread, NULL);
		wait_asleep(l[i], &mutex);
	}
	CHECK(mutex_owned(&mutex));
	CHECK(!mutex_tryenter(&mutex));
	CHECK_EQ(entered, 0);
	mutex_exit(&mutex);
	for (u_int i = 0; i < nitems(l); i++)
		thread_join(l[i]);
	CHECK_EQ(entered, nitems(l));
	mutex_destroy(&mutex);
}
