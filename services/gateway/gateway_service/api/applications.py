"""減免・徴収猶予: intake, the receipt, what the union proposes, and the letters; each act is shown once more before it is done."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.person import Person, TakesNotices, load, require_own, show
from gateway_service.api.registers import PERSON, asked, day_of, pdf
from gateway_service.domain.roles import Right, has_right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Worker = Annotated[Session, allowed(Right.SEE_WORKLIST)]
Staff = Annotated[Session, allowed(Right.UNION_WORK)]
ACT = f"{PERSON}/acts/relief"
Kind = Literal["remission", "deferral"]
STATES: Final = {"received": "受付", "granted": "決定", "refused": "却下", "withdrawn": "取下げ", "revoked": "取消し"}
_FORM = ("KOKI-S581", "入力に誤りがあります。")


@router.get("/relief-applications")
async def listing(request: Request, session: Worker, state: str = "received") -> Response:
    """The applications of the session's municipalities, the longest waiting first."""
    if state not in STATES:
        raise Problem(404, *NOT_FOUND)
    gateway = gateway_of(request)
    rows = await asked(gateway, session, "/applications", service="premium", state=state)
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in rows))
    await gateway.record(session, "see_applications", "shown", about=about, detail=state)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "relief_applications.html", rows=rows, state=state, states=STATES, names=names)


@router.get(ACT)
async def of_person(request: Request, session: TakesNotices, municipality_code: str, resident_number: str, done: str = "") -> Response:
    """Every application of a person with its state, and what is remitted of each premium."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    known = await asked(gateway_of(request), session, f"{person.path}/applications", service="premium")
    packs = (await asked(gateway_of(request), session, "/remission-packs", service="premium"))["packs"]
    return show(
        request, person, "acts", template="relief", known=known, packs=packs, states=STATES, done=done[:12], keys=uuid4,
        is_staff=has_right(session.roles, Right.UNION_WORK),
    )  # fmt: skip


@router.get(f"{ACT}/apply/{{relief}}")
async def form(request: Request, session: TakesNotices, municipality_code: str, resident_number: str, relief: Kind) -> Response:
    """The form of an application."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    today = gateway_of(request).runtime.clock.today()
    return await _form(request, session, person, relief, {"applied_on": today.isoformat(), "relationship": "本人"})


@router.post(f"{ACT}/apply/{{relief}}", dependencies=[OwnForm])
async def take(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    relief: Kind,
    key: Annotated[UUID, Form()],
    step: Annotated[str, Form(pattern="^(check|take)$")],
) -> Response:
    """Show once more what was typed; then take it in."""
    gateway = gateway_of(request)
    form = await request.form()
    typed: dict[str, Any] = {
        name: str(value).strip()[:200] for name, value in form.items() if isinstance(value, str) and name not in ("csrf", "key", "step")
    }
    typed |= {name: [str(value)[:40] for value in form.getlist(name)] for name in ("evidence", "instalments")}
    body = _body(relief, typed)
    if step == "check":
        person = await load(request, session, "acts", municipality_code, resident_number)
        return await _form(request, session, person, relief, typed, check=body)
    subject = await require_own(gateway, session, "apply_for_relief", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    await carry(
        gateway,
        session,
        "premium",
        f"{path}/{relief}-applications",
        body,
        key=key,
        action="apply_for_relief",
        about=(subject,),
        what="受付",
    )
    return RedirectResponse(f"{path}/acts/relief?done=taken", status_code=303, headers=HEADERS)


@router.post(f"{ACT}/{{application_id}}/withdrawal", dependencies=[OwnForm])
async def withdraw(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    application_id: UUID,
    key: Annotated[UUID, Form()],
) -> Response:
    return await _act(request, session, municipality_code, resident_number, application_id, "withdrawal", {}, key, "withdraw_application")


@router.post(f"{ACT}/{{application_id}}/proposal", dependencies=[OwnForm])
async def propose(
    request: Request,
    session: Staff,
    municipality_code: str,
    resident_number: str,
    application_id: UUID,
    key: Annotated[UUID, Form()],
    decision: Annotated[str, Form(pattern="^(grant|refuse)$")],
    reason: Annotated[str, Form(max_length=120)],
    first_month: Annotated[str, Form(max_length=40)] = "",
    last_month: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """The union puts a decision before a second officer."""
    body: dict[str, Any] = {"grant": decision == "grant", "reason": reason}
    for name, value, term in (("first_month", first_month, "減免する最初の月"), ("last_month", last_month, "減免する最後の月")):
        if value.strip():
            body[name] = day_of(value, term=term)
    return await _act(request, session, municipality_code, resident_number, application_id, "proposal", body, key, "propose_relief")


@router.post(f"{ACT}/{{application_id}}/revocation", dependencies=[OwnForm])
async def revoke(
    request: Request,
    session: Staff,
    municipality_code: str,
    resident_number: str,
    application_id: UUID,
    key: Annotated[UUID, Form()],
    reason: Annotated[str, Form(max_length=120)],
) -> Response:
    body = {"reason": reason}
    return await _act(request, session, municipality_code, resident_number, application_id, "revocation", body, key, "propose_relief")


@router.get(f"{ACT}/{{application_id}}/{{letter}}.pdf")
async def paper(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    application_id: UUID,
    letter: Literal["receipt", "decision"],
) -> Response:
    """受付票 or the notice of the decision, when the application is of this person."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "see_document:application", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}/applications"
    known = await asked(gateway, session, path, service="premium")
    if str(application_id) not in [one["application_id"] for one in known["applications"]]:
        raise Problem(404, *NOT_FOUND, detail="この人の申請に、この番号のものはありません。")
    return await pdf(request, session, f"/applications/{application_id}/documents/{letter}", "application", subject, service="premium")


async def _form(
    request: Request, session: Session, person: Person, kind: str, typed: dict[str, Any], *, check: dict[str, Any] | None = None
) -> Response:
    words = await asked(gateway_of(request), session, "/remission-packs", service="premium")
    years = [year for year in person.years or [] if year["instalments"]]
    return show(
        request, person, "acts", template=f"relief_{kind}", typed=typed, check=check, packs=words["packs"], evidence=words["evidence"],
        grounds=words["deferral_grounds"], months=words["deferral_months"], years=years, key=str(uuid4()),
    )  # fmt: skip


async def _act(
    request: Request, session: Session, code: str, number: str, application_id: UUID, act: str, body: dict[str, Any], key: UUID, action: str
) -> Response:
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, action, code, number)
    path = f"/applications/{application_id}/{act}"
    what = "取下げ" if act == "withdrawal" else "申請"
    await carry(gateway, session, "premium", path, body, key=key, action=action, about=(subject,), what=what)
    return RedirectResponse(f"/people/{code}/{number}/acts/relief?done={act}", status_code=303, headers=HEADERS)


def _body(kind: str, typed: dict[str, Any]) -> dict[str, Any]:
    """What premium takes in, of what a clerk has typed."""
    body: dict[str, Any] = {name: typed.get(name, "") for name in ("applicant", "relationship", "evidence_note", "remark")}
    body |= {"evidence": typed["evidence"], "applied_on": day_of(typed.get("applied_on", ""), term="申請日")}
    if kind == "deferral":
        chosen = [value.split("/") for value in typed["instalments"]]
        if not chosen or any(len(parts) != 3 for parts in chosen) or len({parts[0] for parts in chosen}) != 1:
            raise Problem(422, *_FORM, detail="猶予する期別を、一つの年度の中から選んでください。")
        body |= {
            "fiscal_year": int(chosen[0][0]),
            "ground": typed.get("ground", ""),
            "until": day_of(typed.get("until", ""), term="猶予の期限"),
        }
        return body | {"instalments": [{"number": int(number), "due_on": due_on} for _, number, due_on in chosen]}
    pack, _, degree = typed.get("degree", "").partition("/")
    if not degree or not typed.get("fiscal_year", "").isdecimal():
        raise Problem(422, *_FORM, detail="年度と、損害・減少の程度を選んでください。")
    body |= {"fiscal_year": int(typed["fiscal_year"]), "pack": pack, "degree": degree}
    body["happened_on"] = day_of(typed.get("happened_on", ""), term="事由の発生日")
    for name in ("previous_income", "expected_income"):
        amount = typed.get(name, "").replace(",", "").replace("円", "")
        if amount:
            if not amount.isdecimal() or len(amount) > 10:
                raise Problem(422, *_FORM, detail="所得は、円の整数で入れてください。")
            body[name] = int(amount)
    return body
