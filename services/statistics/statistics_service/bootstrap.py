"""The only place where statistics is put together."""

from pathlib import Path

from chassis.runtime import Service

from statistics_service.api import insured_counts
from statistics_service.handlers.routing import ROUTES
from statistics_service.jobs.monthly_insured import MonthlyInsured

SERVICE = Service(
    name="statistics",
    title="Koki statistics (統計)",
    root=Path(__file__).resolve().parent.parent,
    routers=(insured_counts.router,),
    routes=ROUTES,
    jobs=(MonthlyInsured(),),
)
