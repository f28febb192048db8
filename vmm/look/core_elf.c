/* SPDX-License-Identifier: ISC */
/*
 * The head of an ELF core: headers and notes, all that stands before guest
 * memory.
 */
#include <sys/procfs.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "look/core_elf.h"

#define NOTE_NAME  "CORE"
#define NOTE_ALIGN 4
#define NOTE_SIZE(size)                                                 \
	(sizeof(Elf64_Nhdr) + ROUND_UP(sizeof(NOTE_NAME), NOTE_ALIGN) + \
	    ROUND_UP(size, NOTE_ALIGN))
#define ROUND_UP(n, unit) (((n) + (unit)-1) / (unit) * (unit))

_Static_assert(sizeof(elf_gregset_t) == sizeof(struct user_regs_struct),
    "two names for the same registers");

enum { SEGMENT_NOTES, SEGMENT_MEMORY, SEGMENTS };

struct head {
	Elf64_Ehdr file;
	Elf64_Phdr segment[SEGMENTS];
	uint8_t notes[];
};

/* Append a note.  Returns where the next one goes. */
static uint8_t *
note(uint8_t *at, uint32_t type, const void *content, size_t size)
{
	const Elf64_Nhdr header = {
	    .n_namesz = sizeof(NOTE_NAME),
	    .n_descsz = (Elf64_Word)size,
	    .n_type = type,
	};
	uint8_t *next = at + NOTE_SIZE(size);

	memcpy(at, &header, sizeof(header));
	at += sizeof(header);
	memcpy(at, NOTE_NAME, sizeof(NOTE_NAME));
	at += ROUND_UP(sizeof(NOTE_NAME), NOTE_ALIGN);
	memcpy(at, content, size);
	return (next);
}

static void
copy_text(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

static uint8_t *
note_process(uint8_t *at, const struct core_elf *core)
{
	struct elf_prpsinfo info;

	memset(&info, 0, sizeof(info));
	info.pr_sname = 'R';
	info.pr_pid = (pid_t)core->threads[0].cpu + 1;
	copy_text(info.pr_fname, sizeof(info.pr_fname), core->program);
	copy_text(info.pr_psargs, sizeof(info.pr_psargs), core->command);
	return (note(at, NT_PRPSINFO, &info, sizeof(info)));
}

static uint8_t *
note_thread(uint8_t *at, const struct core_thread *thread)
{
	struct elf_prstatus status;

	memset(&status, 0, sizeof(status));
	status.pr_pid = (pid_t)thread->cpu + 1;
	memcpy(&status.pr_reg, &thread->regs, sizeof(status.pr_reg));
	return (note(at, NT_PRSTATUS, &status, sizeof(status)));
}

static void
fill_headers(struct head *head, const struct core_elf *core, size_t notes_size,
    size_t head_size)
{
	Elf64_Phdr *notes = &head->segment[SEGMENT_NOTES];
	Elf64_Phdr *memory = &head->segment[SEGMENT_MEMORY];
	Elf64_Ehdr *file = &head->file;

	memcpy(file->e_ident, ELFMAG, SELFMAG);
	file->e_ident[EI_CLASS] = ELFCLASS64;
	file->e_ident[EI_DATA] = ELFDATA2LSB;
	file->e_ident[EI_VERSION] = EV_CURRENT;
	file->e_type = ET_CORE;
	file->e_machine = EM_X86_64;
	file->e_version = EV_CURRENT;
	file->e_phoff = offsetof(struct head, segment);
	file->e_ehsize = sizeof(Elf64_Ehdr);
	file->e_phentsize = sizeof(Elf64_Phdr);
	file->e_phnum = SEGMENTS;

	notes->p_type = PT_NOTE;
	notes->p_flags = PF_R;
	notes->p_offset = offsetof(struct head, notes);
	notes->p_filesz = notes_size;
	notes->p_align = NOTE_ALIGN;

	/*
	 * Memory is whole in the file, zeros too: what a core does not hold,
	 * gdb looks for in the image.
	 */
	memory->p_type = PT_LOAD;
	memory->p_flags = PF_R | PF_W | PF_X;
	memory->p_offset = head_size;
	memory->p_vaddr = core->start;
	memory->p_paddr = core->start;
	memory->p_filesz = core->size;
	memory->p_memsz = core->size;
	memory->p_align = CORE_ELF_ALIGN;
}

void *
core_elf_head(const struct core_elf *core, size_t *len)
{
	size_t notes_size =
	    NOTE_SIZE(sizeof(struct elf_prpsinfo)) +
	    core->nthreads * NOTE_SIZE(sizeof(struct elf_prstatus));
	size_t size =
	    ROUND_UP(offsetof(struct head, notes) + notes_size, CORE_ELF_ALIGN);
	struct head *head = calloc(1, size);
	uint8_t *at;

	if (head == NULL)
		return (NULL);
	fill_headers(head, core, notes_size, size);
	at = note_process(head->notes, core);
	for (size_t i = 0; i < core->nthreads; i++)
		at = note_thread(at, &core->threads[i]);
	*len = size;
	return (head);
}
