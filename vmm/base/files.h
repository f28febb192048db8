/* SPDX-License-Identifier: ISC */
/*
 * How many files this process may have open.
 */
#ifndef VMM_BASE_FILES_H
#define VMM_BASE_FILES_H

#include <stdint.h>

#define FILES_SPARE 64 /* for all that is not counted one by one */

/*
 * Let `count` files be open, and FILES_SPARE beside them: raises the soft limit
 * if it has to.  0, or the hard limit that is in the way.
 */
uint64_t files_allow(uint64_t count);

#endif /* VMM_BASE_FILES_H */
