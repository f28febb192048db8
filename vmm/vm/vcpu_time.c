/* SPDX-License-Identifier: ISC */
/*
 * How long the host has run the thread of a vCPU, and whether it is to.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "vm/vcpu.h"

/* The thread's state as /proc has it, or 0. */
static char
thread_state(int tid)
{
	char path[64], line[128], *name_end;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (file == NULL)
		return (0);
	n = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[n] = '\0';
	/* TID (NAME) STATE; the name is ours, and has no parenthesis. */
	name_end = strchr(line, ')');
	return (name_end != NULL && name_end[1] == ' ' ? name_end[2] : 0);
}

uint64_t
vcpu_host_time(const struct vcpu *vcpu)
{
	struct timespec time;
	clockid_t clock;

	if (atomic_load(&vcpu->tid) == 0 ||
	    pthread_getcpuclockid(vcpu->thread, &clock) != 0 ||
	    clock_gettime(clock, &time) == -1)
		return (UINT64_MAX);
	return ((uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec);
}

bool
vcpu_wants_host(const struct vcpu *vcpu)
{
	int tid = atomic_load(&vcpu->tid);

	return (tid != 0 && thread_state(tid) == 'R');
}
