/* SPDX-License-Identifier: ISC */
/* Entry from the VMM: this CPU's segments, then the kernel proper. */
#include <sys/systm.h>
#include <machine/clock.h>
#include <machine/intr.h>
#include <machine/lapic.h>
#include <kern/kern.h>
#include <kern/md.h>
#include <machine/cpufunc.h>
#include <machine/vector.h>

void start(const struct xcvm_boot *, u_int) __dead;

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
#ifdef MULTIPROCESSOR
	    .flags = XCVM_IMAGE_MULTIPROCESSOR,
	    .max_vcpus = MAXCPUS,
#else
	    .max_vcpus = 1,
#endif
	},
};

const struct xcvm_boot *boot;

/* Descriptors as APM volume 2, section 4.8, has them. */
static void
segments_init(struct cpu_info *ci)
{
	struct cpu_md *md = &ci->ci_md;
	uint64_t tss = (uint64_t)&md->md_tss;
	struct region_descriptor rd;

	md->md_gdt[GDT_CODE / 8] = 0x00209b0000000000;
	md->md_gdt[GDT_DATA / 8] = 0x0000930000000000;
	md->md_gdt[GDT_TSS / 8] = (sizeof(struct tss) - 1) |
				  (tss & 0xffffff) << 16 | 0x89ULL << 40 |
				  (tss >> 24 & 0xff) << 56;
	md->md_gdt[GDT_TSS / 8 + 1] = tss >> 32;
	for (u_int ist = IST_DF; ist <= IST_MC; ist++)
		md->md_tss.tss_ist[ist - 1] = stack_of_cpu(ci, ist);
	md->md_tss.tss_iobase = sizeof(struct tss);

	rd.rd_limit = sizeof(md->md_gdt) - 1;
	rd.rd_base = (uint64_t)md->md_gdt;
	lgdt(&rd);
	__asm volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
		       :
		       : "i"(GDT_CODE)
		       : "rax", "memory");
	__asm volatile("movl %0, %%ss; movl %0, %%ds; movl %0, %%es"
		       :
		       : "r"(GDT_DATA));
	ltr(GDT_TSS);

	rd.rd_limit = sizeof(idt) - 1;
	rd.rd_base = (uint64_t)idt;
	lidt(&rd);
}

static __noinline void __dead
cpu_start(struct cpu_info *ci)
{
	ci->ci_ilevel = IPL_HIGH;
	segments_init(ci);
	lapic_init();
	if (ci->ci_index == 0) {
		lapic_icr_fence = boot_param("icr_fence", 1) != 0;
		kern_main(boot);
	}
	kern_cpu_main();
}

void
start(const struct xcvm_boot *b, u_int cpu)
{
	struct cpu_info *ci;

	if (cpu == 0) {
		boot = b;
		kmem_init(b->heap_start, b->heap_end);
		cpu_attach_all(b->ncpu, b->apic_ids);
		clock_init(b->tsc_khz);
	}
	ci = cpu_lookup(cpu);
	wrmsr(MSR_GSBASE, (uint64_t)ci);
	cpu_start(ci);
}
