/* SPDX-License-Identifier: ISC */
/* evcnt(9): the list of named counters. */
#include <sys/systm.h>
#include <sys/evcnt.h>
#include <sys/lock.h>
#include <machine/intr.h>

static __cpu_simple_lock_t evcnt_lock;
static struct evcnt *evcnts;

void
evcnt_attach_dynamic(struct evcnt *ev, int type, const struct evcnt *parent,
    const char *group, const char *name)
{
	int s = splhigh();

	ev->ev_count = 0;
	ev->ev_type = type;
	ev->ev_parent = parent;
	ev->ev_group = group;
	ev->ev_name = name;
	__cpu_simple_lock(&evcnt_lock);
	ev->ev_next = evcnts;
	evcnts = ev;
	__cpu_simple_unlock(&evcnt_lock);
	splx(s);
}

void
evcnt_detach(struct evcnt *ev)
{
	struct evcnt **evp;
	int s = splhigh();

	__cpu_simple_lock(&evcnt_lock);
	for (evp = &evcnts; *evp != NULL; evp = &(*evp)->ev_next) {
		if (*evp == ev) {
			*evp = ev->ev_next;
			break;
		}
	}
	__cpu_simple_unlock(&evcnt_lock);
	splx(s);
}

struct evcnt *
evcnt_lookup(const char *group, const char *name)
{
	struct evcnt *ev;
	int s = splhigh();

	__cpu_simple_lock(&evcnt_lock);
	for (ev = evcnts; ev != NULL; ev = ev->ev_next)
		if (strcmp(ev->ev_group, group) == 0 &&
		    strcmp(ev->ev_name, name) == 0)
			break;
	__cpu_simple_unlock(&evcnt_lock);
	splx(s);
	return (ev);
}
