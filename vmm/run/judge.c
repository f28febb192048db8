/* SPDX-License-Identifier: ISC */
/*
 * What the guest's own ending means for the run.
 */
#include <string.h>

#include "run/judge.h"

bool
judge_expected(const struct image_case *test, const struct ending *ending)
{
	return (ending->kind == ENDING_PANIC && test->panic != NULL &&
		ending->cpu == test->panic_cpu &&
		strstr(ending->text, test->panic) != NULL);
}

static void
judge_checks(uint64_t n, struct failure *v)
{
	fail(v, VERDICT_FAIL, "%llu check%s failed", (unsigned long long)n,
	    n == 1 ? "" : "s");
}

static void
judge_done(const struct image_case *test, const struct ending *ending,
    uint64_t failed_checks, struct failure *v)
{
	const char *reason =
	    ending->text[0] != '\0' ? ending->text : "the case gave no reason";

	if (ending->done == XCVM_DONE_FAIL)
		fail(v, VERDICT_FAIL, "%s", reason);
	else if (ending->done == XCVM_DONE_HANG)
		fail(v, VERDICT_HANG, "%s", reason);
	else if (failed_checks > 0)
		judge_checks(failed_checks, v);
	else if (ending->done == XCVM_DONE_SKIP)
		fail(v, VERDICT_SKIP, "%s", reason);
	else if (test->panic != NULL)
		fail(v, VERDICT_FAIL,
		    "the expected panic \"%s\" on CPU %u never came",
		    test->panic, test->panic_cpu);
	else if (test->diagnosis != NULL)
		fail(v, VERDICT_FAIL, "the expected hang, \"%s\", never came",
		    test->diagnosis);
	else
		fail(v, VERDICT_PASS, "%s", "");
}

static void
judge_panic(const struct image_case *test, const struct ending *ending,
    uint64_t failed_checks, struct failure *v)
{
	if (judge_expected(test, ending) && failed_checks > 0)
		judge_checks(failed_checks, v);
	else if (judge_expected(test, ending))
		fail(v, VERDICT_PASS, "%s", "");
	else if (test->panic != NULL)
		fail(v, VERDICT_CRASH,
		    "cpu %u: panic: %s (expected was \"%s\" on CPU %u)",
		    ending->cpu, ending->text, test->panic, test->panic_cpu);
	else
		fail(v, VERDICT_CRASH, "cpu %u: panic: %s", ending->cpu,
		    ending->text);
}

void
judge(const struct image_case *test, const struct ending *ending,
    uint64_t failed_checks, struct failure *v)
{
	switch (ending->kind) {
	case ENDING_DONE:
		judge_done(test, ending, failed_checks, v);
		break;
	case ENDING_PANIC:
		judge_panic(test, ending, failed_checks, v);
		break;
	case ENDING_CRASH:
	case ENDING_CUT:
	case ENDING_NONE:
		fail(v, VERDICT_CRASH, "%s", ending->text);
		break;
	}
}

void
judge_hang(const struct image_case *test, const char *diagnosis,
    const char *sentence, uint64_t failed_checks, struct failure *v)
{
	if (test->diagnosis == NULL)
		fail(v, VERDICT_HANG, "%s", sentence);
	else if (strcmp(test->diagnosis, diagnosis) != 0)
		fail(v, VERDICT_HANG, "%s: %s (expected was \"%s\")", diagnosis,
		    sentence, test->diagnosis);
	else if (failed_checks > 0)
		judge_checks(failed_checks, v);
	else
		fail(v, VERDICT_PASS, "%s", "");
}

void
judge_decision(
    const struct image *image, const struct image_case *test, struct failure *v)
{
	struct failure was = *v;

	if (test->decision == 0 || !image_foreign(image, test) ||
	    (v->verdict != VERDICT_FAIL && v->verdict != VERDICT_CRASH &&
		v->verdict != VERDICT_HANG))
		return;
	fail(v, VERDICT_DIFFERS, "differs by decision %u: %s: %s",
	    test->decision, verdict_name(was.verdict), was.text);
}
