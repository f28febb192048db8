# SPDX-License-Identifier: ISC
"""Campaigns of injected faults: what to run, how to judge it, and what to tell of it."""
