/* SPDX-License-Identifier: ISC */
/* Conversions of printf(9) for the integer types of fixed size. */
#ifndef SYS_INTTYPES_H
#define SYS_INTTYPES_H

#include <sys/types.h>

#define PRId32	"d"
#define PRIi32	"i"
#define PRIu32	"u"
#define PRIx32	"x"
#define PRId64	"ld"
#define PRIi64	"li"
#define PRIu64	"lu"
#define PRIx64	"lx"
#define PRIuPTR "lu"
#define PRIxPTR "lx"

#endif /* SYS_INTTYPES_H */
