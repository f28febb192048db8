/* SPDX-License-Identifier: ISC */
/* Parameters of the run. */
#include <sys/systm.h>
#include <kern/kern.h>
#include <kern/md.h>

uint64_t
boot_param(const char *name, uint64_t otherwise)
{
	for (u_int i = 0; i < boot->nparams; i++)
		if (strcmp(boot->params[i].name, name) == 0)
			return (boot->params[i].value);
	return (otherwise);
}
