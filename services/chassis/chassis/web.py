"""The HTTP face of a service: health, sign of the gateway, idempotent commands, and the operator's view of its queues and jobs."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import obstore
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from chassis import dead_letters, jobs, problems
from chassis.http_spans import HttpSpans
from chassis.problems import NOT_ALLOWED, NOT_FOUND, NOT_SIGNED_IN, Problem
from chassis.runtime import Runtime, Service
from chassis.settings import Settings
from chassis.tables import answered_request, loaded_batch
from chassis.tokens import NotAuthentic, Principal
from chassis.unit_of_work import UnitOfWork

OPERATOR = "operator"
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


def create_app(service: Service, settings: Settings, *, worker: bool) -> FastAPI:
    """The application of one process; background work starts and stops with it."""
    runtime = Runtime(service, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runtime.start(worker=worker)
        yield
        await runtime.stop()

    # FastAPI's own telemetry would write whole addresses, and with them what somebody searched for, into the spans.
    app = FastAPI(title=service.title, version="1", lifespan=lifespan, openapi_url=None, telemetry=_NO_TELEMETRY)
    built = app.build_middleware_stack
    app.build_middleware_stack = lambda: HttpSpans(built())  # type: ignore[method-assign]  # outside of the answers to surprises
    app.state.runtime = runtime
    problems.install(app)
    app.include_router(_health)
    app.include_router(operations)
    for router in service.routers:
        app.include_router(router)
    return app


def runtime_of(request: Request) -> Runtime:
    """The runtime behind a request."""
    found = request.app.state.runtime
    assert isinstance(found, Runtime)
    return found


async def stored_file(
    runtime: Runtime, key: str, sha256: str, *, media_type: str = "application/pdf", cut: Callable[[bytes], bytes] | None = None
) -> Response:
    """A document of the object store, byte for byte as it was kept, with its SHA-256; `cut` takes the part that is meant out of it."""
    content = bytes(await (await obstore.get_async(runtime.store, key)).bytes_async())
    if cut is not None:
        content = await asyncio.to_thread(cut, content)
    return Response(content, media_type=media_type, headers={"X-Document-SHA256": sha256, "Cache-Control": "no-store"})


async def principal(request: Request) -> Principal:
    """Who asks, by the gateway's signed token."""
    authorization = request.headers.get("authorization", "")
    verifier = runtime_of(request).verifier
    if verifier is None or not authorization.startswith("Bearer "):
        raise Problem(401, *NOT_SIGNED_IN)
    try:
        return verifier.principal(authorization.removeprefix("Bearer "), now=int(time.time()))
    except NotAuthentic as error:
        raise Problem(401, *NOT_SIGNED_IN, detail=str(error)) from error


Asking = Annotated[Principal, Depends(principal)]


def role(*names: str) -> Callable[..., Awaitable[Principal]]:
    """A dependency: the principal, who must hold one of the roles."""

    async def check(who: Asking) -> Principal:
        if not who.roles & set(names):
            raise Problem(403, *NOT_ALLOWED)
        return who

    return check


async def once(
    uow: UnitOfWork, who: Principal, key: str, request_body: bytes, act: Callable[[], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """Carry out a command once for an Idempotency-Key; the second time its first answer is given again.

    The answer is stored in the transaction of the command. The same key with another request is refused.
    """
    digest = hashlib.sha256(request_body).hexdigest()
    t = answered_request
    claim = insert(t).values(who=who.user, key=key, request_sha256=digest, status=0, body={}).on_conflict_do_nothing().returning(t.c.key)
    if (await uow.connection.execute(claim)).one_or_none() is None:
        row = (await uow.connection.execute(select(t).where(t.c.who == who.user, t.c.key == key))).one()
        if row.request_sha256 != digest:
            raise Problem(422, "KOKI-409", "同じ処理番号で、内容の違う依頼が送られました。", "画面を開き直して、もう一度行ってください。")
        return dict(row.body)
    answer = await act()
    await uow.connection.execute(t.update().where(t.c.who == who.user, t.c.key == key).values(status=200, body=answer))
    return answer


_health = APIRouter()


@_health.get("/health")
async def health(request: Request) -> JSONResponse:
    """200 when database, relay and consumers work, else 503 with what does not."""
    found = await runtime_of(request).health()
    return JSONResponse(found, status_code=200 if all(found.values()) else 503)


operations = APIRouter(prefix="/operations", tags=["operations"])
Operator = Annotated[Principal, Depends(role(OPERATOR))]


class Reason(BaseModel):
    """Why a dead letter is given up."""

    reason: str


@operations.get("/summary")
async def summary(request: Request, who: Operator) -> dict[str, Any]:
    """Age and size of the outbox, open dead letters, parked messages, the latest job runs, batches said and loaded."""
    async with runtime_of(request).units.open() as uow:
        row = (await uow.connection.execute(text(_SUMMARY))).mappings().one()
        batches = (await uow.connection.execute(select(loaded_batch).order_by(loaded_batch.c.loaded_at.desc()).limit(100))).mappings()
        found = [_plain(dict(batch)) for batch in batches]
        said = [_plain(dict(batch)) for batch in (await uow.connection.execute(text(_SAID_BATCHES))).mappings()]
        return {**row, "jobs": [_plain(run) for run in await jobs.runs(uow, limit=20)], "loaded_batches": found, "said_batches": said}


_SAID_BATCHES = """
SELECT routing_key AS type, d->>'batch_id' AS batch_id, (d->'seal'->>'rows')::bigint AS rows, d->'seal'->'totals' AS totals, created_at
FROM (SELECT routing_key, created_at, id, convert_from(body, 'UTF8')::jsonb->'data' AS d FROM outbox
      WHERE routing_key LIKE '%batch_sealed.v1' ORDER BY id DESC LIMIT 100) AS said
"""
_SUMMARY = """
SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS outbox,
       (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float
          FROM outbox WHERE published_at IS NULL) AS outbox_age_seconds,
       (SELECT count(*) FROM dead_letter WHERE state = 'open') AS dead_letters,
       (SELECT count(*) FROM parked_message) AS parked
"""


@operations.get("/dead-letters")
async def list_dead_letters(request: Request, who: Operator, state: str = "open") -> list[dict[str, Any]]:
    async with runtime_of(request).units.open() as uow:
        return [_plain(row) for row in await dead_letters.listing(uow, state=state)]


@operations.post("/dead-letters/{identifier}/replay")
async def replay_dead_letter(identifier: UUID, request: Request, who: Operator) -> dict[str, str]:
    async with runtime_of(request).units.open() as uow:
        try:
            await dead_letters.replay(uow, identifier, by=who.user)
        except dead_letters.NotOpen as error:
            raise Problem(404, *NOT_FOUND, detail="すでに処理されたか、存在しません。") from error
    return {"state": "replayed"}


@operations.post("/dead-letters/{identifier}/abandon")
async def abandon_dead_letter(identifier: UUID, body: Reason, request: Request, who: Operator) -> dict[str, str]:
    async with runtime_of(request).units.open() as uow:
        try:
            await dead_letters.abandon(uow, identifier, by=who.user, reason=body.reason)
        except ValueError as error:
            raise Problem(422, "KOKI-411", "破棄するには理由が必要です。") from error
        except dead_letters.NotOpen as error:
            raise Problem(404, *NOT_FOUND, detail="すでに処理されたか、存在しません。") from error
    return {"state": "abandoned"}


@operations.post("/jobs/{name}", status_code=201)
async def prepare_job(name: str, parameters: dict[str, str], request: Request, who: Operator) -> dict[str, Any]:
    """Plan a run and show its preview; nothing is executed before it is approved."""
    runtime = runtime_of(request)
    job = runtime.service.job(name)
    if job is None:
        raise Problem(404, *NOT_FOUND, detail=f"処理「{name}」はこのサービスにありません。")
    run_id = await jobs.prepare(job, dict(parameters), runtime.units, by=who.user)
    return await _run(runtime, run_id)


@operations.post("/jobs/runs/{run_id}/approve")
async def approve_job(run_id: UUID, request: Request, who: Operator) -> dict[str, Any]:
    """Approve a previewed run by name; the workers take it up at once. Some runs are approved by another than who has prepared them."""
    runtime = runtime_of(request)
    try:
        await jobs.approve(run_id, runtime.units, by=who.user)
    except jobs.OwnRun as error:
        raise Problem(409, "KOKI-412", "自分が準備した処理は承認できません。", "ほかの職員が内容を確かめて、承認してください。") from error
    except jobs.WrongStep as error:
        raise Problem(409, "KOKI-410", "この処理は承認待ちではありません。") from error
    return await _run(runtime, run_id)


@operations.get("/jobs/runs/{run_id}")
async def job_run(run_id: UUID, request: Request, who: Operator) -> dict[str, Any]:
    return await _run(runtime_of(request), run_id)


async def _run(runtime: Runtime, run_id: UUID) -> dict[str, Any]:
    async with runtime.units.open() as uow:
        found = await jobs.runs(uow, run_id=run_id)
    if not found:
        raise Problem(404, *NOT_FOUND)
    return _plain(found[0])


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, int | float | dict | None) else str(value) for key, value in row.items()}
