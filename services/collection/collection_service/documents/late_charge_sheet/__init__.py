# SPDX-License-Identifier: Apache-2.0
"""延滞金計算書: how the late charge of each instalment came about, step by step."""

from collection_service.documents.late_charge_sheet.build import LateChargeSheet, SheetStep, build
from collection_service.documents.late_charge_sheet.render import render_sheets

__all__ = ["LateChargeSheet", "SheetStep", "build", "render_sheets"]
