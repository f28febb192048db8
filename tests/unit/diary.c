/* SPDX-License-Identifier: ISC */
/*
 * An agenda, and items that note that they ran: what the tests of agenda.h
 * share.
 */
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "diary.h"

struct agenda *agenda;
char ran[64];
size_t nran;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct agenda_item gate;
static bool gate_open, gate_reached;

void
diary_begin(void)
{
	struct failure why;

	memset(ran, 0, sizeof(ran));
	nran = 0;
	agenda = agenda_open(&why);
	CHECK(agenda != NULL);
}

void
diary_end(const char *expected, int line)
{
	agenda_close(agenda);
	if (!CHECK(strcmp(ran, expected) == 0))
		printf("line %d: '%s' ran\n", line, ran);
}

void
diary_note(struct agenda_item *item)
{
	struct entry *e = (struct entry *)item;

	pthread_mutex_lock(&lock);
	e->ran_at = clock_ns();
	if (nran < sizeof(ran) - 1)
		ran[nran++] = e->name;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	if (e->again > 0) {
		e->again--;
		agenda_set(agenda, item, e->ran_at);
	}
}

void
diary_tell(bool *condition)
{
	pthread_mutex_lock(&lock);
	*condition = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void
diary_wait(const bool *condition)
{
	pthread_mutex_lock(&lock);
	while (!*condition)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

void
diary_wait_ran(size_t n)
{
	pthread_mutex_lock(&lock);
	while (nran < n)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void
gate_run(struct agenda_item *item)
{
	(void)item;
	diary_tell(&gate_reached);
	diary_wait(&gate_open);
}

void
diary_stop(void)
{
	gate = (struct agenda_item){.run = gate_run};
	gate_open = gate_reached = false;
	agenda_set(agenda, &gate, 0);
	diary_wait(&gate_reached);
}

void
diary_go_on(void)
{
	diary_tell(&gate_open);
}

void
diary_wait_asleep(void)
{
	char path[64], line[128];
	struct dirent *task;
	bool asleep = false;

	while (!asleep) {
		DIR *dir = opendir("/proc/self/task");

		while (dir != NULL && (task = readdir(dir)) != NULL) {
			FILE *f;

			snprintf(path, sizeof(path),
			    "/proc/self/task/%.20s/stat", task->d_name);
			f = fopen(path, "r");
			if (f != NULL && fgets(line, sizeof(line), f) != NULL)
				asleep |= strstr(line, "(agenda) S") != NULL;
			if (f != NULL)
				fclose(f);
		}
		if (dir != NULL)
			closedir(dir);
		sched_yield();
	}
}
