# SPDX-License-Identifier: Apache-2.0
"""帳票 of eligibility: one folder per document, `template.typ` and `build.py`."""
