/* SPDX-License-Identifier: ISC */
/*
 * The snapshot that each order begins from: what has been written since is put
 * back, and no more.
 */
#ifndef MODEL_RESTORE_H
#define MODEL_RESTORE_H

#include "model.h"

/*
 * Take the snapshot; for model_checkpoint().  What the compiler's calls do not
 * show is kept whole: struct cpu_info, stacks in use, where threads stand.
 */
void restore_snapshot(uint64_t sp);

/* Put everything back.  On a stack of its own. */
void restore_all(void);

/* Go on at the checkpoint. */
void restore_resume(void) __dead;

#endif /* MODEL_RESTORE_H */
