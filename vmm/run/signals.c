/* SPDX-License-Identifier: ISC */
/*
 * The signals a run answers, and the one place where it waits.
 */
#include <sys/eventfd.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/signals.h"
#include "vm/vcpu.h"

static void on_interrupt(int sig);
static void on_dump(int sig);
static void on_kick(int sig);

static struct {
	int number;
	void (*handler)(int);
	struct sigaction old;
} table[] = {
    {.number = SIGINT, .handler = on_interrupt},
    {.number = SIGTERM, .handler = on_interrupt},
    {.number = SIGHUP, .handler = on_interrupt},
    {.number = SIGQUIT, .handler = on_dump},
    {.number = VCPU_KICK_SIGNAL, .handler = on_kick},
};

#define NSIGNALS (sizeof(table) / sizeof(table[0]))

static struct event_sink *sink;
static int wake_fd = -1;
static atomic_int interrupt; /* the first one */
static atomic_bool dump;

static void
wake(void)
{
	const uint64_t one = 1;
	ssize_t n = write(wake_fd, &one, sizeof(one));

	(void)n;
}

static void
on_interrupt(int sig)
{
	int saved = errno, none = 0;

	atomic_compare_exchange_strong(&interrupt, &none, sig);
	event_abandon(sink);
	wake();
	errno = saved;
}

static void
on_dump(int sig)
{
	int saved = errno;

	(void)sig;
	atomic_store(&dump, true);
	wake();
	errno = saved;
}

/* There is nothing to do: the signal itself ends KVM_RUN with EINTR. */
static void
on_kick(int sig)
{
	(void)sig;
}

int
signals_take(struct event_sink *s, int *fd, struct failure *why)
{
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd == -1)
		return (
		    fail(why, VERDICT_CRASH, "eventfd: %s", strerror(errno)));
	*fd = wake_fd;
	sink = s;
	atomic_store(&interrupt, 0);
	atomic_store(&dump, false);
	for (size_t i = 0; i < NSIGNALS; i++) {
		struct sigaction action;

		sigaction(table[i].number, NULL, &table[i].old);
		/*
		 * A signal that is ignored from the start, as by nohup, stays
		 * so.
		 */
		if (table[i].handler == on_interrupt &&
		    table[i].old.sa_handler == SIG_IGN)
			continue;
		memset(&action, 0, sizeof(action));
		action.sa_handler = table[i].handler;
		sigfillset(&action.sa_mask);
		sigaction(table[i].number, &action, NULL);
	}
	return (0);
}

void
signals_give_back(void)
{
	for (size_t i = 0; i < NSIGNALS; i++)
		sigaction(table[i].number, &table[i].old, NULL);
	close(wake_fd);
	wake_fd = -1;
	sink = NULL;
}

int
signals_interrupt(void)
{
	return (atomic_load(&interrupt));
}

const char *
signals_name(int sig)
{
	switch (sig) {
	case SIGINT:
		return ("SIGINT");
	case SIGTERM:
		return ("SIGTERM");
	case SIGHUP:
		return ("SIGHUP");
	default:
		return ("a signal");
	}
}

enum wake
signals_wait(uint64_t deadline_us)
{
	struct pollfd fds[] = {
	    {.fd = wake_fd, .events = POLLIN},
	    {.fd = event_failure_fd(sink), .events = POLLIN},
	};

	for (;;) {
		uint64_t now = clock_us(), count;
		struct timespec left;
		int n;

		if (now >= deadline_us)
			return (WAKE_TIMEOUT);
		left.tv_sec = (time_t)((deadline_us - now) / 1000000);
		left.tv_nsec = (long)((deadline_us - now) % 1000000) * 1000;
		n = ppoll(fds, 2, &left, NULL);
		if (n == -1)
			continue; /* a signal, which has written to wake_fd */
		if (signals_interrupt() != 0)
			return (WAKE_INTERRUPT);
		if ((fds[1].revents & POLLIN) != 0)
			return (WAKE_EVENTS);
		if ((fds[0].revents & POLLIN) == 0)
			continue;
		if (read(wake_fd, &count, sizeof(count)) == -1)
			continue;
		if (atomic_exchange(&dump, false)) {
			/*
			 * `count` may include a write of the guest's: wake up
			 * once more.
			 */
			if (count > 1)
				wake();
			return (WAKE_DUMP);
		}
		return (WAKE_GUEST);
	}
}
