# SPDX-License-Identifier: Apache-2.0
"""資格情報のお知らせ."""
