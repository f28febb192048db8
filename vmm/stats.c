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

#include "json.h"
#include "kvm.h"
#include "stats.h"

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

/* Every value inside the data, every name a string; sets ndata. */
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

static bool
read_of(struct source *s, int kvm_fd)
{
	bool ok;
	int fd;

	fd = KVM_IOCTL_VALUE(kvm_fd, KVM_GET_STATS_FD, 0, NULL);
	if (fd == -1)
		return (false);
	ok = read_source(s, fd);
	close(fd);
	return (ok);
}

struct stats *
stats_read(int vm_fd, const int *vcpu_fds, size_t nvcpus)
{
	struct stats *stats = calloc(1, sizeof(*stats));
	bool ok;

	if (stats == NULL)
		return (NULL);
	stats->nvcpus = nvcpus;
	stats->sources = calloc(nvcpus + 1, sizeof(*stats->sources));
	ok = stats->sources != NULL && read_of(&stats->sources[0], vm_fd);
	for (size_t i = 0; ok && i < nvcpus; i++)
		ok = read_of(&stats->sources[i + 1], vcpu_fds[i]);
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

/* One member: a number, or an array of a histogram's buckets. */
static void
value_json(
    const struct source *s, const struct kvm_stats_desc *d, struct json *j)
{
	const uint64_t *value = &s->data[d->offset / sizeof(uint64_t)];
	size_t used = d->size;

	while (used > 0 && value[used - 1] == 0)
		used--;
	if (used == 0)
		return;
	if (d->size == 1) {
		json_u64(j, d->name, value[0]);
		return;
	}
	json_array(j, d->name);
	for (size_t i = 0; i < used; i++)
		json_u64(j, NULL, value[i]);
	json_array_end(j);
}

static void
source_json(const struct source *s, struct json *j)
{

	for (size_t i = 0; i < s->header.num_desc; i++)
		value_json(s, descriptor(s, i), j);
}

void
stats_json(const struct stats *stats, struct json *j)
{

	if (stats == NULL) {
		json_null(j, "stats");
		return;
	}
	json_object(j, "stats");
	json_object(j, "vm");
	source_json(&stats->sources[0], j);
	json_object_end(j);
	json_array(j, "vcpus");
	for (size_t i = 0; i < stats->nvcpus; i++) {
		json_object(j, NULL);
		json_u64(j, "cpu", i);
		source_json(&stats->sources[i + 1], j);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}
