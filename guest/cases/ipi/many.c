/* SPDX-License-Identifier: ISC */
/* ipi(9) on more CPUs than a byte counts. */
#include "ipi/ipi_case.h"
#include "many.h"

#ifdef MULTIPROCESSOR

static void
message_to_all(bool self)
{
	struct many m;
	ipi_msg_t msg = {.func = many_run, .arg = &m};

	many_begin(&m, self);
	if (self)
		PINNED(ipi_multicast(&msg, kcpuset_running));
	else
		PINNED(ipi_broadcast(&msg, true));
	many_wait(&m);
	ipi_wait(&msg);
	many_end(&m);
}

/* The edges, without this CPU. */
static void
edges(kcpuset_t *set)
{
	kcpuset_zero(set);
	for (u_int i = 0; i < MANY_EDGES; i++)
		kcpuset_set(set, many_edges[i]);
}

static void
messages_and_triggers_to_edges(void)
{
	static struct ipi_tally tally;
	ipi_msg_t msg = {.func = ipi_tally_run, .arg = &tally};
	kcpuset_t set;
	u_int id;

	ipi_tally_init(&tally);
	id = ipi_number(ipi_tally_run, &tally);
	edges(&set);
	PINNED(ipi_multicast(&msg, &set));
	ipi_wait(&msg);
	for (u_int i = 0; i < MANY_EDGES; i++) {
		PINNED(ipi_unicast(&msg, cpu_lookup(many_edges[i])));
		ipi_wait(&msg);
		PINNED(ipi_trigger(id, cpu_lookup(many_edges[i])));
		mark_wait(&tally.t_runs[many_edges[i]], 3);
	}
	PINNED(ipi_trigger_multi(id, &set));
	for (u_int i = 0; i < MANY_EDGES; i++)
		mark_wait(&tally.t_runs[many_edges[i]], 4);
	CHECK_TALLY(&tally, &set, 4);
	ipi_unregister(id);
	CHECK_TALLY(&tally, &set, 4);
}

CASE(i11_many_targets, .api = XCVM_API_IPI, .contract = "I2,I7,I11,I13", MANY,
    .doc =
	"A message to more than 255 CPUs runs once on each, and ipi_wait() "
	"ends after the last; messages and triggers run where they are sent.")
{
	message_to_all(false);
	message_to_all(true);
	messages_and_triggers_to_edges();
}

#endif
