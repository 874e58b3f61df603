"""The one place where the parts of eligibility are put together."""

from pathlib import Path

from chassis.runtime import Service

from eligibility_service.api import applications, approvals, arrears, certificate_deliveries, certificates, people
from eligibility_service.handlers.routing import ROUTES
from eligibility_service.jobs.acquire_on_birthday import AcquireOnBirthday
from eligibility_service.jobs.following import follow_arrears, follow_calendar, issue_after_acquisition, make_searchable
from eligibility_service.jobs.issue_cards import IssueCards
from eligibility_service.jobs.watch_deliveries import WatchDeliveries
from eligibility_service.seed import seed
from eligibility_service.store.arrears import PROCESS

SERVICE = Service(
    name="eligibility",
    title="Koki eligibility: 資格",
    root=Path(__file__).resolve().parent.parent,
    routers=(people.router, certificates.router, applications.router, certificate_deliveries.router, arrears.router, approvals.router),
    routes=ROUTES,
    processes=(PROCESS,),
    jobs=(AcquireOnBirthday(), IssueCards(), WatchDeliveries()),
    background=(make_searchable, issue_after_acquisition, follow_arrears, follow_calendar),
    seed=seed,
)
