/* SPDX-License-Identifier: ISC */
/* x86-64 segment selectors, descriptors and the task-state segment. */
#ifndef MACHINE_SEGMENTS_H
#define MACHINE_SEGMENTS_H

#define GDT_CODE    0x08
#define GDT_DATA    0x10
#define GDT_TSS	    0x18 /* two entries */
#define GDT_ENTRIES 5

#define IST_DF	    1 /* double fault */
#define IST_NMI	    2
#define IST_MC	    3 /* machine check */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* APM volume 2, section 12.2.5. */
struct tss {
	uint32_t tss_reserved0;
	uint64_t tss_rsp[3];
	uint64_t tss_reserved1;
	uint64_t tss_ist[7]; /* IST_* counts from 1 */
	uint64_t tss_reserved2;
	uint16_t tss_reserved3;
	uint16_t tss_iobase;
} __attribute__((__packed__));
#endif

#endif /* MACHINE_SEGMENTS_H */
