/* SPDX-License-Identifier: ISC */
/*
 * One sentence that says why something was refused, for the person who can
 * change it: it names the field and the cure.
 */
#ifndef VMM_BASE_REFUSAL_H
#define VMM_BASE_REFUSAL_H

struct refusal {
	char text[1024];
};

/* Fill `why` (cut when too long) and return -1, so `return (refuse(...))`. */
int refuse(struct refusal *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* VMM_BASE_REFUSAL_H */
