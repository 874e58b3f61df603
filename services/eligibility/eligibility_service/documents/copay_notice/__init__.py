# SPDX-License-Identifier: Apache-2.0
"""負担割合判定通知書: the old and the new copay rate, from when, and why."""

from eligibility_service.documents.copay_notice.build import CopayNoticeData, build
from eligibility_service.documents.copay_notice.render import render_notice
from eligibility_service.documents.copay_notice.words import TITLE, why

__all__ = ["TITLE", "CopayNoticeData", "build", "render_notice", "why"]
