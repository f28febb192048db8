# SPDX-License-Identifier: ISC
"""Cases that hold the kernel against a model: a round that fails, made small."""
