"""The one place where the parts of eligibility are put together."""

from pathlib import Path

from chassis.runtime import Service

from eligibility_service.api import (
    acts,
    applications,
    arrears,
    certificate_deliveries,
    certificates,
    copay_notices,
    copay_rates,
    corrections,
    deliveries,
    duplicates,
    exchange,
    ledger_documents,
    ledger_lists,
    lists,
    migration,
    notices,
    people,
    protections,
    residence_surveys,
)
from eligibility_service.handlers.routing import ROUTES
from eligibility_service.jobs.acquire_on_birthday import AcquireOnBirthday
from eligibility_service.jobs.check_ledger import CheckLedger
from eligibility_service.jobs.find_duplicates import FindDuplicates
from eligibility_service.jobs.following import (
    follow_arrears,
    follow_calendar,
    follow_exchange,
    issue_after_acquisition,
    look_for_incomes,
    make_searchable,
    raise_waits,
)
from eligibility_service.jobs.issue_cards import IssueCards
from eligibility_service.jobs.issue_copay_notices import IssueCopayNotices
from eligibility_service.jobs.judge_copay_rates import JudgeCopayRates
from eligibility_service.jobs.judge_on_birthday import JudgeOnBirthday
from eligibility_service.jobs.make_list import MakeList
from eligibility_service.jobs.make_result_table import MakeResultTable
from eligibility_service.jobs.send_eligibility_feed import SendEligibilityFeed
from eligibility_service.jobs.send_expected_insured import SendExpectedInsured
from eligibility_service.jobs.send_qualifications import SendQualifications
from eligibility_service.jobs.watch_deliveries import WatchDeliveries
from eligibility_service.seed import seed
from eligibility_service.store.arrears import PROCESS

SERVICE = Service(
    name="eligibility",
    title="Koki eligibility: 資格",
    root=Path(__file__).resolve().parent.parent,
    routers=(
        people.router,
        notices.router,
        corrections.router,
        ledger_documents.router,
        ledger_lists.router,
        lists.router,
        certificates.router,
        applications.router,
        certificate_deliveries.router,
        arrears.router,
        acts.router,
        deliveries.router,
        protections.router,
        residence_surveys.router,
        duplicates.router,
        copay_notices.router,
        copay_rates.router,
        exchange.router,
        migration.router,
    ),
    routes=ROUTES,
    processes=(PROCESS,),
    jobs=(
        AcquireOnBirthday(),
        CheckLedger(),
        JudgeCopayRates(),
        JudgeOnBirthday(),
        IssueCards(),
        IssueCopayNotices(),
        MakeList(),
        MakeResultTable(),
        FindDuplicates(),
        SendQualifications(),
        SendExpectedInsured(),
        SendEligibilityFeed(),
        WatchDeliveries(),
    ),
    background=(
        make_searchable,
        issue_after_acquisition,
        follow_arrears,
        follow_calendar,
        follow_exchange,
        raise_waits,
        look_for_incomes,
    ),
    seed=seed,
)
