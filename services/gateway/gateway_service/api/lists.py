"""名簿: 被保険者台帳, 異動整理簿, 75歳到達者・予定者 on the screen, and their files."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.upstream import Reply
from gateway_service.domain.lists import FORMS, LISTS, STATES, PeopleList, first_period
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/lists", route_class=ScreenRoute, include_in_schema=False)
Reader = Annotated[Session, allowed(Right.SEE_PEOPLE)]
WHOLE_UNION = "*"
_DAYS = ("valid_on", "known_on", "first_day", "last_day")


@router.get("/files")
async def files(request: Request, session: Reader) -> Response:
    """The latest lists that were made, with their files."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("eligibility", "/lists/files", session.principal)
    _require(reply)
    await gateway.record(session, "see_lists", "shown")
    return page(request, "list_files.html", lists=reply.json(), forms=FORMS, states=STATES)


@router.get("/files/{list_id}/{number}")
async def file(request: Request, session: Reader, list_id: UUID, number: int) -> Response:
    """One file of a list, as it was made; who fetched which stands in the access log."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("eligibility", f"/lists/files/{list_id}/{number}", session.principal)
    await gateway.record(session, "fetch_list", "shown" if reply.ok else "failed", detail=f"{list_id} {number}")
    _require(reply)
    ending = "pdf" if "pdf" in reply.content_type else "csv"
    disposition = f'{"inline" if ending == "pdf" else "attachment"}; filename="list-{list_id}-{number}.{ending}"'
    headers = {**HEADERS, "Content-Disposition": disposition, "Content-Security-Policy": "default-src 'none'"}
    return Response(reply.content, media_type=reply.content_type, headers=headers)


@router.get("/{kind}")
async def one(
    request: Request,
    session: Reader,
    kind: str,
    municipality: str = "",
    order: Annotated[str, Query(pattern="^(number|name)$")] = "number",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
) -> Response:
    """A list, a hundred rows at a time; without days, as of today or of the usual month."""
    gateway, found = gateway_of(request), _list(kind)
    places = await places_of(gateway, session)
    chosen = municipality if municipality in places else next(iter(places))
    typed = _typed(found, dict(request.query_params), gateway.runtime.clock.today())
    wanted, errors = days_of(typed)
    values: dict[str, Any] = {
        "list": found,
        "places": places,
        "chosen": chosen,
        "order": order,
        "typed": typed,
        "errors": errors,
        "forms": FORMS,
    }
    if errors:
        return page(request, "list.html", status=422, found=None, key="", again="", **values)
    query = {"municipality": chosen, "order": order, **wanted}
    reply = await gateway.upstream.ask("eligibility", f"/lists/{kind}", session.principal, params={**query, "page": str(number)})
    _require(reply)
    shown = reply.json()
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in shown["rows"]))
    await gateway.record(session, f"see_list:{kind}", "shown", about=about)
    again = urlencode({"municipality": chosen, "order": order, **typed})
    return page(request, "list.html", found=shown, key=str(uuid4()), again=again, **values)


@router.post("/{kind}/files", dependencies=[OwnForm])
async def make(
    request: Request,
    session: Reader,
    kind: str,
    key: Annotated[UUID, Form()],
    municipality: Annotated[str, Form()],
    form: Annotated[str, Form(pattern="^(pdf|csv|csv_cp932)$")],
    order: Annotated[str, Form(pattern="^(number|name)$")] = "number",
) -> Response:
    """Ask for a file of the list that is shown."""
    gateway, found = gateway_of(request), _list(kind)
    places = await places_of(gateway, session)
    if municipality not in places:
        raise Problem(404, *NOT_FOUND, detail="この市区町村の名簿を見る権限がありません。")
    given = {name: str(value) for name, value in (await request.form()).items()}
    wanted, errors = days_of(_typed(found, given, gateway.runtime.clock.today()))
    if errors:
        raise Problem(422, "KOKI-S540", "名簿の日付を読めません。", next(iter(errors.values())))
    body = {"municipality": municipality, "order": order, "form": form, "place": places[municipality], **wanted}
    await carry(
        gateway,
        session,
        "eligibility",
        f"/lists/{kind}/files",
        body,
        key=key,
        action="make_list",
        what="作成",
        look="「作成した名簿」を開き",
    )
    return RedirectResponse("/lists/files", status_code=303, headers=HEADERS)


def _list(kind: str) -> PeopleList:
    if kind not in LISTS:
        raise Problem(404, *NOT_FOUND)
    return LISTS[kind]


async def places_of(gateway: Gateway, session: Session) -> dict[str, str]:
    """Code → name of the municipalities whose lists the session may see; for the union's staff the whole union first."""
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    if session.municipalities is None:
        return {WHOLE_UNION: "全市区町村", **names}
    return {code: names.get(code, code) for code in sorted(session.municipalities)}


def _typed(found: PeopleList, given: dict[str, str], today: date) -> dict[str, str]:
    """The days as they were typed; those that were not, as the form begins."""
    if not found.has_period:
        return {"valid_on": given.get("valid_on") or today.isoformat(), "known_on": given.get("known_on", "")}
    first, last = first_period(found, today)
    begins = {"first_day": given.get("first_day") or first.isoformat(), "last_day": given.get("last_day") or last.isoformat()}
    return {**begins, "known_on": given.get("known_on", "")}


def days_of(typed: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(days as ISO, field → what is wrong with it)."""
    days, errors = {}, {}
    for name, text in typed.items():
        if text.strip():
            try:
                days[name] = parse_day(text).isoformat()
            except UnreadableDay as error:
                errors[name] = str(error)
    if not errors and "first_day" in days and days["last_day"] < days["first_day"]:
        errors["last_day"] = "末日が初日より前です。"
    return days, errors


def _require(reply: Reply) -> None:
    if reply.unavailable:
        raise Problem(503, "KOKI-S541", "いまは名簿を表示できません。", "資格サービスに接続できません。作成した名簿は失われていません。")
    if not reply.ok:
        found: dict[str, Any] = reply.problem
        raise Problem(404, *NOT_FOUND, detail=str(found.get("detail") or ""))
