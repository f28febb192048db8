/* SPDX-License-Identifier: ISC */
/* ipi(9): numbers, from registering to triggering each. */
#include "ipi/ipi_case.h"

/* Take all numbers that are left; how many. */
static u_int
take_all(u_int ids[IPI_MAXREG], ipi_func_t func, struct mark *marks)
{
	u_int n, id;

	for (n = 0; n < IPI_MAXREG; n++) {
		if ((id = ipi_register(func, &marks[n])) == 0)
			break;
		ids[n] = id;
	}
	return (n);
}

static void
give_back(const u_int *ids, u_int n)
{
	for (u_int i = 0; i < n; i++)
		ipi_unregister(ids[i]);
}

CASE(i1_numbers, .api = XCVM_API_IPI, .contract = "I1",
    .doc = "Numbers are given out in ascending order, without a gap, up to "
	   "the last; after that there is none.")
{
	struct mark marks[IPI_MAXREG];
	u_int ids[IPI_MAXREG], n = take_all(ids, call_nothing, marks);

	if (!CHECK_GE(n, 1) || !CHECK_LE(n, IPI_MAXREG - 1))
		return;
	/* The kernel has taken one, for xcall(9). */
	CHECK_GE(ids[0], 1);
	CHECK_LE(ids[0], 2);
	for (u_int i = 1; i < n; i++)
		CHECK_EQ(ids[i], ids[i - 1] + 1);
	CHECK_EQ(ids[n - 1], IPI_MAXREG - 1);
	CHECK_EQ(ipi_register(call_nothing, NULL), 0);
	give_back(ids, n);
	/* All can be had again. */
	CHECK_EQ(take_all(ids, call_nothing, marks), n);
	give_back(ids, n);
}

CASE(i1_lowest_free_number, .api = XCVM_API_IPI, .contract = "I1",
    .doc = "The number given back is the next one given out, and of several "
	   "the lowest.")
{
	struct mark marks[IPI_MAXREG];
	u_int ids[IPI_MAXREG], n = take_all(ids, call_nothing, marks);

	/* Below and above the number given out last. */
	ipi_unregister(15);
	CHECK_EQ(ipi_register(call_nothing, NULL), 15);
	ipi_unregister(20);
	ipi_unregister(9);
	ipi_unregister(IPI_MAXREG - 1);
	CHECK_EQ(ipi_register(call_nothing, NULL), 9);
	CHECK_EQ(ipi_register(call_nothing, NULL), 20);
	CHECK_EQ(ipi_register(call_nothing, NULL), IPI_MAXREG - 1);
	CHECK_EQ(ipi_register(call_nothing, NULL), 0);
	give_back(ids, n);
}

CASE(i28_register_null, .api = XCVM_API_IPI, .contract = "I28,D8",
    .decision = 8,
    .doc = "ipi_register() of no function gives 0, and uses up no number.")
{
	u_int id = ipi_number(call_nothing, NULL);

	CHECK_EQ(ipi_register(NULL, NULL), 0);
	CHECK_EQ(ipi_register(NULL, &id), 0);
	ipi_unregister(id);
	CHECK_EQ(ipi_number(call_nothing, NULL), id);
	ipi_unregister(id);
}

#ifdef MULTIPROCESSOR

CASE(i1_each_number_its_handler, .api = XCVM_API_IPI, .contract = "I1",
    .min_vcpus = 2,
    .doc = "Each number runs the function it was registered with, with its "
	   "argument; after it changed hands, the new one.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct mark marks[IPI_MAXREG] = {{0}}, other = {0};
	u_int ids[IPI_MAXREG], n = take_all(ids, call_count, marks);

	for (u_int i = 0; i < n; i++) {
		PINNED(ipi_trigger(ids[i], ci));
		ipi_settle(ci);
		CHECK_EQ(mark_read(&marks[i]), 1);
	}
	for (u_int i = 0; i < n; i++)
		CHECK_EQ(mark_read(&marks[i]), 1);
	ipi_unregister(ids[n / 2]);
	CHECK_EQ(ipi_register(call_count, &other), ids[n / 2]);
	PINNED(ipi_trigger(ids[n / 2], ci));
	ipi_settle(ci);
	CHECK_EQ(mark_read(&other), 1);
	CHECK_EQ(mark_read(&marks[n / 2]), 1);
	give_back(ids, n);
}

/* Two CPUs register at once; one is taken off as it is to take the lock. */
struct taker {
	struct mark k_ready;
	u_int k_id;
};

static void
take_as_well(void *arg)
{
	struct taker *k = arg;

	mark_meet(&k->k_ready, 2);
	k->k_id = ipi_register(call_nothing, NULL);
}

CASE(i1_numbers_at_once, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .contract = "I1", .min_vcpus = 2,
    .fault = "kind=preempt,function=mutex_enter,dst=1,times=4,for_us=40000",
    .doc = "CPUs that register at once get a number each.")
{
	struct taker k = {.k_id = 0};
	struct lwp *l = thread_start(cpu_lookup(1), take_as_well, &k);
	u_int id;

	mark_meet(&k.k_ready, 2);
	/* Time to come as far as that. */
	delay(2000);
	id = ipi_number(call_nothing, NULL);
	thread_join(l);
	CHECK_NE(k.k_id, 0);
	if (CHECK_NE(k.k_id, id))
		ipi_unregister(k.k_id);
	ipi_unregister(id);
}

#endif /* MULTIPROCESSOR */
