/* SPDX-License-Identifier: ISC */
/*
 * kcpuset(9): sets of CPUs, of any number.
 *
 * A set may be static or on a stack (kcpuset_t set; kcpuset_zero(&set)), or
 * come from kcpuset_create(), with a count of its users.  Interfaces as in
 * NetBSD.
 */
#ifndef SYS_KCPUSET_H
#define SYS_KCPUSET_H

#include <sys/param.h>

#define KCPUSET_BITS  32
#define KCPUSET_WORDS (MAXCPUS / KCPUSET_BITS)

typedef struct kcpuset {
	volatile uint32_t kc_bits[KCPUSET_WORDS];
	volatile u_int kc_refs;	 /* of kcpuset_create() sets only */
	struct kcpuset *kc_next; /* freed later: kcpuset_unuse() */
} kcpuset_t;

/* The CPUs that exist, and those that take interrupts and run threads. */
extern kcpuset_t *kcpuset_attached;
extern kcpuset_t *kcpuset_running;

/*
 * create: a set with one user; its content is undefined unless zero is asked
 * for.  use and unuse: one user more, one less; the last frees it, or puts
 * it on the list given, which kcpuset_destroy() takes later.  clone: a new
 * set with the content of another.
 * => thread or soft interrupt context
 */
void kcpuset_create(kcpuset_t **, bool zero);
void kcpuset_clone(kcpuset_t **, const kcpuset_t *);
void kcpuset_destroy(kcpuset_t *);
void kcpuset_use(kcpuset_t *);
void kcpuset_unuse(kcpuset_t *, kcpuset_t **);

/*
 * Content.  The set must not change meanwhile, but for the atomic_ forms.
 * Any context, any IPL.  A CPU index is below MAXCPUS, else it panics.
 */
void kcpuset_zero(kcpuset_t *);
void kcpuset_fill(kcpuset_t *); /* all MAXCPUS */
void kcpuset_copy(kcpuset_t *, const kcpuset_t *);
void kcpuset_set(kcpuset_t *, u_int);
void kcpuset_clear(kcpuset_t *, u_int);
bool kcpuset_isset(const kcpuset_t *, u_int);
bool kcpuset_isotherset(const kcpuset_t *, u_int); /* any but this? */
bool kcpuset_iszero(const kcpuset_t *);
bool kcpuset_match(const kcpuset_t *, const kcpuset_t *); /* equal? */
bool kcpuset_intersecting_p(const kcpuset_t *, const kcpuset_t *);
u_int kcpuset_countset(const kcpuset_t *);

/* The lowest member counted from 1, or 0; of the set, or of both. */
u_int kcpuset_ffs(const kcpuset_t *);
u_int kcpuset_ffs_intersecting(const kcpuset_t *, const kcpuset_t *);

/* First operand: what is in both; in either; in the first alone. */
void kcpuset_intersect(kcpuset_t *, const kcpuset_t *);
void kcpuset_merge(kcpuset_t *, const kcpuset_t *);
void kcpuset_remove(kcpuset_t *, const kcpuset_t *);

/*
 * Set, clear, intersect, merge and remove, one word at a time, against other
 * CPUs that do so as well.
 */
void kcpuset_atomic_set(kcpuset_t *, u_int);
void kcpuset_atomic_clear(kcpuset_t *, u_int);
void kcpuset_atomicly_intersect(kcpuset_t *, const kcpuset_t *);
void kcpuset_atomicly_merge(kcpuset_t *, const kcpuset_t *);
void kcpuset_atomicly_remove(kcpuset_t *, const kcpuset_t *);

/* The first len bytes as 32-bit words, CPU 0 in bit 0 of the first. */
void kcpuset_export_u32(const kcpuset_t *, uint32_t *, size_t);

/*
 * Walk a set: for (i = 0; (ci = kcpuset_next(set, &i)) != NULL;)
 * The attached CPU of the lowest member at *index or above; *index goes past
 * it.  Members that are no attached CPU are passed over.
 */
struct cpu_info *kcpuset_next(const kcpuset_t *, u_int *index);

#endif /* SYS_KCPUSET_H */
