/* SPDX-License-Identifier: ISC */
/*
 * What a debugger, above all the VMM, is told of where the kernel keeps its
 * things; see the inspection table of <xcvm/abi.h>.  Constants only.
 */
#ifndef SYS_INSPECT_H
#define SYS_INSPECT_H

#include <stddef.h>

#include <sys/cdefs.h>
#include <sys/cpu.h>
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

/* A struct xcvm_place: a member of a structure, and one of each CPU's. */
#define INSPECT_MEMBER(type, member)                   \
	{                                              \
		.offset = offsetof(type, member),      \
		.size = sizeof(((type *)NULL)->member) \
	}
#define INSPECT_CPU(member)                                       \
	{                                                         \
		.base = &cpu_infos, .pointer = 1,                 \
		.offset = offsetof(struct cpu_info, member),      \
		.stride = sizeof(struct cpu_info),                \
		.size = sizeof(((struct cpu_info *)NULL)->member) \
	}

/* A field of <xcvm/abi.h> without its XCVM_, and its place. */
#define INSPECT_FIELD(field_, ...) INSPECT_FIELDS(field_, 1, __VA_ARGS__)
#define INSPECT_FIELDS(field_, count_, ...)                              \
	INSPECT(FIELD, field, .at = __VA_ARGS__, .field = XCVM_##field_, \
	    .count = (count_))

/* A number that has a name: XCVM_NAMED_* without that. */
#define INSPECT_NUMBER(what_, name_, number_)                            \
	INSPECT(NAME, name, .name = (name_), .what = XCVM_NAMED_##what_, \
	    .number = (number_))

/* All CPUs, by index. */
extern struct cpu_info *cpu_infos;

#endif /* SYS_INSPECT_H */
