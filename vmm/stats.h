/* SPDX-License-Identifier: ISC */
/*
 * KVM's binary statistics of a VM and its vCPUs (KVM_GET_STATS_FD).
 */
#ifndef VMM_STATS_H
#define VMM_STATS_H

#include <stddef.h>

struct json;
struct stats;

/*
 * Read them all; the vCPUs need not be paused.  NULL if this KVM has none
 * (no KVM_CAP_BINARY_STATS_FD) or they cannot be read: statistics are an
 * extra and never change how a run ends.
 */
struct stats *stats_read(int vm_fd, const int *vcpu_fds, size_t nvcpus);
void stats_free(struct stats *stats);

/* The member "stats" of an object: null, or {"vm":{...},"vcpus":[...]}. */
void stats_json(const struct stats *stats, struct json *j);

#endif /* VMM_STATS_H */
