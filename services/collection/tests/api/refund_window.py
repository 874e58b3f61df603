"""Clerks at the windows of collection, for the tests of refunds: each act is asked by one and decided by another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from chassis.settings import Settings
from chassis.testing import TestDatabase
from chassis.tokens import Principal
from chassis.unit_of_work import Units
from chassis.web import create_app, principal
from collection_service.bootstrap import SERVICE
from fastapi import FastAPI

from services.collection.tests.people import CHIYODA, DAY

OFFICERS = frozenset({"window_clerk"})


@dataclass(frozen=True)
class Window:
    """The service on one day, with a client in the place of the gateway."""

    app: FastAPI
    client: httpx.AsyncClient
    units: Units

    def sits(self, user: str, *municipalities: str) -> None:
        """Whoever asks from now on: a clerk of these municipalities (none named: of all)."""
        who = Principal(user, OFFICERS, frozenset(municipalities) or None)
        self.app.dependency_overrides[principal] = lambda: who

    async def get(self, path: str) -> Any:
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.client.post(path, headers={"Idempotency-Key": str(uuid4())}, json=body)

    async def approved(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask as one officer, approve as another; what came of it."""
        self.sits("asker")
        asked = await self.send(path, body)
        assert asked.status_code == 201, asked.text
        self.sits("second")
        decided = await self.client.post(f"/approvals/{asked.json()['approval_id']}/decision", json={"approved": True})
        assert decided.status_code == 200, decided.text
        return {**decided.json()["outcome"], "shown": asked.json()["shown"]}

    async def case_of(self, person: int) -> dict[str, Any]:
        """The newest case of a person."""
        found: dict[str, Any] = (await self.get(f"/people/{CHIYODA}/{person}/refund-cases"))[0]
        return found


@asynccontextmanager
async def window(database: TestDatabase, store: Path, *, today: date = DAY) -> AsyncIterator[Window]:
    """The windows on a day."""
    settings = Settings(service="collection", database_url=database.url, business_date=today, object_store=str(store))
    app = create_app(SERVICE, settings, worker=False)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://collection")
    async with database.units(today=today, store=store) as units, client:
        made = Window(app, client, units)
        made.sits("clerk")
        yield made
    await app.state.runtime.engine.dispose()
