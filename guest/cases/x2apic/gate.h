/* SPDX-License-Identifier: ISC */
/*
 * Interrupts that the case takes by itself, on its own CPU: vectors of which
 * the kernel knows nothing, in each word of the APIC's registers, each with a
 * letter for its name, the higher the later.
 */
#ifndef X2APIC_GATE_H
#define X2APIC_GATE_H

#include <machine/lapic.h>
#include "ground.h"

/* Two of class 3 and two of class 4. */
#define GATES(X)   \
	X(a, 0x10) \
	X(b, 0x32) \
	X(c, 0x3d) \
	X(d, 0x41) \
	X(e, 0x4e) \
	X(f, 0x67) \
	X(g, 0x9c) \
	X(h, 0xa3) \
	X(i, 0xc8) \
	X(j, 0xf8)

/* Give this CPU gates for them, until the case ends; interrupts on. */
void gates_open(void);

u_int gate_vector(char letter);

/*
 * The next interrupt of the letter is wanted; when it comes its letter is
 * noted.  What comes without being wanted is an interrupt that the host has
 * delivered twice, and gates_check() fails when it was not the only one.
 */
void gate_want(char letter);

/* gate_want(), and send this CPU the interrupt. */
void gate_send(char letter);

/* It is not ended by its handler: the case writes the EOI. */
void gate_keep(char letter);

/* Spin until so many have come. */
void gates_await(u_int count);

/* Check what has come, in this order. */
#define CHECK_GATES(text) gates_check(text, __FILE__, __LINE__)
void gates_check(const char *text, const char *file, u_int line);

/*
 * Check that a bank of registers, MSR_X2APIC_IRR, ISR or TMR, has these
 * vectors, and no other but those of the kernel.
 */
#define CHECK_BANK(bank, letters) bank_check(bank, letters, __FILE__, __LINE__)
void bank_check(u_int bank, const char *letters, const char *file, u_int line);

/* This CPU's EOI. */
static inline void
gate_eoi(void)
{
	lapic_write(MSR_X2APIC_EOI, 0);
}

#endif /* X2APIC_GATE_H */
