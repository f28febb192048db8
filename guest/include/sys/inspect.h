/* SPDX-License-Identifier: ISC */
/*
 * What a debugger, above all the VMM, is told of where the kernel keeps its
 * things; see the inspection table of <xcvm/abi.h>.  Constants only.
 */
#ifndef SYS_INSPECT_H
#define SYS_INSPECT_H

#include <sys/cdefs.h>
#include <xcvm/abi.h>

/*
 * One record, at file scope: the kind without its XCVM_INSPECT_ and the
 * initialisers of its member of the union, as in
 *	INSPECT(VECTOR, vector, .name = "timer", .number = 0xe5, .source = 5);
 */
#define INSPECT(kind_, member_, ...) \
	INSPECT_RECORD(__COUNTER__, kind_, member_, __VA_ARGS__)
#define INSPECT_RECORD(n_, kind_, member_, ...) \
	INSPECT_NAMED(n_, kind_, member_, __VA_ARGS__)
#define INSPECT_NAMED(n_, kind_, member_, ...)                   \
	__section(XCVM_INSPECT_SECTION) __used __aligned(        \
	    8) static const struct xcvm_inspect inspect_##n_ = { \
	    .kind = XCVM_INSPECT_##kind_,                        \
	    .u.member_ = {__VA_ARGS__},                          \
	}

#endif /* SYS_INSPECT_H */
