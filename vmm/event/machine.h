/* SPDX-License-Identifier: ISC */
/*
 * A symbol, a backtrace, registers: as JSON and for a person.
 */
#ifndef VMM_EVENT_MACHINE_H
#define VMM_EVENT_MACHINE_H

#include <stddef.h>
#include <stdio.h>

#include "base/json.h"
#include "image/symbol.h"
#include "vm/registers.h"

/* An address, as a member or (`key` is NULL) an element. */
void event_symbol_json(
    struct json *j, const char *key, const struct symbol *symbol);

/* The member "backtrace". */
void event_backtrace_json(
    struct json *j, const struct symbol *frames, size_t nframes);

/* The member "registers"; null if there are none. */
void event_registers_json(struct json *j, const struct registers *regs);

/* "function+0x12", or the address. */
void text_symbol(FILE *out, const struct symbol *symbol);

/* "function" alone at its entry, elsewhere as text_symbol(). */
void text_entry(FILE *out, const struct symbol *symbol);

/* Columns of address, function+offset, file:line; each line indented. */
void text_backtrace(
    FILE *out, const char *indent, const struct symbol *frames, size_t nframes);

/* Registers, four to a line. */
void text_registers(
    FILE *out, const char *indent, const struct registers *regs);

#endif /* VMM_EVENT_MACHINE_H */
