"""A client of premium's HTTP face in the name of somebody, and the work of its jobs done at once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from chassis import jobs
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, TestDatabase
from chassis.tokens import Principal, Signer
from chassis.web import create_app
from joserfc.jwk import OKPKey
from premium_service.bootstrap import SERVICE

CLERK = Principal("chiyoda", frozenset({"window_clerk"}), frozenset({"131016"}))
NEIGHBOUR = Principal("hachioji", frozenset({"window_clerk"}), frozenset({"132012"}))
UNION = Principal("rengo", frozenset({"union_staff"}), None)


@asynccontextmanager
async def asking(database: TestDatabase, who: Principal, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process, asked with a token of `who`."""
    key = OKPKey.generate_key("Ed25519")
    (folder / "private.pem").write_bytes(key.as_pem(private=True))
    (folder / "public.pem").write_bytes(key.as_pem(private=False))
    settings = Settings(
        service="premium",
        database_url=database.url,
        object_store=str(folder / "objects"),
        token_public_key_file=folder / "public.pem",
        business_date=SAMPLE_DAY,
    )
    token = Signer(folder / "private.pem").sign(who, now=int(time.time()))
    app = create_app(SERVICE, settings, worker=False)
    transport = httpx.ASGITransport(app=app)
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "a key of a form"}
    async with httpx.AsyncClient(transport=transport, base_url="http://premium", headers=headers) as client:
        client.app = app  # type: ignore[attr-defined]
        yield client
    await app.state.runtime.engine.dispose()


async def work(client: httpx.AsyncClient) -> list[dict[str, object]]:
    """Do every approved run, as a worker would; the results."""
    runtime = client.app.state.runtime  # type: ignore[attr-defined]
    return [
        await jobs.execute(runtime.service.job(name), run_id, runtime.units) for run_id, name in await jobs.approved_runs(runtime.units)
    ]
