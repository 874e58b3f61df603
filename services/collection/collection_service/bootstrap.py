"""The only place where collection is put together."""

from pathlib import Path

from chassis.runtime import Service

from collection_service.api import instalments, notices
from collection_service.handlers.routing import ROUTES
from collection_service.jobs.decide_methods import DecideMethods
from collection_service.jobs.issue_notices import IssueNotices

SERVICE = Service(
    name="collection",
    title="Koki collection (徴収)",
    root=Path(__file__).resolve().parent.parent,
    routers=(instalments.router, notices.router),
    routes=ROUTES,
    jobs=(DecideMethods(), IssueNotices()),
)
