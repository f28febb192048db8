/* SPDX-License-Identifier: ISC */
/*
 * How many files this process may have open.
 */
#include <sys/resource.h>

#include "base/files.h"

uint64_t
files_allow(uint64_t count)
{
	struct rlimit limit;
	rlim_t need = (rlim_t)count + FILES_SPARE;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= need)
		return (0);
	if (limit.rlim_max >= need) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
			return (0);
	}
	return (limit.rlim_max);
}
