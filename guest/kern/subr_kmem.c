/* SPDX-License-Identifier: ISC */
/*
 * kmem(9) from one region: a free list per power of two, refilled from the
 * region's untouched rest, which the VMM hands over zeroed.
 */
#include <sys/systm.h>
#include <sys/kmem.h>
#include <sys/lock.h>
#include <machine/intr.h>
#include <kern/kern.h>

#define KMEM_SHIFT_MIN 6 /* a cache line */
#define KMEM_CLASSES   25

struct kmem_free {
	struct kmem_free *kf_next;
};

static __cpu_simple_lock_t kmem_lock;
static struct kmem_free *free_list[KMEM_CLASSES];
static vaddr_t rest_start, rest_end;

void
kmem_init(vaddr_t start, vaddr_t end)
{
	rest_start = roundup2(start, (vaddr_t)CACHE_LINE_SIZE);
	rest_end = end;
}

static u_int
kmem_class(size_t size)
{
	u_int class = 0;

	KASSERT(size != 0);
	while (((size_t)1 << (KMEM_SHIFT_MIN + class)) < size)
		class ++;
	KASSERT(class < KMEM_CLASSES);
	return (class);
}

/* Memory, and whether it is known to be zero. */
static void *
kmem_get(size_t size, km_flag_t flags, bool *zero)
{
	u_int class = kmem_class(size);
	size_t bytes = (size_t)1 << (KMEM_SHIFT_MIN + class);
	struct kmem_free *kf;
	/*
	 * CPU 0 allocates before %gs points at its cpu_info: then there is
	 * nobody to exclude, and no level to raise.
	 */
	bool early = ncpu == 0;
	int s = early ? 0 : splhigh();

	__cpu_simple_lock(&kmem_lock);
	kf = free_list[class];
	*zero = kf == NULL;
	if (kf != NULL)
		free_list[class] = kf->kf_next;
	else if (size <= rest_end - rest_start) {
		/* Only as much as asked for, in lines, is ever touched. */
		kf = (struct kmem_free *)rest_start;
		rest_start += MIN(bytes, rest_end - rest_start);
	}
	__cpu_simple_unlock(&kmem_lock);
	if (!early)
		splx(s);
	if (kf == NULL && flags != KM_NOSLEEP)
		panic("kmem_alloc: no memory left for %zu bytes", size);
	return (kf);
}

void *
kmem_alloc(size_t size, km_flag_t flags)
{
	bool zero;

	return (kmem_get(size, flags, &zero));
}

void *
kmem_zalloc(size_t size, km_flag_t flags)
{
	bool zero;
	void *p = kmem_get(size, flags, &zero);

	if (p != NULL && !zero)
		memset(p, 0, size);
	return (p);
}

void
kmem_free(void *p, size_t size)
{
	u_int class = kmem_class(size);
	struct kmem_free *kf = p;
	int s;

#ifdef DIAGNOSTIC
	memset(p, KMEM_POISON, size);
#endif
	s = splhigh();
	__cpu_simple_lock(&kmem_lock);
	kf->kf_next = free_list[class];
	free_list[class] = kf;
	__cpu_simple_unlock(&kmem_lock);
	splx(s);
}
