# SPDX-License-Identifier: Apache-2.0
"""納入通知書: what is to be paid, by when and how."""

from collection_service.documents.payment_notice.build import Instalment, NoticeData, PaymentMethod, build
from collection_service.documents.payment_notice.render import render_notice, render_notices

__all__ = ["Instalment", "NoticeData", "PaymentMethod", "build", "render_notice", "render_notices"]
