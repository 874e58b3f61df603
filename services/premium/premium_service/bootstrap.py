"""The only place where premium is put together."""

from pathlib import Path

from chassis.runtime import Service

from premium_service.api import (
    acts,
    applications,
    assessments,
    changes,
    comparisons,
    income_care,
    ledgers,
    notices,
    rate_areas,
    runs,
    trials,
)
from premium_service.domain.income_awaited import IncomeAwaited
from premium_service.handlers.routing import ROUTES
from premium_service.jobs.assess import Assess
from premium_service.jobs.assess_provisionally import AssessProvisionally
from premium_service.jobs.check_incomes import CheckIncomes
from premium_service.jobs.compare import Compare
from premium_service.jobs.compare_versions import CompareVersions
from premium_service.jobs.following import check_incomes_each_morning
from premium_service.jobs.issue_decision_notices import IssueDecisionNotices
from premium_service.jobs.make_ledger import MakeLedger
from premium_service.jobs.population import FreezePopulation

SERVICE = Service(
    name="premium",
    title="Koki premium (賦課)",
    root=Path(__file__).resolve().parent.parent,
    routers=(
        acts.router,
        applications.router,
        assessments.router,
        changes.router,
        comparisons.router,
        income_care.router,
        ledgers.router,
        notices.router,
        rate_areas.router,
        runs.router,
        trials.router,
    ),
    routes=ROUTES,
    processes=(IncomeAwaited(),),
    jobs=(
        Assess(),
        AssessProvisionally(),
        CheckIncomes(),
        CompareVersions(),
        IssueDecisionNotices(),
        MakeLedger(),
        FreezePopulation(),
        Compare(),
    ),
    background=(check_incomes_each_morning,),
)
