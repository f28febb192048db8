/* SPDX-License-Identifier: ISC */
/* kcpuset(9): sets of CPUs. */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kcpuset.h>
#include <sys/kmem.h>

static kcpuset_t attached, running;
kcpuset_t *kcpuset_attached = &attached;
kcpuset_t *kcpuset_running = &running;

#define WORD(i)	    ((i) / KCPUSET_BITS)
#define BIT(i)	    (1U << (i) % KCPUSET_BITS)
#define FOR_WORD(i) for (u_int i = 0; i < KCPUSET_WORDS; i++)

static u_int
checked(u_int i)
{
	if (i >= MAXCPUS)
		panic("kcpuset: CPU index %u is not below %u", i, MAXCPUS);
	return (i);
}

void
kcpuset_create(kcpuset_t **kcp, bool zero)
{
	kcpuset_t *kc = kmem_alloc(sizeof(*kc), KM_SLEEP);

	if (zero)
		kcpuset_zero(kc);
	kc->kc_refs = 1;
	*kcp = kc;
}

void
kcpuset_clone(kcpuset_t **kcp, const kcpuset_t *from)
{
	kcpuset_create(kcp, false);
	kcpuset_copy(*kcp, from);
}

void
kcpuset_use(kcpuset_t *kc)
{
	atomic_inc_uint(&kc->kc_refs);
}

void
kcpuset_unuse(kcpuset_t *kc, kcpuset_t **later)
{
	/* Release and acquire in one: the last user sees the others' work. */
	if (atomic_dec_uint_nv(&kc->kc_refs) != 0)
		return;
	if (later == NULL) {
		kmem_free(kc, sizeof(*kc));
		return;
	}
	kc->kc_next = *later;
	*later = kc;
}

void
kcpuset_destroy(kcpuset_t *kc)
{
	kcpuset_t *next;

	for (; kc != NULL; kc = next) {
		KASSERT(kc->kc_refs <= 1);
		next = kc->kc_refs == 0 ? kc->kc_next : NULL;
		kmem_free(kc, sizeof(*kc));
	}
}

void
kcpuset_zero(kcpuset_t *kc)
{
	FOR_WORD(i)
	kc->kc_bits[i] = 0;
}

void
kcpuset_fill(kcpuset_t *kc)
{
	FOR_WORD(i)
	kc->kc_bits[i] = ~0U;
}

void
kcpuset_copy(kcpuset_t *to, const kcpuset_t *from)
{
	FOR_WORD(i)
	to->kc_bits[i] = from->kc_bits[i];
}

void
kcpuset_set(kcpuset_t *kc, u_int cpu)
{
	kc->kc_bits[WORD(checked(cpu))] |= BIT(cpu);
}

void
kcpuset_clear(kcpuset_t *kc, u_int cpu)
{
	kc->kc_bits[WORD(checked(cpu))] &= ~BIT(cpu);
}

bool
kcpuset_isset(const kcpuset_t *kc, u_int cpu)
{
	return (kc->kc_bits[WORD(checked(cpu))] & BIT(cpu));
}

bool
kcpuset_isotherset(const kcpuset_t *kc, u_int cpu)
{
	uint32_t other = 0;

	FOR_WORD(i)
	other |= kc->kc_bits[i] & ~(i == WORD(checked(cpu)) ? BIT(cpu) : 0);
	return (other != 0);
}

bool
kcpuset_iszero(const kcpuset_t *kc)
{
	return (kcpuset_ffs(kc) == 0);
}

bool
kcpuset_match(const kcpuset_t *a, const kcpuset_t *b)
{
	FOR_WORD(i)
	if (a->kc_bits[i] != b->kc_bits[i])
		return (false);
	return (true);
}

bool
kcpuset_intersecting_p(const kcpuset_t *a, const kcpuset_t *b)
{
	return (kcpuset_ffs_intersecting(a, b) != 0);
}

u_int
kcpuset_countset(const kcpuset_t *kc)
{
	u_int count = 0;

	FOR_WORD(i)
	for (uint32_t bits = kc->kc_bits[i]; bits != 0; bits &= bits - 1)
		count++;
	return (count);
}

/* The lowest bit of a word that is not 0. */
static u_int
lowest(uint32_t bits)
{
	return (31 - (u_int)__builtin_clz(bits & -bits));
}

u_int
kcpuset_ffs_intersecting(const kcpuset_t *a, const kcpuset_t *b)
{
	FOR_WORD(i)
	{
		uint32_t bits = a->kc_bits[i] & b->kc_bits[i];

		if (bits != 0)
			return (i * KCPUSET_BITS + lowest(bits) + 1);
	}
	return (0);
}

u_int
kcpuset_ffs(const kcpuset_t *kc)
{
	return (kcpuset_ffs_intersecting(kc, kc));
}

void
kcpuset_intersect(kcpuset_t *a, const kcpuset_t *b)
{
	FOR_WORD(i)
	a->kc_bits[i] &= b->kc_bits[i];
}

void
kcpuset_merge(kcpuset_t *a, const kcpuset_t *b)
{
	FOR_WORD(i)
	a->kc_bits[i] |= b->kc_bits[i];
}

void
kcpuset_remove(kcpuset_t *a, const kcpuset_t *b)
{
	FOR_WORD(i)
	a->kc_bits[i] &= ~b->kc_bits[i];
}

void
kcpuset_atomic_set(kcpuset_t *kc, u_int cpu)
{
	atomic_or_32(&kc->kc_bits[WORD(checked(cpu))], BIT(cpu));
}

void
kcpuset_atomic_clear(kcpuset_t *kc, u_int cpu)
{
	atomic_and_32(&kc->kc_bits[WORD(checked(cpu))], ~BIT(cpu));
}

void
kcpuset_atomicly_intersect(kcpuset_t *a, const kcpuset_t *b)
{
	FOR_WORD(i)
	atomic_and_32(&a->kc_bits[i], b->kc_bits[i]);
}

void
kcpuset_atomicly_merge(kcpuset_t *a, const kcpuset_t *b)
{
	FOR_WORD(i)
	atomic_or_32(&a->kc_bits[i], b->kc_bits[i]);
}

void
kcpuset_atomicly_remove(kcpuset_t *a, const kcpuset_t *b)
{
	FOR_WORD(i)
	atomic_and_32(&a->kc_bits[i], ~b->kc_bits[i]);
}

void
kcpuset_export_u32(const kcpuset_t *kc, uint32_t *words, size_t len)
{
	KASSERT(len <= sizeof(kc->kc_bits));
	for (size_t i = 0; i < len / sizeof(*words); i++)
		words[i] = kc->kc_bits[i];
}

struct cpu_info *
kcpuset_next(const kcpuset_t *kc, u_int *index)
{
	for (u_int i = *index; i < ncpu;) {
		uint32_t bits = kc->kc_bits[WORD(i)] >> i % KCPUSET_BITS;

		if (bits == 0) {
			i = roundup2(i + 1, (u_int)KCPUSET_BITS);
			continue;
		}
		i += lowest(bits);
		*index = i + 1;
		return (cpu_lookup(i));
	}
	*index = ncpu;
	return (NULL);
}
