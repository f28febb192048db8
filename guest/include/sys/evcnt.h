/* SPDX-License-Identifier: ISC */
/* evcnt(9): named event counters. */
#ifndef SYS_EVCNT_H
#define SYS_EVCNT_H

#include <sys/types.h>

#define EVCNT_TYPE_MISC 0
#define EVCNT_TYPE_INTR 1
#define EVCNT_TYPE_TRAP 2

struct evcnt {
	volatile uint64_t ev_count; /* the owner updates it */
	struct evcnt *ev_next;
	const struct evcnt *ev_parent;
	const char *ev_group;
	const char *ev_name;
	int ev_type;
};

#define EVCNT_INITIALIZER(type, parent, group, name)                           \
	{                                                                      \
		.ev_parent = (parent), .ev_group = (group), .ev_name = (name), \
		.ev_type = (type)                                              \
	}

/* Make a counter known under group and name; both strings stay the caller's. */
void evcnt_attach_dynamic(struct evcnt *, int, const struct evcnt *,
    const char *group, const char *name);
void evcnt_detach(struct evcnt *);

/* The attached counter of that group and name, or NULL. */
struct evcnt *evcnt_lookup(const char *group, const char *name);

#endif /* SYS_EVCNT_H */
