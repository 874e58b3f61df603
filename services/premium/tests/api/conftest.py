"""The HTTP face of premium on a real database, with tokens signed as the gateway signs them."""

from __future__ import annotations

import io
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from chassis.database import driver
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, Databases
from chassis.tokens import Principal, Signer
from chassis.unit_of_work import Units
from chassis.web import create_app
from contracts.catalogue import model_of
from contracts.envelope import Message, decode, read
from joserfc.jwk import OKPKey
from premium_service.bootstrap import SERVICE
from pypdf import PdfReader

from services.premium.tests.facts import ROOT, apply


@dataclass(frozen=True)
class Window:
    """Terminals of several people at one service, and what the service has said."""

    units: Units
    client: httpx.AsyncClient
    signer: Signer

    def as_(self, *roles: str, of: frozenset[str] | None = None, user: str = "tester") -> dict[str, str]:
        """Headers of somebody with these roles, for the people of these municipalities (None: all)."""
        token = self.signer.sign(Principal(user, frozenset(roles), of, "terminal-1"), now=int(time.time()))
        return {"Authorization": f"Bearer {token}"}

    async def send(self, path: str, body: dict[str, Any], who: dict[str, str], *, key: str = "") -> httpx.Response:
        """A form; without a key of its own it is a new one."""
        return await self.client.post(path, headers={**who, "Idempotency-Key": key or str(uuid4())}, json=body)

    async def decide(self, approval_id: str, who: dict[str, str], *, approved: bool = True, remark: str = "") -> httpx.Response:
        """What a second officer presses."""
        return await self.client.post(f"/approvals/{approval_id}/decision", headers=who, json={"approved": approved, "remark": remark})

    async def pdf(self, path: str, who: dict[str, str]) -> str:
        """The text of a document without spaces."""
        answer = await self.client.get(path, headers=who)
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages))

    async def said(self, name: str) -> list[Message[Any]]:
        """The messages of a type in the outbox, in order."""
        async with self.units.open() as uow:
            rows = await (await driver(uow.connection)).fetch("SELECT body FROM outbox ORDER BY id")
        found = [item for row in rows for item in decode(row["body"]) if item["type"] == name]
        return [read(item, model_of(name)) for item in found]

    async def hear_itself(self) -> None:
        """Apply what the window has said of incomes, as the broker would hand it over."""
        for message in await self.said("premium.income_reviewed.v1"):
            await apply(self.units, message.event)


@pytest.fixture
async def window(databases: Databases, tmp_path: Path) -> AsyncIterator[Window]:
    """A service without workers on a fresh database."""
    key = OKPKey.generate_key("Ed25519")
    (tmp_path / "private.pem").write_bytes(key.as_pem(private=True))
    (tmp_path / "public.pem").write_bytes(key.as_pem(private=False))
    database = await databases("premium", ROOT)
    settings = Settings(
        service="premium",
        database_url=database.url,
        object_store=str(tmp_path / "objects"),
        token_public_key_file=tmp_path / "public.pem",
        business_date=SAMPLE_DAY,
    )
    app = create_app(SERVICE, settings, worker=False)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://premium")
    async with database.units(store=tmp_path / "objects") as units, client:
        yield Window(units, client, Signer(tmp_path / "private.pem"))
    await app.state.runtime.engine.dispose()
