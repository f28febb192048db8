/* SPDX-License-Identifier: ISC */
/*
 * The version of xcvm, as --version and every `run` event tell it.
 */
#ifndef VMM_BASE_VERSION_H
#define VMM_BASE_VERSION_H

#define XCVM_VERSION "0.1"

#endif /* VMM_BASE_VERSION_H */
