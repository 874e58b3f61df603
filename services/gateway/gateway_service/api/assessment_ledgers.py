"""賦課台帳, 更正賦課台帳, 仮算定賦課台帳, 期間制限一覧 and the runs of assessment with their differences, for the union's staff."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from chassis.law import FiscalYear
from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.lists import days_of, places_of
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.upstream import Reply
from gateway_service.domain.assessment_ledgers import LEDGERS, RUN_STATES, RUN_TERMS, TOTALS, AssessmentLedger, years_to_choose
from gateway_service.domain.lists import FORMS, STATES, month_of
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Officer = Annotated[Session, allowed(Right.UNION_WORK)]
LEDGER, RUNS = "/assessment-ledgers", "/assessment-runs"


@router.get(f"{LEDGER}/files")
async def files(request: Request, session: Officer) -> Response:
    """The latest ledgers that were made, with their files."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("premium", "/ledgers/files", session.principal)
    _require(reply)
    places = await places_of(gateway, session)
    await gateway.record(session, "see_assessment_ledgers", "shown")
    values: dict[str, Any] = {"forms": FORMS, "states": STATES, "places": places, "titles": LEDGERS}
    return page(request, "assessment_ledger_files.html", ledgers=reply.json(), **values)


@router.get(f"{LEDGER}/files/{{run_id}}/{{number}}")
async def file(request: Request, session: Officer, run_id: UUID, number: int) -> Response:
    """One file of a ledger, as it was made; who fetched which stands in the access log."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("premium", f"/ledgers/files/{run_id}/{number}", session.principal)
    await gateway.record(session, "fetch_assessment_ledger", "shown" if reply.ok else "failed", detail=f"{run_id} {number}")
    _require(reply)
    ending = "pdf" if "pdf" in reply.content_type else "csv"
    disposition = f'{"inline" if ending == "pdf" else "attachment"}; filename="ledger-{run_id}-{number}.{ending}"'
    headers = {**HEADERS, "Content-Disposition": disposition, "Content-Security-Policy": "default-src 'none'"}
    return Response(reply.content, media_type=reply.content_type, headers=headers)


@router.get(f"{LEDGER}/{{kind}}")
async def one(
    request: Request,
    session: Officer,
    kind: str,
    municipality: str = "",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
) -> Response:
    """A ledger, a hundred lines at a time; without choices, of this fiscal year or this month."""
    gateway, found = gateway_of(request), _ledger(kind)
    places = await places_of(gateway, session)
    chosen = municipality if municipality in places else next(iter(places))
    today = gateway.runtime.clock.today()
    typed = _typed(found, dict(request.query_params), today)
    wanted, errors = _wanted(found, typed)
    values: dict[str, Any] = {
        "ledger": found, "places": places, "chosen": chosen, "typed": typed, "errors": errors, "forms": FORMS,
        "years": years_to_choose(today), "key": str(uuid4()),
    }  # fmt: skip
    if errors:
        return page(request, "assessment_ledger.html", status=422, found=None, again="", **values)
    query = {"municipality": chosen, **wanted}
    reply = await gateway.upstream.ask("premium", f"/ledgers/{kind}", session.principal, params={**query, "page": str(number)})
    _require(reply)
    shown = reply.json()
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in shown["rows"]))
    await gateway.record(session, f"see_assessment_ledger:{kind}", "shown", about=about)
    return page(request, "assessment_ledger.html", found=shown, again=urlencode({"municipality": chosen, **typed}), **values)


@router.post(f"{LEDGER}/{{kind}}/files", dependencies=[OwnForm])
async def make(
    request: Request,
    session: Officer,
    kind: str,
    key: Annotated[UUID, Form()],
    municipality: Annotated[str, Form()],
    form: Annotated[str, Form(pattern="^(pdf|csv|csv_cp932)$")],
) -> Response:
    """Ask for the files of the ledger that is shown."""
    gateway, found = gateway_of(request), _ledger(kind)
    places = await places_of(gateway, session)
    if municipality not in places:
        raise Problem(404, *NOT_FOUND, detail="この市区町村の台帳を見る権限がありません。")
    given = {name: str(value) for name, value in (await request.form()).items()}
    wanted, errors = _wanted(found, _typed(found, given, gateway.runtime.clock.today()))
    if errors:
        raise Problem(422, "KOKI-S570", "台帳の日付を読めません。", next(iter(errors.values())))
    body = {"municipality": municipality, "form": form, "place": places[municipality], "names": places, **wanted}
    await carry(
        gateway, session, "premium", f"/ledgers/{kind}/files", body, key=key, action="make_assessment_ledger", what="作成",
        look="「作成した賦課台帳」を開き",
    )  # fmt: skip
    return RedirectResponse(f"{LEDGER}/files", status_code=303, headers=HEADERS)


@router.get(RUNS)
async def runs(request: Request, session: Officer) -> Response:
    """The latest runs of assessment; the way to what each decides differently."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("premium", "/runs", session.principal)
    _require(reply)
    await gateway.record(session, "see_assessment_runs", "shown")
    return page(request, "assessment_runs.html", runs=reply.json(), terms=RUN_TERMS, states=RUN_STATES, totals=TOTALS)


@router.get(f"{RUNS}/{{run_id}}")
async def run(
    request: Request,
    session: Officer,
    run_id: UUID,
    reasons: Annotated[str, Query(pattern=r"^\d{0,5}$")] = "",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
) -> Response:
    """What a run decides differently, by reason, and whom: before it is approved and after."""
    gateway = gateway_of(request)
    query = {"page": str(number), **({"reasons": reasons} if reasons else {})}
    reply = await gateway.upstream.ask("premium", f"/runs/{run_id}/differences", session.principal, params=query)
    _require(reply)
    found = reply.json()
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in found["people"]))
    await gateway.record(session, "see_assessment_run", "shown", about=about, detail=str(run_id))
    return page(
        request, "assessment_run.html", found=found, terms=RUN_TERMS, states=RUN_STATES, totals=TOTALS, path_of_run=f"{RUNS}/{run_id}"
    )


def _ledger(kind: str) -> AssessmentLedger:
    if kind not in LEDGERS:
        raise Problem(404, *NOT_FOUND)
    return LEDGERS[kind]


def _typed(found: AssessmentLedger, given: dict[str, str], today: date) -> dict[str, str]:
    """Fiscal year or days as they were typed; those that were not, as the form begins."""
    if not found.has_period:
        return {"fiscal_year": given.get("fiscal_year") or str(FiscalYear.of(today).year)}
    first, last = month_of(today)
    return {"first_day": given.get("first_day") or first.isoformat(), "last_day": given.get("last_day") or last.isoformat()}


def _wanted(found: AssessmentLedger, typed: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(what to ask the service for, field → what is wrong with it)."""
    if found.has_period:
        return days_of(typed)
    year = typed["fiscal_year"]
    return ({"fiscal_year": year}, {}) if year.isdecimal() and len(year) == 4 else ({}, {"fiscal_year": "年度を選んでください。"})


def _require(reply: Reply) -> None:
    if reply.unavailable:
        raise Problem(
            503, "KOKI-S571", "いまは賦課台帳を表示できません。", "賦課サービスに接続できません。作成した台帳は失われていません。"
        )
    if not reply.ok:
        raise Problem(404, *NOT_FOUND, detail=str(reply.problem.get("detail") or ""))
