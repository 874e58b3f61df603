"""The only place where collection is put together."""

from pathlib import Path

from chassis.runtime import Service

from collection_service.api import instalments
from collection_service.handlers.routing import ROUTES

SERVICE = Service(
    name="collection",
    title="Koki collection (徴収)",
    root=Path(__file__).resolve().parent.parent,
    routers=(instalments.router,),
    routes=ROUTES,
)
