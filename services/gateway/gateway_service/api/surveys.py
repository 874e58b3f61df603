"""居所の調査: the list, and what is done about one person."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.person import load, require_own, show
from gateway_service.api.registers import PERSON, Clerk, asked, day_of, pdf
from gateway_service.store import municipalities

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)


@router.get("/registers/surveys")
async def listing(request: Request, session: Clerk, closed: bool = False) -> Response:
    """居所不明者一覧, the first deadline first."""
    gateway = gateway_of(request)
    rows = await asked(gateway, session, "/residence-surveys", closed=str(closed).lower())
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in rows))
    await gateway.record(session, "see_registers", "shown", about=about, detail="surveys")
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "register_surveys.html", rows=rows, names=names, closed=closed)


@router.get(f"{PERSON}/acts/survey")
async def survey(request: Request, session: Clerk, municipality_code: str, resident_number: str, done: str = "") -> Response:
    """The surveys of a person, and what can be done in the open one."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    known = await asked(gateway_of(request), session, f"{person.path}/residence-surveys")
    return show(request, person, "survey", known=known, key=str(uuid4()), done=done[:1])


@router.post(f"{PERSON}/acts/survey", dependencies=[OwnForm])
async def open_survey(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    cause: Annotated[str, Form()],
    deadline: Annotated[str, Form()],
    remark: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "residence_survey", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    body = {"cause": cause, "deadline": day_of(deadline, term="調査の期限"), "remark": remark}
    await carry(gateway, session, "eligibility", f"{path}/residence-surveys", body, key=key, action="residence_survey", about=(subject,))
    return RedirectResponse(f"{path}/acts/survey?done=1", status_code=303, headers=HEADERS)


@router.post(f"{PERSON}/acts/survey/{{survey_id}}", dependencies=[OwnForm])
async def record(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    survey_id: UUID,
    key: Annotated[UUID, Form()],
    act: Annotated[str, Form()],
    done_on: Annotated[str, Form()],
    remark: Annotated[str, Form(max_length=200)],
) -> Response:
    """A visit or call, or the result."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "residence_survey", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    body = {"act": act, "done_on": day_of(done_on, term="行った日"), "remark": remark}
    answered = f"/residence-surveys/{survey_id}/acts"
    await carry(gateway, session, "eligibility", answered, body, key=key, action="residence_survey", about=(subject,), what="記録")
    return RedirectResponse(f"{path}/acts/survey?done=1", status_code=303, headers=HEADERS)


@router.get(f"{PERSON}/acts/survey/{{survey_id}}.pdf")
async def sheet(request: Request, session: Clerk, municipality_code: str, resident_number: str, survey_id: UUID) -> Response:
    """居所調査票, when it is of this person."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "see_document:survey_sheet", municipality_code, resident_number)
    known = await asked(gateway, session, f"/people/{municipality_code}/{resident_number}/residence-surveys")
    if str(survey_id) not in [found["survey_id"] for found in known]:
        raise Problem(404, *NOT_FOUND, detail="この人の調査に、この番号のものはありません。")
    return await pdf(request, session, f"/residence-surveys/{survey_id}/document", "survey_sheet", subject)
