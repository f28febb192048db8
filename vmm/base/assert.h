/* SPDX-License-Identifier: ISC */
/*
 * What this program believes of itself, checked in builds for its tests: the
 * unit tests' and those with a sanitizer.
 */
#ifndef VMM_BASE_ASSERT_H
#define VMM_BASE_ASSERT_H

/*
 * XCVM_ASSERT(what): if `what` is not true, say where on standard error, and
 * abort().  `what` is evaluated in a checked build alone, and must have no
 * effect.  What a guest, a file or a user can bring about is not asserted, but
 * refused, or ends the run.
 */
#ifdef XCVM_CHECKED
#define XCVM_ASSERT(what) \
	((what) ? (void)0 : assert_failed(__FILE__, __LINE__, __func__, #what))
#else
#define XCVM_ASSERT(what) ((void)sizeof(!(what)))
#endif

_Noreturn void assert_failed(
    const char *file, int line, const char *function, const char *what);

#endif /* VMM_BASE_ASSERT_H */
