/* SPDX-License-Identifier: ISC */
/* kmem(9): kernel memory by size. */
#ifndef SYS_KMEM_H
#define SYS_KMEM_H

#include <sys/types.h>

typedef enum { KM_SLEEP = 1, KM_NOSLEEP = 2 } km_flag_t;

/*
 * Allocate; cache-line aligned.  Panics when memory is short and the caller
 * said KM_SLEEP (nothing would ever free it), else returns NULL.  Freed
 * memory is poisoned with KMEM_POISON in a DIAGNOSTIC kernel.
 * => thread or soft interrupt context; free with the size allocated
 */
#define KMEM_POISON 0xde
void *kmem_alloc(size_t, km_flag_t);
void *kmem_zalloc(size_t, km_flag_t);
void kmem_free(void *, size_t);
#define kmem_intr_alloc(size, flags)  kmem_alloc(size, flags)
#define kmem_intr_zalloc(size, flags) kmem_zalloc(size, flags)
#define kmem_intr_free(p, size)	      kmem_free(p, size)

#endif /* SYS_KMEM_H */
