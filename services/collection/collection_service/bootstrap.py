"""The only place where collection is put together."""

from pathlib import Path

from chassis.runtime import Service

from collection_service.api import acts, arrears, demands, instalments, limitations, notices, reminders
from collection_service.handlers.routing import ROUTES
from collection_service.jobs.issue_demands import IssueDemands
from collection_service.jobs.issue_notices import IssueNotices

SERVICE = Service(
    name="collection",
    title="Koki collection (徴収)",
    root=Path(__file__).resolve().parent.parent,
    routers=(
        acts.router,
        arrears.router,
        demands.router,
        instalments.router,
        limitations.router,
        notices.router,
        reminders.router,
    ),
    routes=ROUTES,
    jobs=(IssueNotices(), IssueDemands()),
)
