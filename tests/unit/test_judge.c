/* SPDX-License-Identifier: ISC */
/*
 * What a run's ending is worth: ending, declared panic, failed checks; hangs;
 * decisions of ours with somebody else's implementation.
 */
#include <stdio.h>
#include <string.h>

#include "run/judge.h"
#include "unit.h"

static struct image_impl impl = {.api = XCVM_API_XCALL};
static const struct image image = {.impls = &impl, .nimpls = 1};

static char panic_text[] = "spinning";
static char verdict_text[] = "never sent";
static const struct image_case plain = {.api = XCVM_API_XCALL};
static const struct image_case misuse = {
    .api = XCVM_API_XCALL, .panic = panic_text, .panic_cpu = 1};
static const struct image_case hanging = {
    .api = XCVM_API_XCALL, .diagnosis = verdict_text};

/* A verdict and its whole reason. */
static void
is(const struct failure *v, enum verdict verdict, const char *reason, int row)
{
	if (!CHECK(v->verdict == verdict && strcmp(v->text, reason) == 0))
		printf(
		    "row %d: %s: %s\n", row, verdict_name(v->verdict), v->text);
}

/* What was there before is no part of a verdict. */
static struct failure
unset(void)
{
	return ((struct failure){VERDICT_NOKVM, "unset"});
}

struct row {
	int line;
	const struct image_case *test;
	struct ending ending;
	uint64_t failed;
	enum verdict verdict;
	const char *reason;
};

#define DONE(how, say)                                          \
	{                                                       \
		.kind = ENDING_DONE, .done = (how), .text = say \
	}
#define PANIC(on, say)                                         \
	{                                                      \
		.kind = ENDING_PANIC, .cpu = (on), .text = say \
	}
#define OTHER(what, say)                                     \
	{                                                    \
		.kind = ENDING_##what, .cpu = 1, .text = say \
	}
#define ROW(...)                      \
	{                             \
		__LINE__, __VA_ARGS__ \
	}

static const struct row rows[] = {
    /* The guest says it is done. */
    ROW(&plain, DONE(XCVM_DONE_PASS, ""), 0, VERDICT_PASS, ""),
    ROW(&plain, DONE(XCVM_DONE_PASS, "fine"), 0, VERDICT_PASS, ""),
    ROW(&plain, DONE(XCVM_DONE_PASS, ""), 1, VERDICT_FAIL, "1 check failed"),
    ROW(&plain, DONE(XCVM_DONE_PASS, ""), UINT64_MAX, VERDICT_FAIL,
	"18446744073709551615 checks failed"),
    ROW(&plain, DONE(XCVM_DONE_FAIL, "why"), 0, VERDICT_FAIL, "why"),
    ROW(&plain, DONE(XCVM_DONE_FAIL, ""), 0, VERDICT_FAIL,
	"the case gave no reason"),
    ROW(&plain, DONE(XCVM_DONE_FAIL, "why"), 2, VERDICT_FAIL, "why"),
    ROW(&plain, DONE(XCVM_DONE_SKIP, "why"), 0, VERDICT_SKIP, "why"),
    ROW(&plain, DONE(XCVM_DONE_SKIP, ""), 0, VERDICT_SKIP,
	"the case gave no reason"),
    ROW(&plain, DONE(XCVM_DONE_SKIP, "why"), 2, VERDICT_FAIL,
	"2 checks failed"),
    /* It should have panicked or hung. */
    ROW(&misuse, DONE(XCVM_DONE_PASS, ""), 0, VERDICT_FAIL,
	"the expected panic \"spinning\" on CPU 1 never came"),
    ROW(&misuse, DONE(XCVM_DONE_PASS, ""), 1, VERDICT_FAIL, "1 check failed"),
    ROW(&misuse, DONE(XCVM_DONE_SKIP, "why"), 0, VERDICT_SKIP, "why"),
    ROW(&misuse, DONE(XCVM_DONE_FAIL, "why"), 0, VERDICT_FAIL, "why"),
    ROW(&hanging, DONE(XCVM_DONE_PASS, ""), 0, VERDICT_FAIL,
	"the expected hang, \"never sent\", never came"),
    ROW(&hanging, DONE(XCVM_DONE_SKIP, "why"), 0, VERDICT_SKIP, "why"),
    /* It panics: where and as declared, or a crash. */
    ROW(&plain, PANIC(1, "spinning"), 0, VERDICT_CRASH,
	"cpu 1: panic: spinning"),
    ROW(&plain, PANIC(1, "spinning"), 3, VERDICT_CRASH,
	"cpu 1: panic: spinning"),
    ROW(&hanging, PANIC(0, "x"), 0, VERDICT_CRASH, "cpu 0: panic: x"),
    ROW(&misuse, PANIC(1, "spinning"), 0, VERDICT_PASS, ""),
    ROW(&misuse, PANIC(1, "lock: spinning out"), 0, VERDICT_PASS, ""),
    ROW(&misuse, PANIC(1, "lock: spinning out"), 1, VERDICT_FAIL,
	"1 check failed"),
    ROW(&misuse, PANIC(0, "spinning"), 0, VERDICT_CRASH,
	"cpu 0: panic: spinning (expected was \"spinning\" on CPU 1)"),
    ROW(&misuse, PANIC(1, "spinnin"), 0, VERDICT_CRASH,
	"cpu 1: panic: spinnin (expected was \"spinning\" on CPU 1)"),
    ROW(&misuse, PANIC(1, ""), 4, VERDICT_CRASH,
	"cpu 1: panic:  (expected was \"spinning\" on CPU 1)"),
    /* Nothing that a case declares makes a crash good. */
    ROW(&plain, OTHER(CRASH, "triple"), 0, VERDICT_CRASH, "triple"),
    ROW(&misuse, OTHER(CRASH, "spinning"), 0, VERDICT_CRASH, "spinning"),
    ROW(&hanging, OTHER(CRASH, "never sent"), 1, VERDICT_CRASH, "never sent"),
    ROW(&misuse, OTHER(CUT, "spinning"), 0, VERDICT_CRASH, "spinning"),
    ROW(&misuse, OTHER(NONE, "spinning"), 0, VERDICT_CRASH, "spinning"),
};

static void
endings(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct failure v = unset();

		judge(r->test, &r->ending, r->failed, &v);
		is(&v, r->verdict, r->reason, r->line);
		CHECK(!(r->failed > 0 && v.verdict == VERDICT_PASS));
	}
}

static void
texts(void)
{
	static const char percent[] = "100%s of %n";
	struct ending ending = {.kind = ENDING_DONE, .done = XCVM_DONE_FAIL};
	struct failure v = unset();

	strcpy(ending.text, percent);
	judge(&plain, &ending, 0, &v);
	is(&v, VERDICT_FAIL, percent, __LINE__);
	ending.kind = ENDING_CRASH;
	judge(&plain, &ending, 0, &v);
	is(&v, VERDICT_CRASH, percent, __LINE__);
	judge_hang(&plain, "never sent", percent, 0, &v);
	is(&v, VERDICT_HANG, percent, __LINE__);
}

static void
expected_panic(void)
{
	static const struct ending panics = PANIC(1, "a spinning b"),
				   elsewhere = PANIC(2, "a spinning b"),
				   other = PANIC(1, "a spin b"),
				   crashes = OTHER(CRASH, "a spinning b"),
				   done = OTHER(DONE, "a spinning b");

	CHECK(judge_expected(&misuse, &panics));
	CHECK(!judge_expected(&plain, &panics));
	CHECK(!judge_expected(&misuse, &elsewhere));
	CHECK(!judge_expected(&misuse, &other));
	CHECK(!judge_expected(&misuse, &crashes));
	CHECK(!judge_expected(&misuse, &done));
}

static void
hangs(void)
{
	struct failure v = unset();

	judge_hang(&plain, "never sent", "cpu 0 waits", 0, &v);
	is(&v, VERDICT_HANG, "cpu 0 waits", __LINE__);
	judge_hang(&plain, "never sent", "cpu 0 waits", 9, &v);
	is(&v, VERDICT_HANG, "cpu 0 waits", __LINE__);
	judge_hang(&misuse, "never sent", "cpu 0 waits", 0, &v);
	is(&v, VERDICT_HANG, "cpu 0 waits", __LINE__);
	judge_hang(&hanging, "never sent", "cpu 0 waits", 0, &v);
	is(&v, VERDICT_PASS, "", __LINE__);
	judge_hang(&hanging, "never sent", "cpu 0 waits", 2, &v);
	is(&v, VERDICT_FAIL, "2 checks failed", __LINE__);
	/* The whole of the verdict, and no more. */
	judge_hang(&hanging, "never sent or so", "cpu 0 waits", 0, &v);
	is(&v, VERDICT_HANG,
	    "never sent or so: cpu 0 waits (expected was \"never sent\")",
	    __LINE__);
	judge_hang(&hanging, "handler running", "cpu 0 waits", 2, &v);
	is(&v, VERDICT_HANG,
	    "handler running: cpu 0 waits (expected was \"never sent\")",
	    __LINE__);
}

static void
decisions(void)
{
	static const struct {
		enum verdict verdict;
		bool differs;
	} verdicts[VERDICT_COUNT] = {
	    {VERDICT_PASS, false},
	    {VERDICT_FAIL, true},
	    {VERDICT_USAGE, false},
	    {VERDICT_CRASH, true},
	    {VERDICT_SKIP, false},
	    {VERDICT_HANG, true},
	    {VERDICT_NOKVM, false},
	    {VERDICT_DIFFERS, false},
	};

	/* Each of eight: a decision or not, foreign or not, of this API or not. */
	for (unsigned mask = 0; mask < 8 * VERDICT_COUNT; mask++) {
		enum verdict verdict = verdicts[mask / 8].verdict;
		bool differs = verdicts[mask / 8].differs && mask % 8 == 7;
		struct image_case test = {
		    .api = mask & 4 ? XCVM_API_XCALL : XCVM_API_IPI,
		    .decision = mask & 1 ? 12 : 0};
		struct failure v = {verdict, "was %s"};
		char expected[64] = "was %s";

		impl.foreign = (mask & 2) != 0;
		if (differs)
			snprintf(expected, sizeof(expected),
			    "differs by decision 12: %s: was %%s",
			    verdict_name(verdict));
		judge_decision(&image, &test, &v);
		is(&v, differs ? VERDICT_DIFFERS : verdict, expected,
		    (int)mask);
	}
}

/* What does not fit is cut, at the end. */
static void
long_reason(void)
{
	static const struct image_case test = {
	    .api = XCVM_API_XCALL, .decision = 12};
	struct failure v = {.verdict = VERDICT_FAIL};

	impl.foreign = true;
	memset(v.text, 'x', sizeof(v.text) - 1);
	judge_decision(&image, &test, &v);
	CHECK_EQ(v.verdict, VERDICT_DIFFERS);
	CHECK_EQ(strlen(v.text), sizeof(v.text) - 1);
	CHECK_HAS(v.text, "differs by decision 12: fail: xxx");
}

UNIT_MAIN(TEST(endings), TEST(texts), TEST(expected_panic), TEST(hangs),
    TEST(decisions), TEST(long_reason))
