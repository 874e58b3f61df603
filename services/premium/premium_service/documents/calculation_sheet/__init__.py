# SPDX-License-Identifier: Apache-2.0
"""計算明細書 of one person and fiscal year by itself: any decision, with the reason why it differs from the one before."""
