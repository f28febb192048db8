/* SPDX-License-Identifier: ISC */
/*
 * The head of an ELF core: headers and notes, all that stands before guest
 * memory.  Knows neither KVM nor files.
 */
#ifndef VMM_LOOK_CORE_ELF_H
#define VMM_LOOK_CORE_ELF_H

#include <sys/user.h>

#include <stddef.h>
#include <stdint.h>

/* Guest memory begins at a multiple of this in the file. */
#define CORE_ELF_ALIGN 4096

struct core_thread {
	uint32_t cpu; /* its thread id is cpu + 1 */
	struct user_regs_struct regs;
};

struct core_elf {
	const char *program; /* the image's name, which gdb compares */
	const char *command; /* of the run; what is too long is cut */
	const struct core_thread
	    *threads;	 /* a debugger begins with the first one */
	size_t nthreads; /* at least 1 */
	uint64_t start;	 /* guest memory: first GPA */
	uint64_t size;	 /* guest memory: bytes */
};

/*
 * Make the head of `*len` bytes, a multiple of CORE_ELF_ALIGN; in the file,
 * core->size bytes of guest memory must follow it.  NULL when memory runs out;
 * else free() it.
 */
void *core_elf_head(const struct core_elf *core, size_t *len);

#endif /* VMM_LOOK_CORE_ELF_H */
