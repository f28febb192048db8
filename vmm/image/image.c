/* SPDX-License-Identifier: ISC */
/*
 * Opening an image: the file is read whole, then held against every check.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/check.h"

#define FILE_MAX (256LL << 20)

int
image_refuse(const struct image *image, struct refusal *why,
    enum image_check check, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return (
	    refuse(why, "%s: image check %d: %s", image->path, check, text));
}

static int
read_all(struct image *image, int fd)
{
	size_t done = 0;
	ssize_t n;

	while (done < image->size) {
		n = read(fd, image->file + done, image->size - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	image->size = done;
	return (0);
}

static int
read_file(struct image *image, struct refusal *why)
{
	struct stat st;
	int fd, error;

	/* O_NONBLOCK: a FIFO must not make us wait before it is refused. */
	fd = open(image->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return (image_refuse(image, why, CHECK_FILE,
		    "cannot be opened: %s%s", strerror(errno),
		    errno == ENOENT ? ": build it with 'make', or name another"
				    : ""));
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return (image_refuse(
		    image, why, CHECK_FILE, "is not a regular file"));
	}
	if (st.st_size == 0 || st.st_size > FILE_MAX) {
		close(fd);
		return (image_refuse(image, why, CHECK_FILE,
		    "is %lld bytes long, an image has 1 to %lld",
		    (long long)st.st_size, FILE_MAX));
	}
	image->size = (size_t)st.st_size;
	image->file = malloc(image->size);
	if (image->file == NULL) {
		close(fd);
		return (refuse(why, "%s: out of memory", image->path));
	}
	error = read_all(image, fd) == -1 ? errno : 0;
	close(fd);
	if (error != 0)
		return (image_refuse(image, why, CHECK_FILE,
		    "cannot be read: %s", strerror(error)));
	return (0);
}

static int
check_file(struct image *image, struct refusal *why)
{
	Elf *elf = NULL;
	int error = -1;

	if (image->size >= SELFMAG &&
	    memcmp(image->file, ELFMAG, SELFMAG) == 0 &&
	    elf_version(EV_CURRENT) != EV_NONE)
		elf = elf_memory((char *)image->file, image->size);
	if (elf == NULL || elf_kind(elf) != ELF_K_ELF)
		image_refuse(image, why, CHECK_MAGIC, "is not an ELF file");
	else if (image_header(image, elf, why) == 0 &&
		 image_notes(image, elf, why) == 0 &&
		 image_segments(image, elf, why) == 0 &&
		 image_cases(image, elf, why) == 0 &&
		 image_impls(image, elf, why) == 0 &&
		 image_inspect(image, elf, why) == 0)
		error = 0;
	elf_end(elf);
	return (error);
}

struct image *
image_open(const char *path, struct refusal *why)
{
	struct image *image = calloc(1, sizeof(*image));

	if (image == NULL || (image->path = strdup(path)) == NULL) {
		free(image);
		refuse(why, "%s: out of memory", path);
		return (NULL);
	}
	if (read_file(image, why) == -1 || check_file(image, why) == -1) {
		image_close(image);
		return (NULL);
	}
	return (image);
}

void
image_close(struct image *image)
{

	if (image == NULL)
		return;
	for (size_t i = 0; i < image->ncases; i++) {
		struct image_case *c = &image->cases[i];

		for (size_t p = 0; p < c->nparams; p++) {
			free(c->params[p].name);
			free(c->params[p].doc);
		}
		free(c->params);
		free(c->name);
		free(c->doc);
		free(c->contract);
		free(c->panic);
		free(c->fault);
		fault_plan_free(&c->plan);
		free(c->diagnosis);
	}
	for (size_t i = 0; i < image->nimpls; i++) {
		free(image->impls[i].path);
		free(image->impls[i].sha256);
	}
	image_inspect_free(image);
	free(image->impls);
	free(image->cases);
	free(image->segments);
	free(image->build_id);
	free(image->file);
	free(image->path);
	free(image);
}

const uint8_t *
image_data(const struct image *image, uint64_t addr, uint64_t len)
{

	for (size_t i = 0; i < image->nsegments; i++) {
		const struct image_segment *s = &image->segments[i];

		if (addr >= s->vaddr && addr - s->vaddr <= s->filesz &&
		    len <= s->filesz - (addr - s->vaddr))
			return (s->data + (addr - s->vaddr));
	}
	return (NULL);
}

bool
image_executable(const struct image *image, uint64_t addr)
{

	for (size_t i = 0; i < image->nsegments; i++) {
		const struct image_segment *s = &image->segments[i];

		if ((s->flags & IMAGE_EXEC) != 0 && addr >= s->vaddr &&
		    addr - s->vaddr < s->filesz)
			return (true);
	}
	return (false);
}

const struct image_case *
image_find(const struct image *image, const char *name)
{

	for (size_t i = 0; i < image->ncases; i++) {
		if (strcmp(image->cases[i].name, name) == 0)
			return (&image->cases[i]);
	}
	return (NULL);
}

bool
image_is_model(const struct image *image)
{

	return ((image->flags & XCVM_IMAGE_MODEL) != 0);
}

/* What the case needs of a machine, and the model has not; NULL: nothing. */
static const char *
missing_in_model(const struct image_case *c)
{

	if (c->kind == XCVM_KIND_FAULT || c->fault != NULL)
		return ("its faults are a VMM's, and this image's CPUs are its "
			"own");
	if (c->diagnosis != NULL)
		return ("its hang is for a VMM to explain, and this image's "
			"CPUs are its own");
	if (c->kind == XCVM_KIND_BENCH)
		return ("it measures, and the model machine has no clock");
	if ((c->needs & XCVM_NEEDS_CLOCK) != 0)
		return ("it needs a clock that goes on by itself, and the "
			"model machine has none");
	if ((c->needs & XCVM_NEEDS_VCPUS) != 0)
		return ("it needs real vCPUs, and this image's CPUs are its "
			"own");
	return (NULL);
}

bool
image_case_fits(const struct image *image, const struct image_case *c,
    uint32_t vcpus, struct refusal *why)
{
	const char *missing =
	    image_is_model(image) ? missing_in_model(c) : NULL;

	if (missing != NULL) {
		refuse(why, "%s", missing);
		return (false);
	}
	if (vcpus < c->min_vcpus) {
		refuse(why, "needs at least %" PRIu32 " vCPU%s, has %" PRIu32,
		    c->min_vcpus, c->min_vcpus == 1 ? "" : "s", vcpus);
		return (false);
	}
	if (c->max_vcpus != 0 && vcpus > c->max_vcpus) {
		refuse(why, "takes at most %" PRIu32 " vCPU%s, has %" PRIu32,
		    c->max_vcpus, c->max_vcpus == 1 ? "" : "s", vcpus);
		return (false);
	}
	return (true);
}

static const char *const api_names[] = {
    [XCVM_API_KERNEL] = "kernel",
    [XCVM_API_X2APIC] = "x2apic",
    [XCVM_API_CPU_XCALL] = "cpu_xcall",
    [XCVM_API_XCALL] = "xcall",
    [XCVM_API_IPI] = "ipi",
};

static const char *const kind_names[] = {
    [XCVM_KIND_CONFORMANCE] = "conformance",
    [XCVM_KIND_STRESS] = "stress",
    [XCVM_KIND_MISUSE] = "misuse",
    [XCVM_KIND_FAULT] = "fault",
    [XCVM_KIND_BENCH] = "bench",
};

const char *
image_api_name(enum xcvm_api api)
{

	return (api_names[api]);
}

const char *
image_kind_name(enum xcvm_kind kind)
{

	return (kind_names[kind]);
}
