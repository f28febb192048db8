/* SPDX-License-Identifier: ISC */
/*
 * What a report says of the host.
 */
#include <sys/utsname.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "event/hostinfo.h"

#define MODULES "/sys/module"
#define CPUS	"/sys/devices/system/cpu"

/* Parameters that change what is measured, per module. */
static const struct {
	const char *module;
	const char *name;
} telling[] = {
    {"kvm", "halt_poll_ns"},
    {"kvm", "enable_pmu"},
    {"kvm", "pi_inject_timer"},
    {"kvm_intel", "ept"},
    {"kvm_intel", "enable_apicv"},
    {"kvm_intel", "enable_ipiv"},
    {"kvm_intel", "preemption_timer"},
    {"kvm_amd", "npt"},
    {"kvm_amd", "avic"},
    {"kvm_pvm", "pvm_emul_batch"},
    {"kvm_pvm", "pvm_native"},
};

/* The beginning of a small file, without its last newline. */
static int
read_text(const char *path, char *text, size_t size)
{
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return (-1);
	text[n] = '\0';
	if (text[n - 1] == '\n')
		text[n - 1] = '\0';
	return (0);
}

/*
 * The module that drives /dev/kvm: of several that are loaded, the one that
 * is in use; built-in ones have no use count.
 */
static void
find_module(struct hostinfo *host)
{
	char path[320], users[16];
	struct dirent *entry;
	DIR *dir;

	strcpy(host->module, "unknown");
	dir = opendir(MODULES);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "kvm_", 4) != 0 ||
		    strlen(entry->d_name) >= sizeof(host->module))
			continue;
		snprintf(
		    path, sizeof(path), MODULES "/%s/refcnt", entry->d_name);
		if (read_text(path, users, sizeof(users)) == 0 &&
		    strcmp(users, "0") == 0 &&
		    strcmp(host->module, "unknown") != 0)
			continue;
		strcpy(host->module, entry->d_name);
	}
	closedir(dir);
}

static void
find_params(struct hostinfo *host)
{
	char path[320];

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]) &&
			   host->nparams < HOSTINFO_PARAMS_MAX;
	     i++) {
		struct hostinfo_param *p = &host->params[host->nparams];

		if (strcmp(telling[i].module, "kvm") != 0 &&
		    strcmp(telling[i].module, host->module) != 0)
			continue;
		snprintf(path, sizeof(path), MODULES "/%s/parameters/%s",
		    telling[i].module, telling[i].name);
		if (read_text(path, p->value, sizeof(p->value)) == -1)
			continue;
		snprintf(p->name, sizeof(p->name), "%s.%s", telling[i].module,
		    telling[i].name);
		host->nparams++;
	}
}

/* The first "model name", which comes within the first processor's lines. */
static void
find_cpu(struct hostinfo *host)
{
	static const char key[] = "\nmodel name\t: ";
	char text[2048], *at, *end;

	strcpy(host->cpu, "unknown");
	if (read_text("/proc/cpuinfo", text, sizeof(text)) == -1)
		return;
	at = strstr(text, key);
	if (at == NULL)
		return;
	at += sizeof(key) - 1;
	end = strchr(at, '\n');
	if (end != NULL)
		*end = '\0';
	snprintf(host->cpu, sizeof(host->cpu), "%.*s",
	    (int)sizeof(host->cpu) - 1, at);
}

/* What makes a CPU faster or slower from one moment to the next. */
static void
find_speed(struct hostinfo *host)
{
	char text[8];

	if (read_text(CPUS "/cpu0/cpufreq/scaling_governor", host->governor,
		sizeof(host->governor)) == -1)
		host->governor[0] = '\0';
	host->smt_known =
	    read_text(CPUS "/smt/active", text, sizeof(text)) == 0;
	host->smt = host->smt_known && text[0] == '1';
}

void
hostinfo_read(struct hostinfo *host)
{
	struct utsname name;
	long cpus;

	memset(host, 0, sizeof(*host));
	find_module(host);
	find_params(host);
	find_cpu(host);
	find_speed(host);
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	host->cpus = cpus > 0 ? (unsigned)cpus : 1;
	strcpy(host->kernel, "unknown");
	if (uname(&name) == 0)
		snprintf(host->kernel, sizeof(host->kernel), "%.*s",
		    (int)sizeof(host->kernel) - 1, name.release);
}
