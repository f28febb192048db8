# SPDX-License-Identifier: ISC
"""pytest plugin: the cases of an xcvm image as test items, one per case and vCPU count."""
