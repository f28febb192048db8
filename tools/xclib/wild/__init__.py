# SPDX-License-Identifier: ISC
"""Mistakes made by rule in the guest's source: does the suite see them?"""
