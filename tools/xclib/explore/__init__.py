# SPDX-License-Identifier: ISC
"""Orders of small cases on the model machine: docs/explore.md."""
