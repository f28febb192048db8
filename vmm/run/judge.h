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

/* Is the ending the panic that `test` declares? */
bool judge_expected(const struct image_case *test, const struct ending *ending);

/*
 * Fill in verdict and reason ("" for a pass) of a run of `test` that ended in
 * `ending`, after `failed_checks` failed checks.  A run with a failed check
 * never passes.
 */
void judge(const struct image_case *test, const struct ending *ending,
    uint64_t failed_checks, struct failure *verdict);

/*
 * Fill in verdict and reason of a run of `test` that hangs, with the verdict
 * `diagnosis` and the sentence of its diagnosis.  The run passes if the case
 * declares that verdict and no check has failed.
 */
void judge_hang(const struct image_case *test, const char *diagnosis,
    const char *sentence, uint64_t failed_checks, struct failure *verdict);

/*
 * If `test` checks one of our decisions and the implementation is not ours,
 * turn a failure, crash or hang into VERDICT_DIFFERS.
 */
void judge_decision(const struct image *image, const struct image_case *test,
    struct failure *verdict);

#endif /* VMM_RUN_JUDGE_H */
