# SPDX-License-Identifier: MIT
"""The formats of export, tried against the programs that will read them."""
