/* SPDX-License-Identifier: ISC */
/* Error numbers, those the kernel's functions return. */
#ifndef SYS_ERRNO_H
#define SYS_ERRNO_H

#define ENOMEM	    12
#define EBUSY	    16
#define EINVAL	    22
#define EWOULDBLOCK 35

#endif /* SYS_ERRNO_H */
