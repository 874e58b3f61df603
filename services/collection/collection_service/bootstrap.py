"""The only place where collection is put together."""

from pathlib import Path

from chassis.runtime import Service

from collection_service.api import (
    acts,
    arrears,
    arrears_statistics,
    demands,
    enforcements,
    instalments,
    limitations,
    notices,
    promises,
    reminders,
)
from collection_service.handlers.routing import ROUTES
from collection_service.jobs.following import watch_arrears_each_day
from collection_service.jobs.issue_demands import IssueDemands
from collection_service.jobs.issue_notices import IssueNotices
from collection_service.jobs.watch_arrears import WatchArrears

SERVICE = Service(
    name="collection",
    title="Koki collection (徴収)",
    root=Path(__file__).resolve().parent.parent,
    routers=(
        acts.router,
        arrears.router,
        arrears_statistics.router,
        demands.router,
        enforcements.router,
        instalments.router,
        limitations.router,
        notices.router,
        promises.router,
        reminders.router,
    ),
    routes=ROUTES,
    jobs=(IssueNotices(), IssueDemands(), WatchArrears()),
    background=(watch_arrears_each_day,),
)
