# SPDX-License-Identifier: Apache-2.0
"""限度額適用認定証 and 限度額適用・標準負担額減額認定証."""
