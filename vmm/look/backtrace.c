/* SPDX-License-Identifier: ISC */
/*
 * Backtraces of a paused guest, along its frame pointers.
 */
#include "look/backtrace.h"

#include <xcvm/abi.h>

/* What a function's prologue leaves at its frame pointer. */
struct frame {
	uint64_t next;
	uint64_t return_address;
};

/*
 * Before the prologue, and after a jump to nowhere, the return address is
 * still on top of the stack and the frame pointer is the caller's.
 */
static size_t
caller_on_stack(const struct guestmem *mem, struct symbols *symbols,
    const struct backtrace_start *start, struct backtrace_frame *frame)
{
	struct symbol symbol;
	uint64_t address;

	symbol_function(symbols, start->rip, false, &symbol);
	if (symbol.function != NULL && symbol.offset != 0)
		return (0);
	if (guestmem_read(mem, start->rsp, &address, sizeof(address)) == -1)
		return (0);
	symbol_function(symbols, address, true, &symbol);
	frame->address = address;
	frame->at = 0;
	return (symbol.function != NULL);
}

static size_t
follow(const struct guestmem *mem, uint64_t at, size_t n,
    struct backtrace_frame frames[BACKTRACE_FRAMES])
{
	struct frame frame;

	while (n < BACKTRACE_FRAMES && at % sizeof(at) == 0 &&
	       guestmem_read(mem, at, &frame, sizeof(frame)) == 0 &&
	       frame.return_address != 0) {
		frames[n].address = frame.return_address;
		frames[n].at = frame.next;
		n++;
		/* Callers lie above, except across a change of stacks. */
		if (frame.next <= at &&
		    frame.next / XCVM_STACK_SLOT == at / XCVM_STACK_SLOT)
			break;
		at = frame.next;
	}
	return (n);
}

size_t
backtrace_walk(const struct guestmem *mem, struct symbols *symbols,
    const struct backtrace_start *start,
    struct backtrace_frame frames[BACKTRACE_FRAMES])
{
	size_t n = 1;

	frames[0].address = start->rip;
	frames[0].at = start->rbp;
	n += caller_on_stack(mem, symbols, start, &frames[1]);
	return (follow(mem, start->rbp, n, frames));
}

size_t
backtrace_saved(const struct guestmem *mem, uint64_t frame,
    struct backtrace_frame frames[BACKTRACE_FRAMES])
{
	return (follow(mem, frame, 0, frames));
}

void
backtrace_symbols(struct symbols *symbols, const struct backtrace_frame *frames,
    size_t nframes, bool saved, struct symbol *out)
{
	for (size_t i = 0; i < nframes; i++)
		symbol_lookup(
		    symbols, frames[i].address, saved || i > 0, &out[i]);
}
