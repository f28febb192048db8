/* SPDX-License-Identifier: ISC */
/*
 * What a run writes must not replace what it reads, or what is no file.
 */
#include <sys/stat.h>

#include <string.h>

#include "options/options.h"

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
		x.st_ino == y.st_ino);
}

int
options_events_file(const struct options *options, struct refusal *why)
{

	if (options->events != NULL &&
	    same_file(options->events, options->image))
		return (
		    refuse(why, "--events %s: is the image: name another file",
			options->events));
	return (0);
}

int
options_core_file(const struct options *options, struct refusal *why)
{
	const char *path = options->core;
	struct stat st;

	if (path == NULL)
		return (0);
	if (strcmp(path, "-") == 0)
		return (refuse(why,
		    "--core -: a core cannot go to standard output: name a "
		    "file"));
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return (refuse(why,
		    "--core %s: exists and is no regular file: name another",
		    path));
	if (same_file(path, options->image))
		return (refuse(
		    why, "--core %s: is the image: name another file", path));
	if (options->events != NULL && same_file(path, options->events))
		return (refuse(why,
		    "--core %s: is the file of --events: name another file",
		    path));
	return (0);
}
