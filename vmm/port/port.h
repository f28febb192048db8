/* SPDX-License-Identifier: ISC */
/*
 * The hypercall port of a VM: requests of the guest, of which nothing is
 * believed, become events and endings.
 */
#ifndef VMM_PORT_PORT_H
#define VMM_PORT_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "event/sink.h"
#include "vm/vm.h"

struct port;

/*
 * Open the port of a VM that has its vCPUs and has not started; what the guest
 * tells goes to `sink`.  NULL with `why` filled.  port_close() comes after
 * vm_stop(), and takes NULL.
 */
struct port *port_open(
    struct vm *vm, struct event_sink *sink, struct failure *why);
void port_close(struct port *port);

/*
 * For vm_hooks.request(): deal with the struct xcvm_req at `gpa`.  A request
 * that cannot be accepted ends the run as a crash.  True if the vCPU is to go
 * on.
 */
bool port_request(struct port *port, struct vcpu *vcpu, uint32_t gpa);

/*
 * Failed checks that the guest has reported.  The caller holds vm->report_lock,
 * or the VM is paused.
 */
uint64_t port_failed_checks(const struct port *port);

#endif /* VMM_PORT_PORT_H */
