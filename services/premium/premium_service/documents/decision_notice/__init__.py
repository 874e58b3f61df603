# SPDX-License-Identifier: Apache-2.0
"""保険料額決定通知書 with its 計算明細書: what was decided, and every step from the incomes to the yen."""

from premium_service.documents.decision_notice.build import DecisionNoticeData, DecisionStep, PremiumPart, build
from premium_service.documents.decision_notice.render import render_notice, render_notices

__all__ = ["DecisionNoticeData", "DecisionStep", "PremiumPart", "build", "render_notice", "render_notices"]
