"""The only place where collection is put together."""

from pathlib import Path

from chassis.runtime import Service

from collection_service.api import (
    acts,
    arrears,
    arrears_statistics,
    arrivals,
    collection_methods,
    debits,
    demands,
    enforcements,
    exchange,
    instalments,
    limitations,
    mandates,
    notices,
    payments,
    promises,
    receipt_exceptions,
    receipts,
    refund_cases,
    refund_lists,
    refund_payees,
    refund_payments,
    reminders,
    slips,
)
from collection_service.handlers.routing import ROUTES
from collection_service.jobs.carry_over_mandates import CarryOverMandates
from collection_service.jobs.decide_methods import DecideMethods
from collection_service.jobs.following import watch_arrears_each_day
from collection_service.jobs.issue_demands import IssueDemands
from collection_service.jobs.issue_notices import IssueNotices
from collection_service.jobs.issue_slips import IssueSlips
from collection_service.jobs.load_bank_branches import LoadBankBranches
from collection_service.jobs.make_changes import MakeChanges
from collection_service.jobs.make_debit_file import MakeDebitFile
from collection_service.jobs.make_requests import MakeRequests
from collection_service.jobs.pay_refunds import PayRefunds
from collection_service.jobs.take_candidates import TakeCandidates
from collection_service.jobs.take_care import TakeCare
from collection_service.jobs.take_convenience_payments import TakeConveniencePayments
from collection_service.jobs.take_debit_results import TakeDebitResults
from collection_service.jobs.take_payments import TakePayments
from collection_service.jobs.take_results import CloseRequests, TakeResults
from collection_service.jobs.watch_arrears import WatchArrears

SERVICE = Service(
    name="collection",
    title="Koki collection (徴収)",
    root=Path(__file__).resolve().parent.parent,
    routers=(
        acts.router,
        arrears.router,
        arrears_statistics.router,
        arrivals.router,
        collection_methods.router,
        debits.router,
        demands.router,
        enforcements.router,
        exchange.router,
        instalments.router,
        limitations.router,
        mandates.router,
        notices.router,
        payments.router,
        promises.router,
        receipt_exceptions.router,
        receipts.router,
        refund_cases.router,
        refund_lists.router,
        refund_payees.router,
        refund_payments.router,
        reminders.router,
        slips.router,
    ),
    routes=ROUTES,
    jobs=(
        CarryOverMandates(),
        DecideMethods(),
        IssueDemands(),
        IssueNotices(),
        IssueSlips(),
        LoadBankBranches(),
        MakeChanges(),
        MakeDebitFile(),
        MakeRequests(),
        PayRefunds(),
        TakeCandidates(),
        TakeCare(),
        TakeConveniencePayments(),
        TakeDebitResults(),
        TakePayments(),
        TakeResults(),
        CloseRequests(),
        WatchArrears(),
    ),
    background=(watch_arrears_each_day,),
)
