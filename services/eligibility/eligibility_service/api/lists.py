"""名簿: a page of a list for the screen, and its files as PDF or CSV."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import structlog
from chassis.clock import derived_id
from chassis.lists import STRUCK
from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import role, runtime_of, stored_file
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from eligibility_service.api.registering import WITHHELD
from eligibility_service.documents.list_file import write
from eligibility_service.domain.lists import COLUMNS, TITLES, WHOLE_UNION, ListAsked, ListKind, NotAsked, Order
from eligibility_service.store import lists, made_lists

log = structlog.get_logger("lists")
router = APIRouter(prefix="/lists", tags=["lists"])
Reader = Annotated[Principal, Depends(role("window_clerk", "municipal_manager", "union_staff"))]
ROWS_A_PAGE = 100
_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "csv_cp932": "text/csv; charset=Shift_JIS"}


class Wanted(BaseModel):
    """Which list: of a municipality or the whole union ('*'), and of which days. What is left out is as of today."""

    municipality: str = Field(pattern=r"^(\d{6}|\*)$")
    order: Order = Order.NUMBER
    valid_on: date | None = None
    known_on: date | None = None
    first_day: date | None = None
    last_day: date | None = None


class FileWanted(Wanted):
    """A file of a list. `place`: whose people they are, in words, as it stands on each page."""

    form: Literal["pdf", "csv", "csv_cp932"]
    place: str = Field(min_length=1, max_length=60)


@router.get("/files")
async def made(request: Request, who: Reader) -> list[dict[str, Any]]:
    """The latest lists that were made, with their files; one that is still being made has none yet."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_made(row) for row in await made_lists.listing(uow)]


@router.get("/files/{list_id}/{number}")
async def file(list_id: UUID, number: int, request: Request, who: Reader) -> Response:
    """One file of a list, byte for byte as it was made; none that is older than a 支援措置 of its people."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await made_lists.part(uow, list_id, number)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この帳票はまだ作られていないか、見る権限のない市区町村のものです。")
    if found["shows_withheld_address"]:
        raise Problem(409, *WITHHELD, detail="支援措置の登録より前に作った名簿のため、開けません。作り直してください。")
    return await stored_file(runtime, found["document_key"], found["document_sha256"], media_type=_TYPES[found["form"]])


@router.get("/{kind}")
async def page(
    kind: ListKind, request: Request, who: Reader, wanted: Annotated[Wanted, Query()], page: Annotated[int, Query(ge=1)] = 1
) -> dict[str, Any]:
    """A hundred rows of a list, with its heads, its days and how many rows there are in all."""
    asked = _asked(kind, wanted, who, request)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        total = await lists.count(uow, asked)
        found = await lists.rows(uow, asked, first=(page - 1) * ROWS_A_PAGE, most=ROWS_A_PAGE)
        return {
            "title": TITLES[kind],
            "lines": asked.lines(today=uow.today),
            "columns": [{"name": column.name, "term": column.term} for column in COLUMNS[kind]],
            "struck": STRUCK,
            "rows": found.to_dicts(),
            "total": total,
            "page": page,
            "pages": max(1, -(-total // ROWS_A_PAGE)),
        }


@router.post("/{kind}/files", status_code=201)
async def make(
    kind: ListKind,
    wanted: FileWanted,
    request: Request,
    who: Reader,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> dict[str, Any]:
    """Make a file of a list: a short one now, a long one by a job. The same Idempotency-Key is the same list."""
    runtime = runtime_of(request)
    units = runtime.units
    asked, list_id = _asked(kind, wanted, who, request), derived_id("list", who.user, idempotency_key)
    async with units.open(seen_by=who) as uow:
        if known := await made_lists.listing(uow, list_id=list_id):
            return _made(known[0])
        total = await lists.count(uow, asked)
    try:
        if total > made_lists.AT_ONCE:
            parameters = {
                "list_id": str(list_id),
                "asked": json.dumps(asked.as_json()),
                "form": wanted.form,
                "place": wanted.place,
                "by": who.user,
            }
            await runtime.begin_job("make-list", parameters, by=who.user)
        else:
            async with units.open() as uow:
                found = await made_lists.freeze(uow, list_id, asked, form=wanted.form, place=wanted.place, by=who.user)
                await made_lists.make_part(uow, found, write, number=1, first=0, rows=max(1, found.rows.height))
                await made_lists.finish(uow, list_id)
    except made_lists.AlreadyFrozen:
        log.info("list_pressed_twice", list_id=str(list_id))
    async with units.open(seen_by=who) as uow:
        (row,) = await made_lists.listing(uow, list_id=list_id)
    return _made(row)


def _asked(kind: ListKind, wanted: Wanted, who: Principal, request: Request) -> ListAsked:
    """The list, if the asker may see these people. A clerk sees the own municipalities, one at a time."""
    if not who.may_see(wanted.municipality):
        raise Problem(403, *NOT_ALLOWED, detail="この市区町村の名簿を見る権限がありません。")
    today = runtime_of(request).clock.today()
    days = {name: getattr(wanted, name) for name in ("known_on", "first_day", "last_day")}
    try:
        return ListAsked(kind, wanted.municipality, order=wanted.order, valid_on=wanted.valid_on or today, **days)
    except NotAsked as error:
        raise Problem(422, "KOKI-E060", "名簿の条件が足りません。", str(error)) from error


def _made(row: dict[str, Any]) -> dict[str, Any]:
    """A list as the gateway shows it: ready, being made, or stopped."""
    state = "ready" if row["made_at"] else "failed" if row["run_state"] == "failed" else "making"
    return {**row, "state": state, "title": TITLES[ListKind(row["kind"])], "whole_union": row["municipality_code"] == WHOLE_UNION}
