"""A small service with an HTTP face, for the tests: it notes what somebody asks for, once for each key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import httpx
from chassis.clock import Clock
from chassis.database import driver
from chassis.jobs import Job
from chassis.problems import Problem
from chassis.routing import Routes
from chassis.runtime import Runtime, Service
from chassis.settings import Settings
from chassis.testing import Databases, eventually
from chassis.tokens import Principal, Signer
from chassis.web import Asking, create_app, once, runtime_of
from fastapi import APIRouter, Header, Request

from services.chassis.tests.http.test_tokens import key_files

ROOT = Path("services/collection")


def _router() -> APIRouter:
    router = APIRouter()

    @router.get("/me")
    async def me(who: Asking) -> dict[str, Any]:
        return {"user": who.user, "everywhere": who.municipalities is None}

    @router.get("/number/{number}")
    async def number(number: int, who: Asking) -> int:
        return number

    @router.get("/refused")
    async def refused(who: Asking) -> None:
        raise Problem(409, "KOKI-X001", "できません。", "先に取り消してください。", subject="131016:1")

    @router.get("/surprise")
    async def surprise(who: Asking) -> None:
        raise RuntimeError("佐藤 花子 cannot be read")

    @router.post("/notes")
    async def note(body: dict[str, Any], request: Request, who: Asking, idempotency_key: Annotated[str, Header()]) -> dict[str, Any]:
        async with runtime_of(request).units.open() as uow:

            async def act() -> dict[str, Any]:
                query = "INSERT INTO note (text) VALUES ($1) RETURNING number"
                number = await (await driver(uow.connection)).fetchval(query, body["text"])
                if body.get("fails"):
                    raise Problem(422, "KOKI-X002", "書けません。")
                await asyncio.sleep(body.get("seconds", 0))
                return {"number": number}

            return await once(uow, who, idempotency_key, await request.body(), act)

    return router


@dataclass
class Web:
    """The service behind HTTP, and whoever asks."""

    client: httpx.AsyncClient
    runtime: Runtime
    signer: Signer
    owner_url: str
    _headers: dict[str, str] = field(default_factory=dict)

    def token(self, user: str = "clerk", *, roles: Sequence[str] = (), municipalities: frozenset[str] | None = None) -> dict[str, str]:
        """The Authorization header of somebody."""
        now = int(Clock().now().timestamp())
        return {"Authorization": f"Bearer {self.signer.sign(Principal(user, frozenset(roles), municipalities), now=now)}"}

    async def notes(self) -> list[str]:
        owner = await asyncpg.connect(self.owner_url)
        try:
            return [row["text"] for row in await owner.fetch("SELECT text FROM note ORDER BY number")]
        finally:
            await owner.close()


@asynccontextmanager
async def a_web(
    databases: Databases, folder: Path, *, broker: str = "", jobs: Sequence[Job] = (), routes: Routes | None = None
) -> AsyncIterator[Web]:
    """The application in this process; with a `broker`, its relay, consumer and job worker run too."""
    database = await databases("collection", ROOT)
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("CREATE TABLE note (number bigserial PRIMARY KEY, text text); CREATE TABLE counted (number int PRIMARY KEY)")
    await owner.close()
    private, public = key_files(folder)
    settings = Settings(
        service="collection",
        database_url=database.url,
        broker_url=broker,
        token_public_key_file=public,
        object_store=str(folder / "objects"),
    )
    service = Service(name="collection", title="test", root=ROOT, routers=(_router(),), jobs=jobs, routes=routes)
    app = create_app(service, settings, worker=bool(broker))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://koki.example") as client:
        web = Web(client, app.state.runtime, Signer(private), database.owner_url)
        if not broker:
            yield web
            await web.runtime.engine.dispose()
            return
        async with app.router.lifespan_context(app):
            await eventually(lambda: web.runtime.relay.connected)
            yield web
