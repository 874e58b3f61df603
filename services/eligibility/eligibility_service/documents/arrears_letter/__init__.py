# SPDX-License-Identifier: Apache-2.0
"""滞納による措置の通知: each step that the law asks for, as a letter."""
