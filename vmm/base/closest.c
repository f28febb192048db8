/* SPDX-License-Identifier: ISC */
/*
 * What someone may have meant: the known names nearest to a wrong one.
 */
#include <string.h>

#include "base/closest.h"

#define LENGTH_MAX 64

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return (m < c ? m : c);
}

/* Insertions, deletions and replacements from a to b; ~0 if a or b is long. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[LENGTH_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > LENGTH_MAX || lb > LENGTH_MAX)
		return (~0U);
	for (unsigned j = 0; j <= lb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= la; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= lb; j++) {
			unsigned above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return (row[lb]);
}

void
closest_find(struct closest *closest, const char *wrong,
    const char *const *names, size_t count)
{
	unsigned score[CLOSEST_MAX];
	unsigned limit = 1 + (unsigned)strlen(wrong) / 3;

	closest->count = 0;
	if (wrong[0] == '\0')
		return;
	for (size_t i = 0; i < count; i++) {
		unsigned d = distance(wrong, names[i]);
		size_t at;

		if (d > limit && strlen(wrong) >= 2 &&
		    strstr(names[i], wrong) != NULL)
			d = limit;
		if (d > limit)
			continue;
		at = closest->count;
		if (at == CLOSEST_MAX) {
			if (d >= score[CLOSEST_MAX - 1])
				continue;
			at--;
		} else {
			closest->count++;
		}
		for (; at > 0 && score[at - 1] > d; at--) {
			score[at] = score[at - 1];
			closest->name[at] = closest->name[at - 1];
		}
		score[at] = d;
		closest->name[at] = names[i];
	}
}
