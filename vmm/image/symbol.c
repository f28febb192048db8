/* SPDX-License-Identifier: ISC */
/*
 * From a guest address to function+offset and file:line.
 */
#include <elfutils/libdw.h>
#include <gelf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "image/symbol.h"

struct function {
	uint64_t addr;
	uint64_t size; /* 0: as far as the next */
	const char *name;
};

struct symbols {
	struct lock lock;
	const struct image *image;
	bool loaded;
	Elf *elf;
	Dwarf *dwarf;		    /* NULL: the image has none */
	struct function *functions; /* by rising address */
	size_t nfunctions;
};

struct symbols *
symbol_open(const struct image *image)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	lock_init(&s->lock);
	s->image = image;
	return (s);
}

void
symbol_close(struct symbols *s)
{

	if (s == NULL)
		return;
	if (s->dwarf != NULL)
		dwarf_end(s->dwarf);
	elf_end(s->elf);
	free(s->functions);
	lock_destroy(&s->lock);
	free(s);
}

static int
by_addr(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->addr != y->addr)
		return (x->addr > y->addr ? 1 : -1);
	/* Of two names for one place, the one that has a size comes last. */
	return ((x->size > y->size) - (x->size < y->size));
}

static void
load_functions(struct symbols *s, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t count;

	if (data == NULL || sh->sh_entsize == 0)
		return;
	count = data->d_size / sh->sh_entsize;
	s->functions = calloc(count + 1, sizeof(*s->functions));
	if (s->functions == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		struct function *f = &s->functions[s->nfunctions];
		unsigned type;
		GElf_Sym sym;

		if (gelf_getsym(data, (int)i, &sym) == NULL)
			continue;
		type = GELF_ST_TYPE(sym.st_info);
		if ((type != STT_FUNC && type != STT_NOTYPE) ||
		    sym.st_shndx == SHN_UNDEF || sym.st_shndx == SHN_ABS ||
		    !image_executable(s->image, sym.st_value))
			continue;
		f->name = elf_strptr(s->elf, sh->sh_link, sym.st_name);
		if (f->name == NULL || f->name[0] == '\0')
			continue;
		f->addr = sym.st_value;
		f->size = sym.st_size;
		s->nfunctions++;
	}
	qsort(s->functions, s->nfunctions, sizeof(*s->functions), by_addr);
}

static void
load(struct symbols *s)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	s->loaded = true;
	elf_version(EV_CURRENT);
	s->elf = elf_memory((char *)s->image->file, s->image->size);
	if (s->elf == NULL)
		return;
	while ((scn = elf_nextscn(s->elf, scn)) != NULL) {
		if (gelf_getshdr(scn, &sh) != NULL &&
		    sh.sh_type == SHT_SYMTAB) {
			load_functions(s, scn, &sh);
			break;
		}
	}
	s->dwarf = dwarf_begin_elf(s->elf, DWARF_C_READ, NULL);
}

/* The last function that begins at or before the address and reaches it. */
static const struct function *
find_function(const struct symbols *s, uint64_t addr)
{
	size_t low = 0, high = s->nfunctions;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->functions[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0) {
		const struct function *f = &s->functions[low];

		if (f->size == 0 || addr - f->addr < f->size)
			return (f);
		if (low > 0 && s->functions[low - 1].addr != f->addr)
			return (NULL);
	}
	return (NULL);
}

/*
 * The path as seen from the top of the sources: whatever stands before the
 * last component "guest" is the builder's business.
 */
static const char *
from_top(const char *path)
{
	const char *at, *top = NULL;

	if (strncmp(path, "guest/", 6) == 0)
		return (path);
	for (at = path; (at = strstr(at, "/guest/")) != NULL; at++)
		top = at + 1;
	if (top != NULL)
		return (top);
	while (strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0)
		path = strchr(path, '/') + 1;
	return (path);
}

static void
find_line(struct symbols *s, uint64_t addr, struct symbol *symbol)
{
	Dwarf_Die unit;
	Dwarf_Line *line;
	const char *file;
	int number;

	if (s->dwarf == NULL || dwarf_addrdie(s->dwarf, addr, &unit) == NULL)
		return;
	line = dwarf_getsrc_die(&unit, addr);
	if (line == NULL || dwarf_lineno(line, &number) != 0 || number <= 0)
		return;
	file = dwarf_linesrc(line, NULL, NULL);
	if (file == NULL)
		return;
	symbol->file = from_top(file);
	symbol->line = (unsigned)number;
}

static void
look_up(struct symbols *s, uint64_t addr, bool is_return, bool line,
    struct symbol *symbol)
{
	uint64_t inside = is_return && addr > 0 ? addr - 1 : addr;
	const struct function *f;

	memset(symbol, 0, sizeof(*symbol));
	symbol->addr = addr;
	if (s == NULL || !image_executable(s->image, inside))
		return;
	lock_take(&s->lock);
	if (!s->loaded)
		load(s);
	f = find_function(s, inside);
	if (f != NULL) {
		symbol->function = f->name;
		symbol->offset = addr - f->addr;
	}
	if (line)
		find_line(s, inside, symbol);
	lock_drop(&s->lock);
}

void
symbol_lookup(
    struct symbols *s, uint64_t addr, bool is_return, struct symbol *symbol)
{
	look_up(s, addr, is_return, true, symbol);
}

void
symbol_function(
    struct symbols *s, uint64_t addr, bool is_return, struct symbol *symbol)
{
	look_up(s, addr, is_return, false, symbol);
}

size_t
symbol_find(struct symbols *s, const char *name, uint64_t *addr)
{
	size_t count = 0;

	if (s == NULL)
		return (0);
	lock_take(&s->lock);
	if (!s->loaded)
		load(s);
	for (size_t i = 0; i < s->nfunctions; i++)
		if (strcmp(s->functions[i].name, name) == 0 && count++ == 0)
			*addr = s->functions[i].addr;
	lock_drop(&s->lock);
	return (count);
}

void
symbol_closest(struct symbols *s, const char *name, struct closest *closest)
{
	const char **names;

	closest->count = 0;
	if (s == NULL)
		return;
	lock_take(&s->lock);
	if (!s->loaded)
		load(s);
	names = calloc(s->nfunctions + 1, sizeof(*names));
	if (names != NULL) {
		for (size_t i = 0; i < s->nfunctions; i++)
			names[i] = s->functions[i].name;
		closest_find(closest, name, names, s->nfunctions);
		free(names);
	}
	lock_drop(&s->lock);
}
