/* SPDX-License-Identifier: ISC */
/*
 * Image checks 2 to 19: ELF header, ABI note, segments.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/check.h"

#define PAGE 4096ULL

int
image_header(struct image *image, Elf *elf, struct refusal *why)
{
	GElf_Ehdr eh;
	size_t phnum, shnum;

	if (image->size <= EI_DATA)
		return (image_refuse(
		    image, why, CHECK_MAGIC, "the ELF header is cut off"));
	if (image->file[EI_CLASS] != ELFCLASS64)
		return (image_refuse(image, why, CHECK_CLASS,
		    "is not 64-bit ELF: build it with -m64"));
	if (image->file[EI_DATA] != ELFDATA2LSB)
		return (image_refuse(
		    image, why, CHECK_ORDER, "is not little-endian"));
	if (gelf_getehdr(elf, &eh) == NULL)
		return (image_refuse(
		    image, why, CHECK_MAGIC, "the ELF header is cut off"));
	if (eh.e_machine != EM_X86_64)
		return (image_refuse(image, why, CHECK_MACHINE,
		    "is for ELF machine %u, not x86-64 (%u)", eh.e_machine,
		    EM_X86_64));
	if (eh.e_type != ET_EXEC)
		return (image_refuse(image, why, CHECK_TYPE,
		    "has ELF type %u, not ET_EXEC (2): link it with -static "
		    "-no-pie",
		    eh.e_type));
	if (eh.e_phentsize != sizeof(Elf64_Phdr) ||
	    elf_getphdrnum(elf, &phnum) == -1 || phnum == 0 ||
	    eh.e_phoff > image->size ||
	    phnum > (image->size - eh.e_phoff) / sizeof(Elf64_Phdr))
		return (image_refuse(image, why, CHECK_HEADERS,
		    "the program headers are missing or outside the file"));
	if (eh.e_shentsize != sizeof(Elf64_Shdr) ||
	    elf_getshdrnum(elf, &shnum) == -1 || shnum == 0 ||
	    eh.e_shoff > image->size ||
	    shnum > (image->size - eh.e_shoff) / sizeof(Elf64_Shdr))
		return (image_refuse(image, why, CHECK_HEADERS,
		    "the section headers are missing or outside the file: do "
		    "not strip them"));
	image->entry = eh.e_entry;
	return (0);
}

static int
abi_note(
    struct image *image, const uint8_t *desc, size_t size, struct refusal *why)
{
	struct xcvm_note note;

	if (size != sizeof(note))
		return (image_refuse(image, why, CHECK_NOTE_SIZE,
		    "the ABI note has %zu bytes, not %zu", size, sizeof(note)));
	memcpy(&note, desc, sizeof(note));
	if (note.version != XCVM_ABI_VERSION)
		return (image_refuse(image, why, CHECK_VERSION,
		    "is for ABI version %" PRIu32
		    ", this xcvm speaks version %d: build both from the same "
		    "sources",
		    note.version, XCVM_ABI_VERSION));
	if ((note.flags & ~(uint32_t)(XCVM_IMAGE_MULTIPROCESSOR |
				      XCVM_IMAGE_MODEL)) != 0 ||
	    note.reserved != 0)
		return (image_refuse(image, why, CHECK_NOTE_FIELDS,
		    "the ABI note's flags 0x%" PRIx32
		    " or reserved field 0x%" PRIx32 " have unknown bits",
		    note.flags, note.reserved));
	if (note.max_vcpus == 0 ||
	    (note.max_vcpus > 1 &&
		(note.flags & XCVM_IMAGE_MULTIPROCESSOR) == 0))
		return (image_refuse(image, why, CHECK_NOTE_FIELDS,
		    "the ABI note's max_vcpus is %" PRIu32 " in a %s image",
		    note.max_vcpus,
		    note.flags != 0 ? "multiprocessor" : "uniprocessor"));
	image->flags = note.flags;
	image->max_vcpus = note.max_vcpus;
	return (0);
}

static char *
hex(const uint8_t *bytes, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	char *text = malloc(2 * len + 1);

	if (text == NULL)
		return (NULL);
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digit[bytes[i] >> 4];
		text[2 * i + 1] = digit[bytes[i] & 15];
	}
	text[2 * len] = '\0';
	return (text);
}

/* Visit the notes of one PT_NOTE; `found` counts ABI notes. */
static int
notes_of(struct image *image, Elf *elf, const GElf_Phdr *ph, unsigned *found,
    struct refusal *why)
{
	Elf_Data *data;
	GElf_Nhdr nh;
	size_t next, name, desc, at = 0;

	data = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset, ph->p_filesz,
	    ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	if (data == NULL)
		return (image_refuse(image, why, CHECK_NOTE,
		    "a note segment cannot be read: %s", elf_errmsg(-1)));
	while ((next = gelf_getnote(data, at, &nh, &name, &desc)) > 0) {
		const uint8_t *bytes = data->d_buf;

		at = next;
		if (nh.n_namesz == sizeof(XCVM_NOTE_NAME) &&
		    memcmp(bytes + name, XCVM_NOTE_NAME, nh.n_namesz) == 0 &&
		    nh.n_type == XCVM_NOTE_ABI) {
			if (++*found > 1)
				return (image_refuse(image, why, CHECK_NOTE,
				    "has more than one ABI note"));
			if (abi_note(image, bytes + desc, nh.n_descsz, why) ==
			    -1)
				return (-1);
		} else if (nh.n_namesz == sizeof("GNU") &&
			   memcmp(bytes + name, "GNU", nh.n_namesz) == 0 &&
			   nh.n_type == NT_GNU_BUILD_ID &&
			   image->build_id == NULL) {
			image->build_id = hex(bytes + desc, nh.n_descsz);
		}
	}
	return (0);
}

int
image_notes(struct image *image, Elf *elf, struct refusal *why)
{
	GElf_Phdr ph;
	size_t phnum = 0;
	unsigned found = 0;

	elf_getphdrnum(elf, &phnum);
	for (size_t i = 0; i < phnum; i++) {
		if (gelf_getphdr(elf, (int)i, &ph) == NULL ||
		    ph.p_type != PT_NOTE || ph.p_filesz == 0)
			continue;
		if (ph.p_offset > image->size ||
		    ph.p_filesz > image->size - ph.p_offset)
			return (image_refuse(image, why, CHECK_NOTE,
			    "program header %zu: the notes are outside the "
			    "file",
			    i));
		if (notes_of(image, elf, &ph, &found, why) == -1)
			return (-1);
	}
	if (found == 0)
		return (image_refuse(image, why, CHECK_NOTE,
		    "has no ABI note: it is not an xcvm guest image, such as "
		    "build/xcguest.elf"));
	if (image->build_id == NULL && (image->build_id = strdup("")) == NULL)
		return (refuse(why, "%s: out of memory", image->path));
	return (0);
}

static int
check_segment(struct image *image, const GElf_Phdr *ph, size_t number,
    struct refusal *why)
{

	if (ph->p_offset > image->size ||
	    ph->p_filesz > image->size - ph->p_offset)
		return (image_refuse(image, why, CHECK_FILE_RANGE,
		    "segment %zu: file range 0x%" PRIx64 "+0x%" PRIx64
		    " is outside the file of 0x%zx bytes",
		    number, ph->p_offset, ph->p_filesz, image->size));
	if (ph->p_filesz > ph->p_memsz)
		return (image_refuse(image, why, CHECK_SIZES,
		    "segment %zu: 0x%" PRIx64
		    " bytes in the file do not fit 0x%" PRIx64 " in memory",
		    number, ph->p_filesz, ph->p_memsz));
	if (ph->p_vaddr < IMAGE_ADDR_MIN || ph->p_vaddr > IMAGE_ADDR_MAX ||
	    ph->p_memsz > IMAGE_ADDR_MAX - ph->p_vaddr)
		return (image_refuse(image, why, CHECK_ADDRESS,
		    "segment %zu: 0x%" PRIx64 "+0x%" PRIx64
		    " is not inside 0x%llx to 0x%llx, where guest memory can "
		    "be",
		    number, ph->p_vaddr, ph->p_memsz, IMAGE_ADDR_MIN,
		    IMAGE_ADDR_MAX));
	if ((ph->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
		return (image_refuse(image, why, CHECK_WX,
		    "segment %zu is writable and executable", number));
	return (0);
}

static int
by_vaddr(const void *a, const void *b)
{
	const struct image_segment *x = a, *y = b;

	return ((x->vaddr > y->vaddr) - (x->vaddr < y->vaddr));
}

/* Check sorted neighbours: apart, and not of two kinds on one page. */
static int
check_neighbours(struct image *image, struct refusal *why)
{

	for (size_t i = 1; i < image->nsegments; i++) {
		const struct image_segment *a = &image->segments[i - 1];
		const struct image_segment *b = &image->segments[i];
		uint64_t end = a->vaddr + a->memsz;

		if (b->vaddr < end)
			return (image_refuse(image, why, CHECK_OVERLAP,
			    "the segments at 0x%" PRIx64 " and 0x%" PRIx64
			    " overlap",
			    a->vaddr, b->vaddr));
		if (a->flags != b->flags && (end - 1) / PAGE == b->vaddr / PAGE)
			return (image_refuse(image, why, CHECK_PAGE,
			    "the segments at 0x%" PRIx64 " and 0x%" PRIx64
			    " share a page and differ in permissions: align "
			    "them to 4 KiB",
			    a->vaddr, b->vaddr));
	}
	return (0);
}

int
image_segments(struct image *image, Elf *elf, struct refusal *why)
{
	GElf_Phdr ph;
	size_t phnum = 0;

	elf_getphdrnum(elf, &phnum);
	image->segments = calloc(phnum, sizeof(*image->segments));
	if (image->segments == NULL)
		return (refuse(why, "%s: out of memory", image->path));
	for (size_t i = 0; i < phnum; i++) {
		if (gelf_getphdr(elf, (int)i, &ph) == NULL)
			return (image_refuse(image, why, CHECK_HEADERS,
			    "program header %zu cannot be read", i));
		if (ph.p_type != PT_LOAD)
			continue;
		if (check_segment(image, &ph, i, why) == -1)
			return (-1);
		if (ph.p_memsz == 0)
			continue;
		image->segments[image->nsegments++] = (struct image_segment){
		    .data = image->file + ph.p_offset,
		    .filesz = ph.p_filesz,
		    .vaddr = ph.p_vaddr,
		    .memsz = ph.p_memsz,
		    .flags = ph.p_flags & (PF_R | PF_W | PF_X),
		};
	}
	if (image->nsegments == 0)
		return (image_refuse(
		    image, why, CHECK_LOAD, "has nothing to load"));
	qsort(image->segments, image->nsegments, sizeof(*image->segments),
	    by_vaddr);
	if (check_neighbours(image, why) == -1)
		return (-1);
	image->end = image->segments[image->nsegments - 1].vaddr +
		     image->segments[image->nsegments - 1].memsz;
	if (!image_executable(image, image->entry))
		return (image_refuse(image, why, CHECK_ENTRY,
		    "the entry 0x%" PRIx64 " is not in an executable segment",
		    image->entry));
	return (0);
}
