"""The only place where collection is put together."""

from pathlib import Path

from chassis.runtime import Service

from collection_service.api import acts, collection_methods, exchange, instalments, notices, payments, receipt_exceptions, receipts
from collection_service.handlers.routing import ROUTES
from collection_service.jobs.decide_methods import DecideMethods
from collection_service.jobs.issue_notices import IssueNotices
from collection_service.jobs.make_changes import MakeChanges
from collection_service.jobs.make_requests import MakeRequests
from collection_service.jobs.take_candidates import TakeCandidates
from collection_service.jobs.take_care import TakeCare
from collection_service.jobs.take_payments import TakePayments
from collection_service.jobs.take_results import CloseRequests, TakeResults
from collection_service.api import acts, arrivals, debits, instalments, mandates, notices, slips
from collection_service.handlers.routing import ROUTES
from collection_service.jobs.carry_over_mandates import CarryOverMandates
from collection_service.jobs.issue_notices import IssueNotices
from collection_service.jobs.issue_slips import IssueSlips
from collection_service.jobs.load_bank_branches import LoadBankBranches
from collection_service.jobs.make_debit_file import MakeDebitFile
from collection_service.jobs.take_convenience_payments import TakeConveniencePayments
from collection_service.jobs.take_debit_results import TakeDebitResults
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
        collection_methods.router,
        exchange.router,
        instalments.router,
        notices.router,
        payments.router,
        receipt_exceptions.router,
        receipts.router,
    ),
    routes=ROUTES,
    jobs=(
        DecideMethods(),
        IssueNotices(),
        TakeCandidates(),
        TakeCare(),
        MakeRequests(),
        TakeResults(),
        CloseRequests(),
        MakeChanges(),
        TakePayments(),
    routers=(acts.router, arrivals.router, debits.router, instalments.router, mandates.router, notices.router, slips.router),
    routes=ROUTES,
    jobs=(
        CarryOverMandates(),
        IssueNotices(),
        IssueSlips(),
        LoadBankBranches(),
        MakeDebitFile(),
        TakeConveniencePayments(),
        TakeDebitResults(),
    ),
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
