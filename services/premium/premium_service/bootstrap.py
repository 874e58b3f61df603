"""The only place where premium is put together."""

from pathlib import Path

from chassis.runtime import Service

from premium_service.api import acts, applications, assessments, income_care
from premium_service.domain.income_awaited import IncomeAwaited
from premium_service.handlers.routing import ROUTES
from premium_service.jobs.assess import Assess
from premium_service.jobs.check_incomes import CheckIncomes
from premium_service.jobs.following import check_incomes_each_morning

SERVICE = Service(
    name="premium",
    title="Koki premium (賦課)",
    root=Path(__file__).resolve().parent.parent,
    routers=(assessments.router, income_care.router, applications.router, acts.router),
    routes=ROUTES,
    processes=(IncomeAwaited(),),
    jobs=(Assess(), CheckIncomes()),
    background=(check_incomes_each_morning,),
)
