/* SPDX-License-Identifier: ISC */
/*
 * One line on standard error, for whoever started the program.
 */
#ifndef VMM_BASE_COMPLAIN_H
#define VMM_BASE_COMPLAIN_H

#include <stdbool.h>

/*
 * Write "xcvm: TEXT"; the text may quote what an image holds.  `leaving`: the
 * program has been asked to end, and waits no more than a moment for a reader
 * that does not read.
 */
void complain(const char *text, bool leaving);

#endif /* VMM_BASE_COMPLAIN_H */
