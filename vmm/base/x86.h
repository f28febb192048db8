/* SPDX-License-Identifier: ISC */
/*
 * Constants of the x86-64 architecture, under their names in Intel's SDM.
 */
#ifndef VMM_BASE_X86_H
#define VMM_BASE_X86_H

#define X86_CR0_PE	  (1ULL << 0)
#define X86_CR0_MP	  (1ULL << 1)
#define X86_CR0_ET	  (1ULL << 4)
#define X86_CR0_NE	  (1ULL << 5)
#define X86_CR0_WP	  (1ULL << 16)
#define X86_CR0_PG	  (1ULL << 31)

#define X86_EFER_LME	  (1ULL << 8)
#define X86_EFER_LMA	  (1ULL << 10)
#define X86_EFER_NXE	  (1ULL << 11)

#define X86_RFLAGS_ALWAYS (1ULL << 1) /* reserved, reads as 1 */
#define X86_RFLAGS_IF	  (1ULL << 9)

#define X86_MSR_TSC	  0x10U /* IA32_TIME_STAMP_COUNTER */

#define X86_BREAKPOINTS	  4		    /* DR0 to DR3 */
#define X86_DR7_ENABLE(n) (2ULL << 2 * (n)) /* global; on execution */

#endif /* VMM_BASE_X86_H */
