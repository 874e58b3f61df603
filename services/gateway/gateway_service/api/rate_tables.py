"""料率マスタ表, and 不均一賦課の区域: the figures of a fiscal year with their sources, its areas, and the register of who lives in one."""

from __future__ import annotations

from typing import Annotated, Any

from chassis.law import FiscalYear
from chassis.problems import NOT_FOUND, Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.lists import places_of
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.person import load, require_own, show
from gateway_service.api.upstream import REFUSED, Reply
from gateway_service.domain import rate_words
from gateway_service.domain.assessment_ledgers import years_to_choose
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Worker = Annotated[Session, allowed(Right.SEE_WORKLIST)]
Officer = Annotated[Session, allowed(Right.UNION_WORK)]
Year = Annotated[int | None, Query(ge=2008, le=2099)]
_FIELDS = {"valid_from": "", "area": "", "reason": ""}
PERSON = "/people/{municipality_code}/{resident_number}/acts/rate-area"


@router.get("/rate-table")
async def figures(request: Request, session: Worker, fiscal_year: Year = None) -> Response:
    """Every figure of the law behind the premiums of a fiscal year; without a choice, of this one."""
    gateway = gateway_of(request)
    today = gateway.runtime.clock.today()
    year = fiscal_year or FiscalYear.of(today).year
    reply = await gateway.upstream.ask("premium", "/rate-table", session.principal, params={"fiscal_year": str(year)})
    await gateway.record(session, "see_rate_table", "shown" if reply.ok else "failed", detail=str(year))
    found = reply.json() if reply.ok else None
    if not reply.ok:
        _require(reply, missing=True)
    groups = [
        ("広域連合の定め", [one for one in found["figures"] if one["name"].startswith("union_")] if found else []),
        ("法令の定め", [one for one in found["figures"] if not one["name"].startswith("union_")] if found else []),
    ]
    values: dict[str, Any] = {"year": year, "years": years_to_choose(today), "groups": groups, "words": rate_words}
    return page(request, "rate_table.html", found=found, why=reply.problem.get("detail") or "", **values)


@router.get("/rate-areas")
async def areas(request: Request, session: Worker, fiscal_year: Year = None) -> Response:
    """The areas of uneven rates of a fiscal year, and who is recorded to live in one that is smaller than a municipality."""
    gateway = gateway_of(request)
    today = gateway.runtime.clock.today()
    year = fiscal_year or FiscalYear.of(today).year
    reply = await gateway.upstream.ask("premium", "/rate-areas", session.principal, params={"fiscal_year": str(year)})
    register = await gateway.upstream.ask("premium", "/rate-areas/residents", session.principal)
    _require(register)
    _require(reply, missing=True)
    rows = register.json()
    about = tuple(f"{row['municipality_code']}:{row['resident_number']}" for row in rows)
    await gateway.record(session, "see_rate_areas", "shown", about=about, detail=str(year))
    found = reply.json() if reply.ok else None
    places = await places_of(gateway, session)
    values: dict[str, Any] = {"year": year, "years": years_to_choose(today), "rows": rows, "places": places}
    return page(request, "rate_areas.html", found=found, why=reply.problem.get("detail") or "", **values)


@router.get(PERSON)
async def of_person(request: Request, session: Officer, municipality_code: str, resident_number: str, done: str = "") -> Response:
    """What was recorded of a person, and the form to record another area."""
    return await _shown(request, session, municipality_code, resident_number, done=bool(done))


@router.post(PERSON, dependencies=[OwnForm])
async def record(
    request: Request,
    session: Officer,
    municipality_code: str,
    resident_number: str,
    valid_from: Annotated[str, Form(max_length=40)] = "",
    area: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Record in which area a person lives from a day on. The same once more changes nothing of what is held true."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "record_rate_area", municipality_code, resident_number)
    typed, errors = {"valid_from": valid_from, "area": area, "reason": reason}, {}
    try:
        day = parse_day(valid_from).isoformat()
    except UnreadableDay as unreadable:
        errors["valid_from"] = str(unreadable)
    if not reason.strip():
        errors["reason"] = "どのように確かめたかを入れてください。"
    if errors:
        return await _shown(request, session, municipality_code, resident_number, typed=typed, errors=errors)
    path = f"/people/{municipality_code}/{resident_number}"
    body = {"valid_from": day, "area": area, "reason": reason.strip()}
    reply = await gateway.upstream.ask("premium", f"{path}/rate-area", session.principal, method="PUT", json=body)
    await gateway.record(session, "record_rate_area", "done" if reply.ok else "refused", about=(subject,), detail=str(reply.status))
    if not reply.ok and not reply.unavailable:
        found = reply.problem
        errors["area"] = f"{found.get('title') or REFUSED[1]}{found.get('detail') or ''}"
        return await _shown(request, session, municipality_code, resident_number, typed=typed, errors=errors)
    _require(reply)
    return RedirectResponse(f"{path}/acts/rate-area?done=1", status_code=303, headers=HEADERS)


async def _shown(
    request: Request,
    session: Session,
    municipality_code: str,
    resident_number: str,
    *,
    done: bool = False,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    person = await load(request, session, "acts", municipality_code, resident_number)
    gateway, who = gateway_of(request), session.principal
    kept = await gateway.upstream.ask("premium", f"{person.path}/rate-area", who)
    _require(kept)
    year = FiscalYear.of(gateway.runtime.clock.today()).year
    known = await gateway.upstream.ask("premium", "/rate-areas", who, params={"fiscal_year": str(year)})
    within = [one["area"] for one in known.json()["areas"] if one["within"] == municipality_code] if known.ok else []
    return show(
        request, person, "acts", template="rate_area", status=422 if errors else 200, kept=kept.json(), within=within, done=done,
        typed=_FIELDS | (typed or {}), errors=_FIELDS | (errors or {}),
    )  # fmt: skip


def _require(reply: Reply, *, missing: bool = False) -> None:
    """The answer, or why there is none. `missing`: a year whose rates nobody has entered is shown on the page itself."""
    if reply.unavailable:
        raise Problem(503, "KOKI-S601", "いまは料率と区域を表示できません。", "賦課サービスに接続できません。登録は失われていません。")
    if not reply.ok and not (missing and reply.status == 404):
        raise Problem(404, *NOT_FOUND, detail=str(reply.problem.get("detail") or ""))
