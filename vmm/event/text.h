/* SPDX-License-Identifier: ISC */
/*
 * Pieces of text that the reports for a person share.
 */
#ifndef VMM_EVENT_TEXT_H
#define VMM_EVENT_TEXT_H

#include <stdio.h>

#include "base/outcome.h"
#include "options/options.h"

/* The verdict's name in its colour, padded to `width`. */
void text_verdict(FILE *out, enum verdict verdict, int width, bool colour);

/* The command that repeats the case, quoted for a shell, and a newline. */
void text_command(
    FILE *out, const struct options *options, const struct image_case *c);

/*
 * The command that shows a core of this image, quoted for a shell, and a
 * newline.
 */
void text_gdb(FILE *out, const char *image, const char *core);

/* From so many cycles per simple instruction on, guest code is emulated. */
#define EVENT_EMULATED_CYCLES 100

/* What to think of times on a host that emulates guest kernel code. */
void text_emulated(FILE *out, uint32_t insn_cycles);

#endif /* VMM_EVENT_TEXT_H */
