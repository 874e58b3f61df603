# SPDX-License-Identifier: Apache-2.0
"""Imported before any test: the folder `contracts/` bears the name of the package inside it, and pytest would take the folder for it."""

import contracts

__all__ = ["contracts"]
