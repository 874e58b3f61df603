"""移行: the phase, what keeps the gate to routine work shut, 進捗表, 創設結果表, and the steps that a second officer approves."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID, uuid4

from chassis.problems import Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, as_pdf, page
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/migration", route_class=ScreenRoute, include_in_schema=False)
Staff = Annotated[Session, allowed(Right.UNION_WORK)]
STEPS = {
    "begin_migration": ("移行の開始", "リハーサルを終え、本番の全件データの取込みを始めます。リハーサルには戻れません。", "rehearsal"),
    "reset_rehearsal": ("リハーサルのやり直し", "リハーサルで取り込んだ住民、被保険者台帳、証、帳票をすべて消します。", "rehearsal"),
    "open_routine": ("経常業務の開始", "移行を終え、証や通知の日々の発行を始めます。移行には戻れません。", "migration"),
}
"""Act → its term, what it does, and the phase in which it can be asked for."""
DONE = {
    "plan": "移行の計画を保存しました。",
    "milestone": "進捗表を保存しました。",
    "results": "創設結果表を作っています。少し待って、この画面を開き直してください。",
    "step": "申請しました。ほかの職員が「承認待ち」で承認すると、行われます。",
}


@router.get("")
async def overview(request: Request, session: Staff, done: str = "") -> Response:
    """Where the installation stands, and everything that does not agree yet."""
    gateway = gateway_of(request)
    overview, results = await asyncio.gather(
        gateway.upstream.ask("eligibility", "/migration", session.principal),
        gateway.upstream.ask("eligibility", "/migration/results", session.principal),
    )
    if not (overview.ok and results.ok):
        raise Problem(
            503, "KOKI-S542", "いまは移行の状況を表示できません。", "資格サービスに接続できません。取り込んだものは失われていません。"
        )
    await gateway.record(session, "see_migration", "shown")
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    found: dict[str, Any] = overview.json()
    steps = {act: step for act, step in STEPS.items() if step[2] == found["phase"]}
    return page(
        request, "migration.html", found=found, results=results.json(), names=names, steps=steps,
        done=DONE.get(done, ""), key=str(uuid4()),
    )  # fmt: skip


@router.post("/plan", dependencies=[OwnForm])
async def set_plan(request: Request, session: Staff, key: Annotated[UUID, Form()], cut_off_on: Annotated[str, Form()] = "") -> Response:
    """Set the cut-off day; the municipalities are those of this installation."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        codes = sorted(await municipalities.names(uow.connection))
    body = {"cut_off_on": _day(cut_off_on), "municipalities": codes}
    await carry(gateway, session, "eligibility", "/migration/plan", body, key=key, action="set_migration_plan", look="「移行の状況」を開き")
    return _back("plan")


@router.post("/milestones/{milestone}", dependencies=[OwnForm])
async def write_milestone(
    request: Request,
    session: Staff,
    milestone: str,
    key: Annotated[UUID, Form()],
    planned_on: Annotated[str, Form()] = "",
    reached_on: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """One line of 進捗表."""
    body = {"planned_on": _day(planned_on), "reached_on": _day(reached_on), "note": note.strip()}
    path = f"/migration/milestones/{milestone}"
    await carry(gateway_of(request), session, "eligibility", path, body, key=key, action="write_milestone", look="「移行の状況」を開き")
    return _back("milestone")


@router.post("/results", dependencies=[OwnForm])
async def make_results(request: Request, session: Staff, key: Annotated[UUID, Form()]) -> Response:
    """Compare every municipality anew."""
    await carry(
        gateway_of(request), session, "eligibility", "/migration/results", {}, key=key, action="make_result_table", what="作成",
        look="「移行の状況」を開き",
    )  # fmt: skip
    return _back("results")


@router.get("/results.pdf")
async def results_on_paper(request: Request, session: Staff) -> Response:
    """創設結果表 as PDF."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    reply = await gateway.upstream.ask("eligibility", "/migration/results/document", session.principal, method="POST", json=dict(names))
    await gateway.record(session, "see_migration", "shown" if reply.ok else "failed", detail="results.pdf")
    if reply.unavailable:
        raise Problem(
            503, "KOKI-S542", "いまは移行の状況を表示できません。", "資格サービスに接続できません。取り込んだものは失われていません。"
        )
    if not reply.ok:
        raise Problem(422, "KOKI-S545", "創設結果表を印刷できません。", str(reply.problem.get("detail") or "内容を確かめてください。"))
    return as_pdf(reply.content, "results")


@router.post("/steps/{act}", dependencies=[OwnForm])
async def ask_for_step(
    request: Request,
    session: Staff,
    act: str,
    key: Annotated[UUID, Form()],
    reason: Annotated[str, Form(max_length=500)] = "",
    repeat: Annotated[bool, Form()] = False,
) -> Response:
    """Ask a second officer for a step; what stands against it is told at once."""
    if not reason.strip():
        raise Problem(422, "KOKI-S543", "申請の理由がありません。", "承認する職員が判断できるように、理由を入れてください。")
    body = {"act": act, "reason": reason.strip(), "repeat": repeat}
    await carry(
        gateway_of(request), session, "eligibility", "/migration/steps", body, key=key, action="ask_for_step", what="申請",
        look="「承認待ち」の一覧を開き",
    )  # fmt: skip
    return _back("step")


def _day(text: str) -> str | None:
    """The day that was typed as ISO; none where nothing was."""
    try:
        return parse_day(text).isoformat() if text.strip() else None
    except UnreadableDay as error:
        raise Problem(422, "KOKI-S544", "日付を読めません。", str(error)) from error


def _back(done: str) -> Response:
    return RedirectResponse(f"/migration?done={done}", status_code=303, headers=HEADERS)
