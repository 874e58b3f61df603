"""法改正の影響 and 対象者の検索: who pays more or less under another law, and whom a wrong rule has met. For staff of the union."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.trials import ready_populations, require
from gateway_service.domain.charts import average_chart
from gateway_service.domain.lists import STATES
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Staff = Annotated[Session, allowed(Right.UNION_WORK)]


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two screens: its kind at the service, its path, its title, and what it answers."""

    kind: str
    path: str
    title: str
    purpose: str
    action: str


LAW_CHANGE: Final = Kind(
    "law_change",
    "/law-changes",
    "法改正の影響",
    "同じ人に二つの法令をあてはめ、だれの保険料がいくら増え、減るかを確かめます。",
    "see_law_changes",
)
FINDER: Final = Kind(
    "finder", "/finder", "対象者の検索", "誤った計算にあった人を条件で探し、現在の額と、あるべき額を並べます。", "find_people"
)
ORDERS: Final = {"place": "市区町村・宛名番号の順", "more": "増える額の大きい順", "less": "減る額の大きい順"}
EXAMPLES: Final = (
    ("tier != should_tier", "均等割額の軽減の区分が、あるべき区分と違う人"),
    ("family_employee_salary_received > 0 and tier < should_tier", "専従者給与があり、軽減が足りない人"),
    ("other_income > 0 and annual_amount < should_annual_amount", "その他所得があり、保険料が少なすぎる人"),
    ("annual_amount != should_annual_amount", "年間保険料額が違う人すべて"),
)
_DIFFERENT: Final = EXAMPLES[-1][0]


@router.get("/law-changes")
async def law_changes(request: Request, session: Staff) -> Response:
    """The comparisons of laws so far, and the form of another."""
    return await _overview(request, session, LAW_CHANGE)


@router.get("/finder")
async def finder(request: Request, session: Staff) -> Response:
    """The searches so far, and the form of another."""
    return await _overview(request, session, FINDER)


@router.post("/law-changes", dependencies=[OwnForm])
async def compare_laws(
    request: Request,
    session: Staff,
    key: Annotated[UUID, Form()],
    population: Annotated[UUID, Form()],
    name: Annotated[str, Form(min_length=1, max_length=60)],
    year_before: Annotated[int, Form(ge=2008, le=2040)],
    year_after: Annotated[int, Form(ge=2008, le=2040)],
    pack_before: Annotated[str, Form(max_length=50_000)] = "",
    pack_after: Annotated[str, Form(max_length=50_000)] = "",
) -> Response:
    before, after = {"fiscal_year": year_before, "pack": pack_before}, {"fiscal_year": year_after, "pack": pack_after}
    asked = {"kind": LAW_CHANGE.kind, "name": name, "before": before, "after": after}
    return await _begin(request, session, LAW_CHANGE, key, population, asked)


@router.post("/finder", dependencies=[OwnForm])
async def find(
    request: Request,
    session: Staff,
    key: Annotated[UUID, Form()],
    population: Annotated[UUID, Form()],
    name: Annotated[str, Form(min_length=1, max_length=60)],
    condition: Annotated[str, Form(min_length=1, max_length=500)],
    fiscal_year: Annotated[int, Form(ge=2008, le=2040)],
    decided: Annotated[str, Form(pattern="^(as_decided|under_pack)$")] = "as_decided",
    pack_before: Annotated[str, Form(max_length=50_000)] = "",
    pack_after: Annotated[str, Form(max_length=50_000)] = "",
    left_out: Annotated[list[str] | None, Form()] = None,
) -> Response:
    before = {"fiscal_year": fiscal_year, "pack": pack_before, "without": left_out or []} if decided == "under_pack" else None
    asked = {"kind": FINDER.kind, "name": name, "before": before, "after": {"fiscal_year": fiscal_year, "pack": pack_after}}
    return await _begin(request, session, FINDER, key, population, asked | {"condition": condition})


@router.get("/law-changes/{comparison_id}")
@router.get("/finder/{comparison_id}")
async def one(request: Request, session: Staff, comparison_id: UUID) -> Response:
    """What came of a comparison, or that it is still at work."""
    gateway, kind = gateway_of(request), _kind(request)
    reply = await gateway.upstream.ask("premium", f"/comparisons/{comparison_id}", session.principal)
    require(reply)
    made: dict[str, Any] = reply.json()
    if made["kind"] != kind.kind:
        raise Problem(404, *NOT_FOUND)
    await gateway.record(session, kind.action, "shown", detail=str(comparison_id))
    chart = None
    if made["result"]:
        bands = made["result"]["everybody" if kind is LAW_CHANGE else "listed"]["bands"]
        chart = average_chart(
            [("現在", bands, "average_before"), ("変更後" if kind is LAW_CHANGE else "あるべき額", bands, "average_after")]
        )
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "comparison.html", kind=kind, made=made, chart=chart, names=names, states=STATES)


@router.get("/law-changes/{comparison_id}/people")
@router.get("/finder/{comparison_id}/people")
async def people(
    request: Request,
    session: Staff,
    comparison_id: UUID,
    order: Annotated[str, Query(pattern="^(place|more|less)$")] = "place",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
) -> Response:
    """The people listed, a hundred at a time."""
    gateway, kind = gateway_of(request), _kind(request)
    params = {"order": order, "page": str(number)}
    reply = await gateway.upstream.ask("premium", f"/comparisons/{comparison_id}/people", session.principal, params=params)
    require(reply)
    listed: dict[str, Any] = reply.json()
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in listed["rows"]))
    await gateway.record(session, kind.action, "shown", about=about, detail=str(comparison_id))
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(
        request, "comparison_people.html", kind=kind, comparison_id=comparison_id, listed=listed, order=order, orders=ORDERS, names=names
    )


@router.get("/law-changes/{comparison_id}/people.csv")
@router.get("/finder/{comparison_id}/people.csv")
async def people_csv(request: Request, session: Staff, comparison_id: UUID) -> Response:
    """Everybody listed; the log names the list, which names its people."""
    gateway, kind = gateway_of(request), _kind(request)
    reply = await gateway.upstream.ask("premium", f"/comparisons/{comparison_id}/people.csv", session.principal)
    await gateway.record(session, kind.action, "shown" if reply.ok else "failed", detail=f"{comparison_id} csv")
    require(reply)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="people-{comparison_id}.csv"'}
    return Response(reply.content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/finder/{comparison_id}/letter")
async def letter(request: Request, session: Staff, comparison_id: UUID) -> Response:
    """文案 for the people found."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("premium", f"/comparisons/{comparison_id}/letter", session.principal)
    await gateway.record(session, FINDER.action, "shown" if reply.ok else "failed", detail=f"{comparison_id} letter")
    require(reply)
    return page(request, "comparison_letter.html", kind=FINDER, comparison_id=comparison_id, text=reply.json()["text"])


async def _overview(request: Request, session: Session, kind: Kind) -> Response:
    gateway = gateway_of(request)
    ask, who = gateway.upstream.ask, session.principal
    made, columns, usable = await asyncio.gather(
        ask("premium", "/comparisons", who, params={"kind": kind.kind}), ask("premium", "/comparisons/columns", who),
        ready_populations(gateway, session),
    )  # fmt: skip
    for reply in (made, columns):
        require(reply)
    await gateway.record(session, kind.action, "shown")
    return page(
        request, "comparisons.html", kind=kind, made=made.json(), known=columns.json(), states=STATES, examples=EXAMPLES,
        different=_DIFFERENT, populations=[found for found in usable if found["source"] == "decisions"], key=str(uuid4()),
    )  # fmt: skip


async def _begin(request: Request, session: Session, kind: Kind, key: UUID, population: UUID, asked: dict[str, Any]) -> Response:
    """Let premium begin; whom it will concern is not known yet, the condition stands in the log."""
    body = {"population_id": str(population), "request": asked}
    answer = await carry(
        gateway_of(request),
        session,
        "premium",
        "/comparisons",
        body,
        key=key,
        action=kind.action,
        what="実行",
        look=f"「{kind.title}」を開き",
    )
    return RedirectResponse(f"{kind.path}/{answer['comparison_id']}", status_code=303, headers=HEADERS)


def _kind(request: Request) -> Kind:
    return FINDER if request.url.path.startswith(FINDER.path) else LAW_CHANGE
