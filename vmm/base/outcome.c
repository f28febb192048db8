/* SPDX-License-Identifier: ISC */
/*
 * The verdicts, their names, exit codes and order.
 */
#include "base/outcome.h"

static const struct {
	const char *name;
	int badness;
} verdicts[VERDICT_COUNT] = {
    [VERDICT_PASS] = {"pass", 0},
    [VERDICT_SKIP] = {"skip", 1},
    [VERDICT_DIFFERS] = {"differs", 2},
    [VERDICT_FAIL] = {"fail", 3},
    [VERDICT_HANG] = {"hang", 4},
    [VERDICT_CRASH] = {"crash", 5},
    [VERDICT_USAGE] = {"usage", 6},
    [VERDICT_NOKVM] = {"nokvm", 7},
};

const char *
verdict_name(enum verdict verdict)
{

	return (verdicts[verdict].name);
}

int
verdict_code(enum verdict verdict)
{

	return ((int)(verdict == VERDICT_DIFFERS ? VERDICT_SKIP : verdict));
}

bool
verdict_good(enum verdict verdict)
{

	return (verdicts[verdict].badness <= verdicts[VERDICT_DIFFERS].badness);
}

static enum verdict
worse_of(enum verdict a, enum verdict b)
{

	return (verdicts[a].badness >= verdicts[b].badness ? a : b);
}

enum verdict
verdict_of_all(const unsigned count[VERDICT_COUNT])
{
	enum verdict worst = VERDICT_PASS;

	for (int v = 0; v < VERDICT_COUNT; v++) {
		if (count[v] > 0)
			worst = worse_of(worst, (enum verdict)v);
	}
	if ((worst == VERDICT_SKIP || worst == VERDICT_DIFFERS) &&
	    count[VERDICT_PASS] > 0)
		return (VERDICT_PASS);
	if (worst == VERDICT_PASS && count[VERDICT_PASS] == 0)
		return (VERDICT_SKIP);
	return (worst);
}
