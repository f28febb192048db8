/* SPDX-License-Identifier: ISC */
/*
 * How a run can end: the verdicts, their names, exit codes and order.
 */
#ifndef VMM_BASE_OUTCOME_H
#define VMM_BASE_OUTCOME_H

#include <stdbool.h>

enum verdict {
	VERDICT_PASS = 0,
	VERDICT_FAIL = 1,
	VERDICT_USAGE = 2,
	VERDICT_CRASH = 3,
	VERDICT_SKIP = 4,
	VERDICT_HANG = 5,
	VERDICT_NOKVM = 6,
	/* A case that checks one of our decisions does not pass with somebody
	   else's implementation of its API. */
	VERDICT_DIFFERS = 7
};

#define VERDICT_COUNT 8

/* "pass", "fail", ...: as in events and on the terminal. */
const char *verdict_name(enum verdict verdict);

/* The exit code: the verdict's value; for VERDICT_DIFFERS a skip's. */
int verdict_code(enum verdict verdict);

/* Is it a pass, a skip or a VERDICT_DIFFERS: nothing to look into? */
bool verdict_good(enum verdict verdict);

/*
 * What many runs end with, from the count of each verdict: the worst one by
 *	pass < skip < differs < fail < hang < crash < usage < nokvm
 * except that skips, and what differs, beside at least one pass count as a
 * pass.  No run at all is a skip.
 */
enum verdict verdict_of_all(const unsigned count[VERDICT_COUNT]);

#endif /* VMM_BASE_OUTCOME_H */
