"""The operator's console: services, queues, dead letters and jobs. It shows identifiers, never a person's data."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import httpx
from chassis.problems import Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.upstream import REFUSED, Reply
from gateway_service.domain import jobs, words
from gateway_service.domain.roles import Right
from gateway_service.store import file_calendar, municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/console", route_class=ScreenRoute, include_in_schema=False)
Operator = Annotated[Session, allowed(Right.OPERATE)]
ORDER = ("gateway", "eligibility", "premium", "collection", "benefits", "statistics")
PARTS = {"database": "データベース", "relay": "送信", "consumers": "受信", "intake": "市区町村の受信"}


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service at one moment; `summary` is None when it could not be asked."""

    name: str
    term: str
    status: int
    parts: dict[str, bool]
    summary: dict[str, Any] | None

    @property
    def lamp(self) -> str:
        if self.status == 200:
            return "good"
        return "off" if self.status == 0 else "bad"


def services_of(gateway: Gateway) -> list[str]:
    """The services of this installation in the order of the thread."""
    known = gateway.upstream.addresses
    return [name for name in ORDER if name in known] + sorted(set(known) - set(ORDER))


async def states(gateway: Gateway, session: Session) -> list[ServiceState]:
    """Health and summary of every service, asked side by side."""

    async def one(name: str) -> ServiceState:
        (status, parts), reply = await asyncio.gather(
            gateway.upstream.healthy(name), gateway.upstream.ask(name, "/operations/summary", session.principal)
        )
        return ServiceState(name, words.SERVICES.get(name, name), status, parts, reply.json() if reply.ok else None)

    return list(await asyncio.gather(*(one(name) for name in services_of(gateway))))


@router.get("")
async def overview(request: Request, session: Operator) -> Response:
    gateway = gateway_of(request)
    found, queues = await asyncio.gather(states(gateway, session), broker_queues(gateway))
    async with gateway.runtime.units.open() as uow:
        overdue = await file_calendar.open_alerts(uow.connection)
    totals = {key: sum(state.summary[key] for state in found if state.summary) for key in ("outbox", "dead_letters", "parked")}
    oldest = max((state.summary["outbox_age_seconds"] for state in found if state.summary), default=0)
    waiting = None if queues is None else sum(queue["messages"] for queue in queues)
    running = [(s, run) for s in found if s.summary for run in s.summary["jobs"] if run["state"] in ("prepared", "approved")]
    return page(
        request, "console.html", states=found, totals=totals, oldest=oldest, waiting=waiting, running=running, parts=PARTS, jobs=jobs,
        overdue=len(overdue),
    )  # fmt: skip


async def broker_queues(gateway: Gateway) -> list[dict[str, Any]] | None:
    """Depth, consumers and rates of every queue of our virtual host; None when the broker's management does not answer."""
    settings = gateway.runtime.settings
    if not settings.broker_management_url:
        return None
    url = httpx.URL(settings.broker_management_url)
    vhost = unquote(urlsplit(settings.broker_url).path.lstrip("/"))
    columns = "name,messages,messages_ready,messages_unacknowledged,consumers,state,message_stats"
    try:
        async with httpx.AsyncClient(
            base_url=url.copy_with(userinfo=b""), auth=(url.username, url.password), timeout=4, trust_env=False
        ) as client:
            answer = await client.get(f"/api/queues/{quote(vhost, safe='')}", params={"columns": columns})
        answer.raise_for_status()
        return [_queue(queue) for queue in answer.json()]
    except httpx.HTTPError:
        return None


def _queue(found: dict[str, Any]) -> dict[str, Any]:
    stats = found.get("message_stats") or {}
    rates = {name: float((stats.get(f"{name}_details") or {}).get("rate", 0)) for name in ("publish", "deliver", "ack")}
    counts = {name: int(found.get(name) or 0) for name in ("messages", "messages_ready", "messages_unacknowledged", "consumers")}
    return {"name": found["name"], "state": found.get("state", ""), **counts, **rates}


@router.get("/queues")
async def queues(request: Request, session: Operator) -> Response:
    found = await broker_queues(gateway_of(request))
    return page(request, "console_queues.html", queues=None if found is None else sorted(found, key=_notable))


def _notable(queue: dict[str, Any]) -> tuple[bool, str]:
    """Queues with something in them first, then by name."""
    return not queue["messages"], str(queue["name"])


@router.get("/dead-letters")
async def dead_letters(request: Request, session: Operator, state: str = "open") -> Response:
    """Dead letters of all services in one state, the latest first."""
    gateway = gateway_of(request)
    chosen = state if state in ("open", "replayed", "abandoned") else "open"
    names = services_of(gateway)
    replies = await asyncio.gather(
        *(gateway.upstream.ask(name, "/operations/dead-letters", session.principal, params={"state": chosen}) for name in names)
    )
    letters = [
        {**letter, "service": reply.service, "trace_id": _trace_id(letter)} for reply in replies if reply.ok for letter in reply.json()
    ]
    letters.sort(key=lambda letter: str(letter["arrived_at"]), reverse=True)
    missing = [words.SERVICES.get(reply.service, reply.service) for reply in replies if not reply.ok]
    return page(request, "console_dead_letters.html", letters=letters, state=chosen, missing=missing, terms=words.SERVICES)


def _trace_id(letter: dict[str, Any]) -> str:
    parts = str(letter.get("traceparent") or "").split("-")
    return parts[1] if len(parts) == 4 else ""


@router.post("/dead-letters/{service}/{identifier}/replay", dependencies=[OwnForm])
async def replay(request: Request, session: Operator, service: str, identifier: UUID) -> Response:
    """Send a dead letter to its service once more."""
    await _act(request, session, service, f"/dead-letters/{identifier}/replay")
    return RedirectResponse("/console/dead-letters", status_code=303, headers=HEADERS)


@router.post("/dead-letters/{service}/{identifier}/abandon", dependencies=[OwnForm])
async def abandon(request: Request, session: Operator, service: str, identifier: UUID, reason: Annotated[str, Form()] = "") -> Response:
    """Give a dead letter up, with a reason."""
    await _act(request, session, service, f"/dead-letters/{identifier}/abandon", {"reason": reason.strip()[:500]})
    return RedirectResponse("/console/dead-letters", status_code=303, headers=HEADERS)


@router.get("/jobs")
async def job_list(request: Request, session: Operator) -> Response:
    """What can be prepared, and the latest runs of all services."""
    found = await states(gateway_of(request), session)
    runs = [{**run, "service": state.name} for state in found if state.summary for run in state.summary["jobs"]]
    runs.sort(key=lambda run: str(run["prepared_at"]), reverse=True)
    offers = [offer for offer in jobs.OFFERS if offer.service in gateway_of(request).upstream.addresses]
    missing = [state.term for state in found if state.summary is None]
    return page(request, "console_jobs.html", offers=offers, runs=runs, missing=missing, jobs=jobs, terms=words.SERVICES)


@router.post("/jobs/{service}/{name}", dependencies=[OwnForm])
async def prepare(request: Request, session: Operator, service: str, name: str) -> Response:
    """Plan a run with the parameters of the form; it waits for its approval."""
    form = await request.form()
    given = {key.removeprefix("p."): str(value).strip() for key, value in form.items() if key.startswith("p.")}
    reply = await _act(request, session, service, f"/jobs/{quote(name, safe='')}", {key: value for key, value in given.items() if value})
    return RedirectResponse(f"/console/jobs/{service}/{reply.json()['id']}", status_code=303, headers=HEADERS)


@router.get("/jobs/{service}/{run_id}")
async def job_run(request: Request, session: Operator, service: str, run_id: UUID) -> Response:
    """A run: its preview and approval, its progress, its result."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask(service, f"/operations/jobs/runs/{run_id}", session.principal)
    _require(reply)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "console_job.html", run=reply.json(), service=service, jobs=jobs, terms=words.SERVICES, names=names)


@router.post("/jobs/{service}/{run_id}/approve", dependencies=[OwnForm])
async def approve(request: Request, session: Operator, service: str, run_id: UUID) -> Response:
    await _act(request, session, service, f"/jobs/runs/{run_id}/approve")
    return RedirectResponse(f"/console/jobs/{service}/{run_id}", status_code=303, headers=HEADERS)


async def _act(request: Request, session: Session, service: str, path: str, body: dict[str, str] | None = None) -> Reply:
    """An operator's act on a service, kept in the access log with its result."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask(service, f"/operations{path}", session.principal, method="POST", json=body)
    await gateway.record(session, "operate", "done" if reply.ok else "refused", detail=f"{service} {path}")
    _require(reply)
    return reply


def _require(reply: Reply) -> None:
    if reply.unavailable:
        term = words.SERVICES.get(reply.service, reply.service)
        saved = f"{term}サービスで行われたかどうか確かめられません。一覧を開いて確かめてください。"
        raise Problem(503, "KOKI-S505", "サービスから返事がありません。", "しばらく待って、もう一度行ってください。", saved=saved)
    if not reply.ok:
        found = reply.problem
        code, title = str(found.get("code") or REFUSED[0]), str(found.get("title") or REFUSED[1])
        raise Problem(reply.status, code, title, str(found.get("detail") or ""))
