# SPDX-License-Identifier: ISC
"""What the tools and the tests share: running xcvm, reading what it tells, campaigns of faults."""
