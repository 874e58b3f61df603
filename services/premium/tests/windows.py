"""premium's own HTTP face for a test, asked by somebody with a role and municipalities."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, TestDatabase
from chassis.tokens import Principal, Signer
from chassis.web import create_app
from joserfc.jwk import OKPKey
from premium_service.bootstrap import SERVICE

CLERK = Principal("chiyoda", frozenset({"window_clerk"}), frozenset({"131016"}))
NEIGHBOUR = Principal("hachioji", frozenset({"window_clerk"}), frozenset({"132012"}))
UNION = Principal("union", frozenset({"union_staff"}), None)


@asynccontextmanager
async def window(database: TestDatabase, who: Principal, folder: Path, *, today: date = SAMPLE_DAY) -> AsyncIterator[httpx.AsyncClient]:
    """A client that asks as `who`."""
    key = OKPKey.generate_key("Ed25519")
    (folder / "private.pem").write_bytes(key.as_pem(private=True))
    (folder / "public.pem").write_bytes(key.as_pem(private=False))
    settings = Settings(
        service="premium",
        database_url=database.url,
        object_store=str(folder / "objects"),
        token_public_key_file=folder / "public.pem",
        business_date=today,
    )
    token = Signer(folder / "private.pem").sign(who, now=int(time.time()))
    app = create_app(SERVICE, settings, worker=False)
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://premium", headers=headers) as client:
        yield client
    await app.state.runtime.engine.dispose()
