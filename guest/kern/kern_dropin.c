/* SPDX-License-Identifier: ISC */
/*
 * What an older implementation, put in place of ours, does not have.
 *
 * All weak: a file that does define them, as ours do, is what runs.  A case
 * that comes here ends as a skip that says what is missing.
 */
#define IPI_IMPLEMENTATION 2
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/ipi.h>
#include <sys/xcall.h>
#include <machine/hypercall.h>
#include <kern/md.h>

static void __dead
missing(const char *function)
{
	char why[80];

	snprintf(why, sizeof(why), "the implementation under test has no %s",
	    function);
	hypercall_done(XCVM_DONE_SKIP, why);
}

unsigned __weak
xc_encode_ipl(int ipl __unused)
{
	missing("xc_encode_ipl");
}

void __weak
xc_barrier(u_int flags __unused)
{
	missing("xc_barrier");
}

void __weak
ipi_trigger_multi(u_int id __unused, const kcpuset_t *target __unused)
{
	missing("ipi_trigger_multi");
}

void __weak
ipi_trigger_broadcast(u_int id __unused, bool skip_self __unused)
{
	missing("ipi_trigger_broadcast");
}

/* NetBSD 7's ipi_sysinit() did all of it. */
void __weak
ipi_percpu_init(void)
{
}

/* NetBSD 7's form, which always includes the caller's CPU. */
void ipi_broadcast_all(ipi_msg_t *) __weak;

void __weak
ipi_broadcast(ipi_msg_t *msg, bool skip_self)
{
	kcpuset_t others;

	if (!skip_self) {
		ipi_broadcast_all(msg);
		return;
	}
	kcpuset_copy(&others, kcpuset_running);
	kcpuset_clear(&others, cpu_number());
	ipi_multicast(msg, &others);
}
