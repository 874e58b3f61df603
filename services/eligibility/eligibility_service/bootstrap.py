"""The one place where the parts of eligibility are put together."""

from pathlib import Path

from chassis.runtime import Service

from eligibility_service.api import (
    approvals,
    certificates,
    corrections,
    ledger_documents,
    ledger_lists,
    lists,
    migration,
    notices,
    people,
)
from eligibility_service.handlers.routing import ROUTES
from eligibility_service.jobs.acquire_on_birthday import AcquireOnBirthday
from eligibility_service.jobs.check_ledger import CheckLedger
from eligibility_service.jobs.following import follow_calendar, issue_after_acquisition, make_searchable
from eligibility_service.jobs.issue_cards import IssueCards
from eligibility_service.jobs.make_list import MakeList
from eligibility_service.jobs.make_result_table import MakeResultTable
from eligibility_service.seed import seed

SERVICE = Service(
    name="eligibility",
    title="Koki eligibility: 資格",
    root=Path(__file__).resolve().parent.parent,
    routers=(
        people.router,
        certificates.router,
        approvals.router,
        notices.router,
        corrections.router,
        ledger_documents.router,
        ledger_lists.router,
        migration.router,
        lists.router,
    ),
    routes=ROUTES,
    jobs=(AcquireOnBirthday(), IssueCards(), CheckLedger(), MakeResultTable(), MakeList()),
    background=(make_searchable, issue_after_acquisition, follow_calendar),
    seed=seed,
)
