/* SPDX-License-Identifier: ISC */
/*
 * KVM's binary statistics of a VM and its vCPUs (KVM_GET_STATS_FD).
 */
#ifndef VMM_VM_STATS_H
#define VMM_VM_STATS_H

struct json;
struct stats;
struct stats_files;
struct vm;

/*
 * Open the files that statistics are read from, while no vCPU runs: KVM would
 * make the caller wait for one that does.  NULL if this KVM has none (no
 * KVM_CAP_BINARY_STATS_FD) or they cannot be had: statistics are an extra and
 * never change how a run ends.
 */
struct stats_files *stats_open(const struct vm *vm);
void stats_close(struct stats_files *files);

/*
 * Read all statistics, also while vCPUs run.  NULL if `files` is NULL or cannot
 * be read.
 */
struct stats *stats_sample(const struct stats_files *files);

void stats_free(struct stats *stats);

/*
 * The member "stats" of an object: null, or {"vm":{...},"vcpus":[...]}.  With
 * `since`, an earlier sample of the same files: the counters alone, each as
 * what it has grown by.
 */
void stats_json(
    const struct stats *stats, const struct stats *since, struct json *j);

#endif /* VMM_VM_STATS_H */
