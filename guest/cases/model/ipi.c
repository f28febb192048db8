/* SPDX-License-Identifier: ISC */
/* ipi(9) against a model: numbers and messages in one sequence. */
#include "model/ipi_model.h"

static const enum xcstat counted[] = {XCS_IPI_TRIGGER, XCS_IPI_SELF,
    XCS_IPI_MSG, XCS_IPI_MSG_SELF, XCS_IPI_RUN, XCS_IPI_MSG_RUN, XCS_IPI_SENT,
    XCS_IPI_ELIDED, XCS_IPI_FULL};

static void
begin(struct rng *r)
{
	ipi_numbers_begin(r);
	ipi_messages_begin();
	model_count_begin();
}

static void
ran(u_int cpu __unused, u_int what)
{
	ipi_messages_ran(what);
}

static void
check(void)
{
	ipi_messages_check();
	if (!case_foreign(XCVM_API_IPI))
		ipi_numbers_check();
}

static void
end(void)
{
	if (!case_foreign(XCVM_API_IPI))
		model_count_check(counted, nitems(counted));
	ipi_numbers_end();
}

static const struct subject ipi = {
    .su_name = "ipi",
    .su_ops = {&ipi_numbers, &ipi_messages},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_level = IPL_HIGH,
    .su_begin = begin,
    .su_ran = ran,
    .su_check = check,
    .su_end = end,
};

CASE(model_ipi, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I2,I3,I6,I7,I8,I10,I11,I29,D2", .decision = 2,
    .doc = "Numbers and messages in random order, from any context: each runs "
	   "on its CPUs, as often as it should, at IPL_HIGH.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&ipi);
}
