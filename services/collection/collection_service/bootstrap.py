"""The only place where collection is put together."""

from pathlib import Path

from chassis.runtime import Service

from collection_service.api import (
    acts,
    instalments,
    notices,
    payments,
    receipt_exceptions,
    receipts,
    refund_cases,
    refund_lists,
    refund_payees,
    refund_payments,
)
from collection_service.handlers.routing import ROUTES
from collection_service.jobs.issue_notices import IssueNotices
from collection_service.jobs.pay_refunds import PayRefunds

SERVICE = Service(
    name="collection",
    title="Koki collection (徴収)",
    root=Path(__file__).resolve().parent.parent,
    routers=(
        acts.router,
        instalments.router,
        notices.router,
        payments.router,
        receipt_exceptions.router,
        receipts.router,
        refund_cases.router,
        refund_lists.router,
        refund_payees.router,
        refund_payments.router,
    ),
    routes=ROUTES,
    jobs=(IssueNotices(), PayRefunds()),
)
