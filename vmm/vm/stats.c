/* SPDX-License-Identifier: ISC */
/*
 * KVM's binary statistics of a VM and its vCPUs.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "vm/kvm.h"
#include "vm/stats.h"
#include "vm/vcpu.h"
#include "vm/vm.h"

#define NAME_MAX_BYTES 256
#define COUNT_MAX      4096 /* descriptors of one file */
#define DATA_MAX       (1U << 20)

/* One statistics file, read whole. */
struct source {
	struct kvm_stats_header header;
	uint8_t *descriptors; /* num_desc times stride */
	size_t stride;	      /* struct kvm_stats_desc and its name */
	uint64_t *data;
	size_t ndata;
};

struct stats {
	size_t nvcpus;
	struct source *sources; /* the VM, then each vCPU */
};

static bool
read_at(int fd, void *to, size_t len, uint64_t offset)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(fd, (uint8_t *)to + done, len - done,
		    (off_t)(offset + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (false);
		done += (size_t)n;
	}
	return (true);
}

static const struct kvm_stats_desc *
descriptor(const struct source *s, size_t i)
{

	return ((const struct kvm_stats_desc *)(const void *)(s->descriptors +
							      i * s->stride));
}

/* Is every value inside the data, and every name a string?  Sets ndata. */
static bool
check(struct source *s)
{

	for (size_t i = 0; i < s->header.num_desc; i++) {
		const struct kvm_stats_desc *d = descriptor(s, i);
		size_t end = d->offset + (size_t)d->size * sizeof(uint64_t);

		if (d->offset % sizeof(uint64_t) != 0 || d->size == 0 ||
		    end > DATA_MAX ||
		    memchr(d->name, '\0', s->header.name_size) == NULL)
			return (false);
		if (end / sizeof(uint64_t) > s->ndata)
			s->ndata = end / sizeof(uint64_t);
	}
	return (s->ndata > 0);
}

static bool
read_source(struct source *s, int fd)
{

	if (!read_at(fd, &s->header, sizeof(s->header), 0) ||
	    s->header.name_size == 0 || s->header.name_size > NAME_MAX_BYTES ||
	    s->header.name_size % 8 != 0 || s->header.num_desc == 0 ||
	    s->header.num_desc > COUNT_MAX)
		return (false);
	s->stride = sizeof(struct kvm_stats_desc) + s->header.name_size;
	s->descriptors = malloc(s->stride * s->header.num_desc);
	if (s->descriptors == NULL ||
	    !read_at(fd, s->descriptors, s->stride * s->header.num_desc,
		s->header.desc_offset) ||
	    !check(s))
		return (false);
	s->data = malloc(s->ndata * sizeof(uint64_t));
	return (
	    s->data != NULL && read_at(fd, s->data, s->ndata * sizeof(uint64_t),
				   s->header.data_offset));
}

struct stats_files {
	size_t nvcpus;
	int fds[]; /* of the VM, then of each vCPU */
};

struct stats_files *
stats_open(const struct vm *vm)
{
	size_t nvcpus = vm->nvcpus;
	struct stats_files *files;

	files = malloc(sizeof(*files) + (nvcpus + 1) * sizeof(files->fds[0]));
	if (files == NULL)
		return (NULL);
	files->nvcpus = nvcpus;
	for (size_t i = 0; i <= nvcpus; i++)
		files->fds[i] = -1;
	for (size_t i = 0; i <= nvcpus; i++) {
		files->fds[i] =
		    KVM_IOCTL_VALUE(i == 0 ? vm->fd : vm->vcpus[i - 1].fd,
			KVM_GET_STATS_FD, 0, NULL);
		if (files->fds[i] == -1) {
			stats_close(files);
			return (NULL);
		}
	}
	return (files);
}

void
stats_close(struct stats_files *files)
{

	for (size_t i = 0; files != NULL && i <= files->nvcpus; i++)
		if (files->fds[i] != -1)
			close(files->fds[i]);
	free(files);
}

struct stats *
stats_sample(const struct stats_files *files)
{
	struct stats *stats;
	bool ok;

	if (files == NULL || (stats = calloc(1, sizeof(*stats))) == NULL)
		return (NULL);
	stats->nvcpus = files->nvcpus;
	stats->sources = calloc(files->nvcpus + 1, sizeof(*stats->sources));
	ok = stats->sources != NULL;
	for (size_t i = 0; ok && i <= files->nvcpus; i++)
		ok = read_source(&stats->sources[i], files->fds[i]);
	if (ok)
		return (stats);
	stats_free(stats);
	return (NULL);
}

void
stats_free(struct stats *stats)
{

	if (stats == NULL)
		return;
	for (size_t i = 0; stats->sources != NULL && i <= stats->nvcpus; i++) {
		free(stats->sources[i].descriptors);
		free(stats->sources[i].data);
	}
	free(stats->sources);
	free(stats);
}

/* Does the value count up, so that a difference means something? */
static bool
counts(const struct kvm_stats_desc *d)
{
	uint32_t type = d->flags & KVM_STATS_TYPE_MASK;

	return (type != KVM_STATS_TYPE_INSTANT && type != KVM_STATS_TYPE_PEAK);
}

/* The ith number of a value; with `since`, what it has grown by. */
static uint64_t
number(const struct source *s, const struct source *since,
    const struct kvm_stats_desc *d, size_t i)
{
	size_t at = d->offset / sizeof(uint64_t) + i;
	uint64_t before = since != NULL ? since->data[at] : 0;

	return (s->data[at] > before ? s->data[at] - before : 0);
}

/* One member: a number, or an array of a histogram's buckets. */
static void
value_json(const struct source *s, const struct source *since,
    const struct kvm_stats_desc *d, struct json *j)
{
	size_t used = d->size;

	while (used > 0 && number(s, since, d, used - 1) == 0)
		used--;
	if (used == 0 || (since != NULL && !counts(d)))
		return;
	if (d->size == 1) {
		json_u64(j, d->name, number(s, since, d, 0));
		return;
	}
	json_array(j, d->name);
	for (size_t i = 0; i < used; i++)
		json_u64(j, NULL, number(s, since, d, i));
	json_array_end(j);
}

static void
source_json(const struct source *s, const struct source *since, struct json *j)
{

	for (size_t i = 0; i < s->header.num_desc; i++)
		value_json(s, since, descriptor(s, i), j);
}

/* Have the two samples the same layout? */
static bool
comparable(const struct stats *a, const struct stats *b)
{

	for (size_t i = 0; i <= a->nvcpus; i++)
		if (a->sources[i].ndata != b->sources[i].ndata)
			return (false);
	return (true);
}

void
stats_json(const struct stats *stats, const struct stats *since, struct json *j)
{

	if (stats == NULL || (since != NULL && !comparable(stats, since))) {
		json_null(j, "stats");
		return;
	}
	json_object(j, "stats");
	json_object(j, "vm");
	source_json(
	    &stats->sources[0], since != NULL ? &since->sources[0] : NULL, j);
	json_object_end(j);
	json_array(j, "vcpus");
	for (size_t i = 0; i < stats->nvcpus; i++) {
		json_object(j, NULL);
		json_u64(j, "cpu", i);
		source_json(&stats->sources[i + 1],
		    since != NULL ? &since->sources[i + 1] : NULL, j);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}
