"""所得把握: whose income is not known, what the morning check found, and what a clerk does about one person."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.person import TakesNotices, load, require_own, show
from gateway_service.api.registers import PERSON, asked, day_of, pdf
from gateway_service.domain import income_words as words
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Worker = Annotated[Session, allowed(Right.SEE_WORKLIST)]
ACT = f"{PERSON}/acts/incomes"
_LARGEST = 999_999_999
_AMOUNT = ("KOKI-S580", "金額を読めません。")


@router.get("/income-gaps")
async def worklist(request: Request, session: Worker, gap: str = "undeclared", municipality: str = "", age: str = "") -> Response:
    """未申告者・照会中・他市課税者・未着: one state at a time, by municipality and age."""
    gateway = gateway_of(request)
    if gap not in words.GAPS or age not in words.AGES:
        raise Problem(404, *NOT_FOUND)
    first, last, _ = words.AGES[age]
    params = {"gap": gap, "age_from": str(first), "age_until": str(last)} | ({"municipality_code": municipality} if municipality else {})
    found = await asked(gateway, session, "/income-gaps", service="premium", **params)
    about = tuple(f"{row['municipality_code']}:{row['resident_number']}" for row in found["rows"])
    await gateway.record(session, "see_income_gaps", "shown", about=about, detail=urlencode({"gap": gap, "age": age}))
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    own = {code: name for code, name in names.items() if session.principal.may_see(code)}
    totals = {name: sum(row["people"] for row in found["counts"] if row["gap"] == name) for name in words.GAPS}
    overdue = sum(row["overdue"] for row in found["counts"] if row["gap"] == "inquiring")
    return page(
        request, "income_gaps.html", found=found, gap=gap, municipality=municipality, age=age, names=names, own=own, totals=totals,
        overdue=overdue, words=words,
    )  # fmt: skip


@router.get("/income-checks")
async def checks(request: Request, session: Worker) -> Response:
    """突合: everybody by reason, inquiries against answers, and the files with their yen by kind."""
    gateway = gateway_of(request)
    found = await asked(gateway, session, "/income-checks", service="premium")
    await gateway.record(session, "see_income_checks", "shown")
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "income_checks.html", found=found, names=names, words=words)


@router.get(ACT)
async def of_person(request: Request, session: TakesNotices, municipality_code: str, resident_number: str, done: str = "") -> Response:
    """What is known of the incomes of a person, the form of a 簡易申告, and what was taken in."""
    return await _shown(request, session, municipality_code, resident_number, done=done)


@router.post(f"{ACT}/declaration", dependencies=[OwnForm])
async def declare(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    step: Annotated[str, Form(pattern="^(check|take)$")],
) -> Response:
    """Show once more what was typed; then take it in."""
    form = await request.form()
    typed = {name: str(value)[:200] for name, value in form.items() if isinstance(value, str) and name not in ("csrf", "key", "step")}
    evidence = [str(value) for value in form.getlist("evidence")]
    body = {
        "income_year": int(typed.get("income_year", "0") or 0),
        "declared_on": day_of(typed.get("declared_on", ""), term="申告日"),
        **{name: typed.get(name, "") for name in ("declarant", "relationship", "remark")},
        "amounts": {name.removeprefix("amount_"): _yen(value) for name, value in typed.items() if name.startswith("amount_") and value},
        "no_income": typed.get("no_income") == "yes",
        "evidence": evidence,
    }
    if step == "check":
        return await _shown(request, session, municipality_code, resident_number, check=body, typed={**typed, "evidence": evidence})
    path = f"/people/{municipality_code}/{resident_number}/simple-declarations"
    return await _act(request, session, municipality_code, resident_number, path, body, key, "declare_income", "受付", "declared")


@router.post(f"{ACT}/inquiry", dependencies=[OwnForm])
async def inquire(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    income_year: Annotated[int, Form()],
    ending: Annotated[str, Form(pattern="^(undeclared_there|mistaken)?$")] = "",
) -> Response:
    """照会した; or what came of it, where it was no income."""
    path = f"/people/{municipality_code}/{resident_number}/income-inquiries"
    body: dict[str, Any] = {"income_year": income_year} | ({"ending": ending} if ending else {})
    where = f"{path}/end" if ending else path
    return await _act(request, session, municipality_code, resident_number, where, body, key, "inquire_income", "記録", "inquired")


@router.post(f"{ACT}/override", dependencies=[OwnForm])
async def override(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    income_year: Annotated[int, Form()],
    reason: Annotated[str, Form(max_length=200)],
) -> Response:
    """Ask that premiums are decided although the income is being inquired."""
    path = f"/people/{municipality_code}/{resident_number}/income-overrides"
    body = {"income_year": income_year, "reason": reason}
    return await _act(request, session, municipality_code, resident_number, path, body, key, "override_income", "申請", "asked")


@router.get(f"{ACT}/declarations/{{declaration}}.pdf")
async def sheet(request: Request, session: TakesNotices, municipality_code: str, resident_number: str, declaration: str) -> Response:
    """簡易申告書: as taken in, or a form to fill in."""
    subject = await require_own(gateway_of(request), session, "see_document:simple_declaration", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}/simple-declarations/{declaration}/document"
    return await pdf(request, session, path, "simple_declaration", subject, service="premium")


async def _shown(
    request: Request,
    session: Session,
    code: str,
    number: str,
    *,
    done: str = "",
    check: dict[str, Any] | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    person = await load(request, session, "acts", code, number)
    known = await asked(gateway_of(request), session, f"{person.path}/incomes", service="premium")
    return show(
        request, person, "acts", template="incomes", known=known, words=words, check=check, typed=typed or {}, key=str(uuid4()),
        done=done if done in ("declared", "inquired", "asked") else "",
    )  # fmt: skip


async def _act(
    request: Request,
    session: Session,
    code: str,
    number: str,
    path: str,
    body: dict[str, Any],
    key: UUID,
    action: str,
    what: str,
    done: str,
) -> Response:
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, action, code, number)
    await carry(gateway, session, "premium", path, body, key=key, action=action, about=(subject,), what=what)
    return RedirectResponse(f"/people/{code}/{number}/acts/incomes?done={done}", status_code=303, headers=HEADERS)


def _yen(typed: str) -> int:
    amount = typed.replace(",", "").replace("，", "").replace("円", "").strip()
    if not amount.isdecimal() or int(amount) > _LARGEST:
        raise Problem(422, *_AMOUNT, detail="円の整数で入れてください。損失があるときは、税の申告をご案内ください。")
    return int(amount)
