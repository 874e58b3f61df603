# SPDX-License-Identifier: Apache-2.0
"""負担割合判定通知書: the old and the new copay rate, from when, and why."""
