# SPDX-License-Identifier: ISC
"""What the tests of the VMM share."""
