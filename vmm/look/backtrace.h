/* SPDX-License-Identifier: ISC */
/*
 * Backtraces of a paused guest, along its frame pointers.
 */
#ifndef VMM_LOOK_BACKTRACE_H
#define VMM_LOOK_BACKTRACE_H

#include <stddef.h>
#include <stdint.h>

#include "image/symbol.h"
#include "vm/guestmem.h"

#define BACKTRACE_FRAMES 32 /* deepest */

/* The registers where a backtrace begins. */
struct backtrace_start {
	uint64_t rip, rsp, rbp;
};

struct backtrace_frame {
	uint64_t address; /* the innermost: RIP; else a return address */
	uint64_t at;	  /* its frame pointer; 0: not known */
};

/*
 * Follow the frame pointers from `start`, through guest memory only.  Returns
 * the number of frames, innermost first, at least 1.
 */
size_t backtrace_walk(const struct guestmem *mem, struct symbols *symbols,
    const struct backtrace_start *start,
    struct backtrace_frame frames[BACKTRACE_FRAMES]);

/*
 * Follow the frame pointers of a thread that does not run: `frame` is the
 * address of its innermost saved frame pointer, with the return address above
 * it.  Returns the number of frames, innermost first; 0 if `frame` is outside
 * guest memory.
 */
size_t backtrace_saved(const struct guestmem *mem, uint64_t frame,
    struct backtrace_frame frames[BACKTRACE_FRAMES]);

/*
 * Names for frames.  `saved`: the thread does not run, and all addresses are
 * return addresses.
 */
void backtrace_symbols(struct symbols *symbols,
    const struct backtrace_frame *frames, size_t nframes, bool saved,
    struct symbol *out);

#endif /* VMM_LOOK_BACKTRACE_H */
