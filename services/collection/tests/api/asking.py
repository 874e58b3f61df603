"""A client in the place of the gateway, for the tests of collection's HTTP face."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
from chassis.settings import Settings
from chassis.testing import TestDatabase
from chassis.tokens import Principal
from chassis.web import create_app, principal
from collection_service.bootstrap import SERVICE

from services.collection.tests.people import DAY


@asynccontextmanager
async def asking(
    database: TestDatabase, store: Path, municipalities: frozenset[str] | None, *, user: str = "clerk", today: date = DAY
) -> AsyncIterator[httpx.AsyncClient]:
    """A client for a clerk of these municipalities (None: all)."""
    settings = Settings(service="collection", database_url=database.url, business_date=today, object_store=str(store))
    app = create_app(SERVICE, settings, worker=False)
    app.dependency_overrides[principal] = lambda: Principal(user, frozenset({"window_clerk"}), municipalities)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://collection") as client:
        yield client
    await app.state.runtime.engine.dispose()
