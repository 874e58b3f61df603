# SPDX-License-Identifier: Apache-2.0
"""還付・充当の通知書, and on the same sheet the claim (還付請求書) of whoever is paid."""

from collection_service.documents.refund_notice.build import RefundNotice, build
from collection_service.documents.refund_notice.render import render_notice

__all__ = ["RefundNotice", "build", "render_notice"]
