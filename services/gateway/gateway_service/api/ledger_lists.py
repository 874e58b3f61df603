"""障害認定の申請一覧・住所地特例者一覧: what the union works through."""

from __future__ import annotations

from typing import Annotated, Any

from chassis.problems import Problem
from fastapi import APIRouter, Request, Response

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import allowed
from gateway_service.api.pages import ScreenRoute, page
from gateway_service.domain.roles import Right
from gateway_service.domain.words import EVIDENCE
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/ledger", route_class=ScreenRoute, include_in_schema=False)
Officer = Annotated[Session, allowed(Right.TAKE_NOTICES)]


@router.get("/disability-applications")
async def disability_applications(request: Request, session: Officer) -> Response:
    """Applications that wait, with the way to the decision. Who is certified stands on a list (/lists/certified)."""
    waiting = await _rows(request, session, "disability-applications")
    return await _list(request, session, "ledger_applications.html", waiting, waiting=waiting)


@router.get("/domicile-exceptions")
async def domicile_exceptions(request: Request, session: Officer) -> Response:
    """Ours elsewhere, and others here."""
    rows = await _rows(request, session, "domicile-exceptions")
    ours = [row for row in rows if row["kind"] == "domicile_exception_begun"]
    others = [row for row in rows if row["kind"] == "other_union_begun"]
    return await _list(request, session, "ledger_exceptions.html", rows, ours=ours, others=others)


async def _rows(request: Request, session: Session, name: str) -> list[dict[str, Any]]:
    reply = await gateway_of(request).upstream.ask("eligibility", f"/ledger/{name}", session.principal)
    if not reply.ok:
        raise Problem(503, "KOKI-S513", "いまは一覧を表示できません。", "資格サービスに接続できません。")
    return list(reply.json())


async def _list(request: Request, session: Session, template: str, rows: list[dict[str, Any]], **values: Any) -> Response:
    gateway = gateway_of(request)
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in rows))
    await gateway.record(session, "see_ledger_list", "shown", about=about)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, template, names=names, evidence=EVIDENCE, **values)
