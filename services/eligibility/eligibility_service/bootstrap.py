"""The one place where the parts of eligibility are put together."""

from pathlib import Path

from chassis.runtime import Service

from eligibility_service.handlers.routing import ROUTES

SERVICE = Service(
    name="eligibility",
    title="Koki eligibility: 資格",
    root=Path(__file__).resolve().parent.parent,
    routes=ROUTES,
)
