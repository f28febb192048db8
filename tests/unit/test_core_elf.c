/* SPDX-License-Identifier: ISC */
/* The head of a core, read back by libelf. */
#include <sys/procfs.h>

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "look/core_elf.h"
#include "unit.h"

#define THREADS 3
#define START	0x1000
#define SIZE	0x3fff000

static const char program[] = "a-very-long-name-of-an-image.elf";
static const char command[] = "xcvm --case a_case_with_a_long_name --vcpus 4 "
			      "--seed 18446744073709551615 image.elf";
static const uint32_t cpus[THREADS] = {2, 0, 1};
static struct core_thread threads[THREADS];

static void *
make(size_t *len)
{
	const struct core_elf core = {
	    .program = program,
	    .command = command,
	    .threads = threads,
	    .nthreads = THREADS,
	    .start = START,
	    .size = SIZE,
	};
	unsigned char value = 1;

	for (size_t i = 0; i < THREADS; i++) {
		threads[i].cpu = cpus[i];
		for (size_t b = 0; b < sizeof(threads[i].regs); b++)
			((unsigned char *)&threads[i].regs)[b] = value++;
	}
	return (core_elf_head(&core, len));
}

static void
headers(void)
{
	GElf_Phdr notes, memory;
	GElf_Ehdr file;
	size_t len, n;
	char *head = make(&len);
	Elf *elf = elf_memory(head, len);

	CHECK(head != NULL && elf != NULL);
	CHECK_EQ(len % CORE_ELF_ALIGN, 0);
	CHECK(gelf_getehdr(elf, &file) != NULL);
	CHECK_EQ(file.e_ident[EI_CLASS], ELFCLASS64);
	CHECK_EQ(file.e_ident[EI_DATA], ELFDATA2LSB);
	CHECK_EQ(file.e_type, ET_CORE);
	CHECK_EQ(file.e_machine, EM_X86_64);
	CHECK(elf_getphdrnum(elf, &n) == 0);
	CHECK_EQ(n, 2);
	CHECK(gelf_getphdr(elf, 0, &notes) != NULL);
	CHECK_EQ(notes.p_type, PT_NOTE);
	CHECK(notes.p_offset + notes.p_filesz <= len);
	CHECK(gelf_getphdr(elf, 1, &memory) != NULL);
	CHECK_EQ(memory.p_type, PT_LOAD);
	CHECK_EQ(memory.p_offset, len);
	CHECK_EQ(memory.p_vaddr, START);
	CHECK_EQ(memory.p_paddr, START);
	CHECK_EQ(memory.p_filesz, SIZE);
	CHECK_EQ(memory.p_memsz, SIZE);
	/* As mmap() would have it. */
	CHECK_EQ(
	    memory.p_offset % CORE_ELF_ALIGN, memory.p_vaddr % CORE_ELF_ALIGN);
	elf_end(elf);
	free(head);
}

static void
process(const void *note, size_t size)
{
	struct elf_prpsinfo info;

	if (!CHECK_EQ(size, sizeof(info)))
		return;
	memcpy(&info, note, sizeof(info));
	CHECK_EQ(strnlen(info.pr_fname, 16), 15);
	CHECK(strncmp(info.pr_fname, program, 15) == 0);
	CHECK_EQ(strnlen(info.pr_psargs, 80), 79);
	CHECK(strncmp(info.pr_psargs, command, 79) == 0);
}

static void
thread(size_t i, const void *note, size_t size)
{
	struct elf_prstatus status;

	if (!CHECK_EQ(size, sizeof(status)) || !CHECK(i < THREADS))
		return;
	memcpy(&status, note, sizeof(status));
	CHECK_EQ(status.pr_pid, cpus[i] + 1);
	CHECK_EQ(status.pr_cursig, 0);
	CHECK(memcmp(&status.pr_reg, &threads[i].regs, sizeof(status.pr_reg)) ==
	      0);
}

static void
notes(void)
{
	size_t len, at = 0, name, desc, nprocess = 0, nthreads = 0;
	char *head = make(&len);
	Elf *elf = elf_memory(head, len);
	Elf_Data *data = NULL;
	GElf_Phdr ph;
	GElf_Nhdr nh;

	if (CHECK(gelf_getphdr(elf, 0, &ph) != NULL))
		data = elf_getdata_rawchunk(
		    elf, (int64_t)ph.p_offset, ph.p_filesz, ELF_T_NHDR);
	CHECK(data != NULL);
	while (data != NULL &&
	       (at = gelf_getnote(data, at, &nh, &name, &desc)) > 0) {
		const char *buffer = data->d_buf;

		CHECK(strcmp(buffer + name, "CORE") == 0);
		if (nh.n_type == NT_PRPSINFO) {
			process(buffer + desc, nh.n_descsz);
			nprocess++;
		} else if (CHECK_EQ(nh.n_type, NT_PRSTATUS)) {
			thread(nthreads++, buffer + desc, nh.n_descsz);
		}
	}
	CHECK_EQ(nprocess, 1);
	CHECK_EQ(nthreads, THREADS);
	elf_end(elf);
	free(head);
}

static void
version(void)
{
	CHECK(elf_version(EV_CURRENT) != EV_NONE);
}

UNIT_MAIN(TEST(version), TEST(headers), TEST(notes))
