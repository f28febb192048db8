/* SPDX-License-Identifier: ISC */
/*
 * What the guest's own ending means for the run.
 */
#ifndef VMM_RUN_JUDGE_H
#define VMM_RUN_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "image/image.h"
#include "vm/vm.h"

/* Is it the panic that a misuse case has to end in? */
bool judge_expected(const struct image_case *test, const struct ending *ending);

/*
 * Fill in verdict and reason ("" for a pass) of a run of `test` that ended
 * so, after that many failed checks.  Whatever else it says, a run with a
 * failed check never passes.
 */
void judge(const struct image_case *test, const struct ending *ending,
    uint64_t failed_checks, struct failure *verdict);

/*
 * The same of a run that did not end: a hang, with that verdict and sentence
 * of the diagnosis.  It passes if the case declares that verdict.
 */
void judge_hang(const struct image_case *test, const char *diagnosis,
    const char *sentence, uint64_t failed_checks, struct failure *verdict);

/*
 * A case that checks one of our decisions, held against an implementation
 * that is not ours: what would be a failure, crash or hang becomes
 * VERDICT_DIFFERS.
 */
void judge_decision(const struct image *image, const struct image_case *test,
    struct failure *verdict);

#endif /* VMM_RUN_JUDGE_H */
