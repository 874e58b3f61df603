"""The window: search. Conditions are personal data: they travel in a form, are kept with the session, and never stand in an address."""

from __future__ import annotations

from typing import Annotated, Any

from chassis.problems import Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.domain.person_view import SEX
from gateway_service.domain.roles import Right
from gateway_service.domain.search import read_search
from gateway_service.store import municipalities, sign_ins
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Clerk = Annotated[Session, allowed(Right.SEE_PEOPLE)]
MOST = 50


@router.get("/people")
async def search_page(request: Request, session: Clerk, found: str = "") -> Response:
    """The search form; with `?found=last` also the people that the last search of this session finds."""
    if not found:
        return await _search_page(request, typed={}, errors={}, people=None)
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        typed = await sign_ins.last_search(uow.connection, session.key)
    search = read_search(typed)
    if search.errors:
        return RedirectResponse("/people", status_code=303, headers=HEADERS)
    reply = await gateway.upstream.ask("eligibility", "/people", session.principal, params={**search.conditions, "limit": str(MOST + 1)})
    if not reply.ok:
        await gateway.record(session, "search", "failed", detail="・".join(search.conditions))
        detail = "資格サービスに接続できません。しばらく待って、もう一度検索してください。"
        raise Problem(503, "KOKI-S501", "検索できませんでした。", detail)
    people: list[dict[str, Any]] = reply.json()
    about = tuple(f"{person['municipality_code']}:{person['resident_number']}" for person in people)
    await gateway.record(session, "search", "shown", about=about, detail="・".join(search.conditions))
    if len(people) == 1 and "number" in search.conditions:
        only = people[0]
        return RedirectResponse(f"/people/{only['municipality_code']}/{only['resident_number']}", status_code=303, headers=HEADERS)
    return await _search_page(request, typed=typed, errors={}, people=people)


@router.post("/people/search", dependencies=[OwnForm])
async def search(
    request: Request,
    session: Clerk,
    number: Annotated[str, Form()] = "",
    kana: Annotated[str, Form()] = "",
    born_on: Annotated[str, Form()] = "",
) -> Response:
    """Check what was typed and remember it; the answer is a page of its own, so that it can be opened again."""
    typed = {"number": number.strip()[:40], "kana": kana.strip()[:60], "born_on": born_on.strip()[:40]}
    read = read_search(typed)
    if read.errors:
        return await _search_page(request, typed=typed, errors=read.errors, people=None, status=422)
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        await sign_ins.remember_search(uow.connection, session.key, typed)
    return RedirectResponse("/people?found=last", status_code=303, headers=HEADERS)


async def _search_page(
    request: Request, *, typed: dict[str, str], errors: dict[str, str], people: list[dict[str, Any]] | None, status: int = 200
) -> Response:
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    shown = {name: typed.get(name, "") for name in ("number", "kana", "born_on")}
    return page(request, "search.html", status=status, typed=shown, errors=errors, people=people, most=MOST, names=names, sex=SEX)
