"""The only place where benefits is put together."""

from pathlib import Path

from chassis.runtime import Service

from benefits_service.api import insured
from benefits_service.handlers.routing import ROUTES

SERVICE = Service(
    name="benefits",
    title="Koki benefits (給付)",
    root=Path(__file__).resolve().parent.parent,
    routers=(insured.router,),
    routes=ROUTES,
)
