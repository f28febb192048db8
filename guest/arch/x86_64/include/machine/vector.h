/* SPDX-License-Identifier: ISC */
/* What the entry code and its C side agree on. */
#ifndef MACHINE_VECTOR_H
#define MACHINE_VECTOR_H

#define TRAP_STUBS     0x200000 /* also in kernel.ld */
#define TRAP_STUB_SIZE 16

#define REGS_RIP       (17 * 8) /* in struct xcvm_regs */
#define INTRFRAME_RIP  (10 * 8) /* in struct intrframe */

#define VECTOR_RAW     0xf0

#ifndef __ASSEMBLER__
#include <sys/types.h>
#include <xcvm/abi.h>

/* What intr_entry pushed, and the CPU before it. */
struct intrframe {
	uint64_t if_r11, if_r10, if_r9, if_r8;
	uint64_t if_rdi, if_rsi, if_rdx, if_rcx, if_rax;
	uint64_t if_vector;
	uint64_t if_rip, if_cs, if_rflags, if_rsp, if_ss;
};

struct idt_gate {
	uint64_t ig_word[2];
};
extern const struct idt_gate idt[256];

void trap(struct xcvm_regs *);
void intr(struct intrframe *);
void intr_nmi(void);

struct iretframe; /* what the CPU pushes */
void intr_raw(struct iretframe *) __attribute__((interrupt));

/*
 * The idle loop's check-and-halt.  An interrupt that returns into it resumes
 * at cpu_idle_resume, past the HLT.
 */
extern const char cpu_idle_window[], cpu_idle_resume[];
extern const char cpu_idle_window_size[]; /* its address is the size */
void cpu_idle_wait(const volatile bool *stop);

#define T_NMI 2
#define T_DF  8
#define T_PF  14
#endif

#endif /* MACHINE_VECTOR_H */
