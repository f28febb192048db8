/* SPDX-License-Identifier: ISC */
/*
 * Unit tests: a lock knows who has it, and an assertion that fails ends the
 * program with what was not so.
 */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"
#include "unit.h"
#include "vm/vcpu.h"
#include "vm/vm.h"

/* Run it in a child; what that says on standard error, and how it ended. */
static int
child(void (*run)(void), char *said, size_t size)
{
	int fds[2], status = -1;
	ssize_t n;
	pid_t pid;

	said[0] = '\0';
	if (!CHECK(pipe(fds) == 0))
		return (-1);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		run();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], said, size - 1)) > 0) {
		said[n] = '\0';
		said += n;
		size -= (size_t)n;
	}
	close(fds[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	return (status);
}

static void
aborts(void (*run)(void), const char *what)
{
	char said[512];
	int status = child(run, said, sizeof(said));

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CHECK_HAS(said, "not so: ");
	CHECK_HAS(said, what);
}

static struct lock lock;

LOCK_OBSCURE static void
drop_untaken(void)
{
	lock_init(&lock);
	lock_drop(&lock);
}

LOCK_OBSCURE static void
take_twice(void)
{
	lock_init(&lock);
	lock_take(&lock);
	lock_take(&lock);
}

static void *
other_thread(void *arg)
{
	(void)arg;
	lock_held(&lock);
	return (NULL);
}

/* That somebody has it is not enough. */
static void
held_by_another(void)
{
	pthread_t thread;

	lock_init(&lock);
	lock_take(&lock);
	if (pthread_create(&thread, NULL, other_thread, NULL) == 0)
		pthread_join(thread, NULL);
	lock_drop(&lock);
}

LOCK_OBSCURE static void
end_without_report_lock(void)
{
	static const struct ending ending = {.kind = ENDING_DONE};
	struct vm vm;

	memset(&vm, 0, sizeof(vm));
	lock_init(&vm.report_lock);
	vm_end(&vm, &ending);
}

static void
release_without_hold(void)
{
	struct vcpu vcpu;
	struct vm vm;

	memset(&vm, 0, sizeof(vm));
	memset(&vcpu, 0, sizeof(vcpu));
	lock_init(&vm.lock);
	vm.vcpus = &vcpu;
	vm.nvcpus = 1;
	vm_release(&vm, 0);
}

static void
what_is_wrong_aborts(void)
{
	aborts(drop_untaken, "base/lock.c:");
	aborts(take_twice, "base/lock.c:");
	aborts(held_by_another, "lock_held: not so");
	aborts(end_without_report_lock, "lock_held: not so");
	aborts(release_without_hold, "vm_release: not so: vcpu->holds > 0");
}

static void
as_it_is_meant(void)
{
	struct timespec past = {0, 0};
	pthread_cond_t cond;

	lock_init(&lock);
	pthread_cond_init(&cond, NULL);
	lock_not_held(&lock);
	lock_take(&lock);
	lock_held(&lock);
	CHECK(lock_wait_until(&lock, &cond, &past) == ETIMEDOUT);
	lock_held(&lock);
	lock_drop(&lock);
	lock_not_held(&lock);
	pthread_cond_destroy(&cond);
	lock_destroy(&lock);
}

UNIT_MAIN(TEST(what_is_wrong_aborts), TEST(as_it_is_meant))
