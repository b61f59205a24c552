# SPDX-License-Identifier: MIT
"""What the end-to-end tests stand on: databases, certificates, networks, the tool itself, and the hunt for leaked secrets."""
