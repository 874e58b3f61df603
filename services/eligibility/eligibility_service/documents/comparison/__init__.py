# SPDX-License-Identifier: Apache-2.0
"""修正前後対照表: what a correction of the ledger has changed, for the file of the case."""
