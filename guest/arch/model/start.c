/* SPDX-License-Identifier: ISC */
/* Entry from the VMM: into ring 3, where all of the kernel runs. */
#include <sys/systm.h>
#include <machine/clock.h>
#include <machine/cpufunc.h>
#include <kern/kern.h>
#include <kern/md.h>
#include <machine/segments.h>
#include <machine/vector.h>
#include "model.h"

#define RING3_CODE 0x2b /* also in context.S */
#define RING3_DATA 0x33
#define MODEL_GDT  7

void start(const struct xcvm_boot *, u_int) __dead;
void model_enter(void) __dead;
void model_ring3(uint64_t sp) __dead;

__section(".note.xcvm") __used __aligned(4) static const struct {
	uint32_t namesz, descsz, type;
	char name[roundup(sizeof(XCVM_NOTE_NAME), 4)];
	struct xcvm_note desc;
} abi_note = {
    .namesz = sizeof(XCVM_NOTE_NAME),
    .descsz = sizeof(struct xcvm_note),
    .type = XCVM_NOTE_ABI,
    .name = XCVM_NOTE_NAME,
    .desc =
	{
	    .version = XCVM_ABI_VERSION,
	    .flags = XCVM_IMAGE_MULTIPROCESSOR | XCVM_IMAGE_MODEL,
	    .max_vcpus = MODEL_CPUS,
	},
};

const struct xcvm_boot *boot;

static struct xcvm_req req;
static bool probing;
/* Ring 3 may use the hypercall port, and no other. */
static struct __packed {
	struct tss tss;
	uint8_t ports[XCVM_PORT / 8 + 2];
} tss;
static uint64_t gdt[MODEL_GDT];

/* The real CPU's tables, for exceptions: they come in ring 0. */
static void
segments_init(void)
{
	const uint64_t base = (uint64_t)&tss;
	struct __packed {
		uint16_t limit;
		uint64_t base;
	} rd;

	gdt[GDT_CODE / 8] = 0x00209b0000000000;
	gdt[GDT_DATA / 8] = 0x0000930000000000;
	gdt[GDT_TSS / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 |
			   0x89ULL << 40 | (base >> 24 & 0xff) << 56;
	gdt[GDT_TSS / 8 + 1] = base >> 32;
	gdt[RING3_CODE / 8] = 0x0020fb0000000000;
	gdt[RING3_DATA / 8] = 0x0000f30000000000;
	for (u_int ist = IST_DF; ist <= IST_MC; ist++)
		tss.tss.tss_ist[ist - 1] =
		    boot->stacks + (ist + 1) * XCVM_STACK_SLOT;
	tss.tss.tss_rsp[0] = tss.tss.tss_ist[IST_MC - 1];
	tss.tss.tss_iobase = offsetof(__typeof__(tss), ports);
	for (u_int i = 0; i < sizeof(tss.ports); i++)
		tss.ports[i] = 0xff;
	for (u_int port = XCVM_PORT; port < XCVM_PORT + sizeof(uint32_t);
	     port++)
		tss.ports[port / 8] &= (uint8_t) ~(1U << port % 8);

	rd.limit = sizeof(gdt) - 1;
	rd.base = (uint64_t)gdt;
	__asm volatile("lgdt %0" : : "m"(rd));
	rd.limit = sizeof(idt) - 1;
	rd.base = (uint64_t)idt;
	__asm volatile("lidt %0" : : "m"(rd));
	__asm volatile("ltr %0" : : "r"((uint16_t)GDT_TSS));
}

void
start(const struct xcvm_boot *b, u_int cpu __unused)
{
	boot = b;
	segments_init();
	model_ring3(b->stacks + XCVM_STACK_SLOT - 8);
}

void
trap_begin(void)
{
	if (probing)
		explore_skip("this KVM does not let ring 3 use a port that "
			     "its TSS allows");
	model.off = true;
	model.outside++;
}

/* First line in ring 3; CPU 0's. */
void
model_enter(void)
{
	uint64_t end = boot->heap_end;

	/* An empty text says nothing, unless it faults. */
	probing = true;
	req.op = XCVM_REQ_CONSOLE;
	req.status = 0;
	req.u.console.text = "";
	req.u.console.len = 0;
	model_port(&req);
	probing = false;

	explore_reserve(boot->heap_start, &end);
	((struct xcvm_boot *)(uintptr_t)boot)->heap_end = end;
	kmem_init(boot->heap_start, end);
	cpu_attach_all(boot->ncpu, boot->apic_ids);
	machine_init(boot->ncpu, boot->tsc_khz);
	clock_init(boot->tsc_khz);
	strategy_init();
	model_cpu_start();
}
