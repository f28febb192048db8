/* SPDX-License-Identifier: ISC */
/*
 * An interrupt on its way to one CPU, as APICs and fault plans speak of it.
 */
#ifndef VMM_BASE_IPI_H
#define VMM_BASE_IPI_H

#include <stdint.h>

#define IPI_NO_CPU UINT32_MAX
#define IPI_NMI	   256U /* an NMI where a vector stands */

struct ipi {
	uint32_t src;	 /* CPU that sent it; IPI_NO_CPU: none did */
	uint32_t dst;	 /* CPU */
	uint32_t vector; /* 16..255, or IPI_NMI */
};

#endif /* VMM_BASE_IPI_H */
