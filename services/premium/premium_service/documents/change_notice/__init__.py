# SPDX-License-Identifier: Apache-2.0
"""保険料額変更決定通知書: the amount before and after, every reason, and the events that led from one to the other."""

from premium_service.documents.change_notice.build import ChangeNoticeData, build
from premium_service.documents.change_notice.render import render_notice, render_notices

__all__ = ["ChangeNoticeData", "build", "render_notice", "render_notices"]
