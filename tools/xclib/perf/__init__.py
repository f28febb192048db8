# SPDX-License-Identifier: ISC
"""Measuring: running measurements, keeping their histograms, telling and comparing them."""
