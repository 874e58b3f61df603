"""賦課台帳: a page of a ledger for the screen, and its files as PDF or CSV."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.lists import STRUCK
from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import once, role, runtime_of, stored_file
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from premium_service.domain.ledgers import AMOUNTS, COLUMNS, SUMS, TITLES, WHOLE_UNION, LedgerAsked, LedgerKind, NotAsked
from premium_service.store import ledgers, made_ledgers

router = APIRouter(prefix="/ledgers", tags=["ledgers"])
Officer = Annotated[Principal, Depends(role("union_staff"))]
ROWS_A_PAGE = 100
_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "csv_cp932": "text/csv; charset=Shift_JIS"}


class Wanted(BaseModel):
    """Which ledger: of a municipality or the whole union ('*'); of a fiscal year, or of days."""

    municipality: str = Field(pattern=r"^(\d{6}|\*)$")
    fiscal_year: int | None = Field(default=None, ge=2008, le=9998)
    first_day: date | None = None
    last_day: date | None = None


class FileWanted(Wanted):
    """Files of a ledger. `names`: the names of municipalities, as they stand on the pages; `place`: whose ledger it is, in words."""

    form: Literal["pdf", "csv", "csv_cp932"]
    place: str = Field(min_length=1, max_length=60)
    names: dict[str, str] = Field(default_factory=dict)


@router.get("/files")
async def made(request: Request, who: Officer) -> list[dict[str, Any]]:
    """The latest ledgers that were made, with their files; one that is still being made has only some."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_made(row) for row in await made_ledgers.listing(uow)]


@router.get("/files/{run_id}/{number}")
async def file(run_id: UUID, number: int, request: Request, who: Officer) -> Response:
    """One file of a ledger, byte for byte as it was made."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await made_ledgers.file(uow, run_id, number)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この台帳はまだ作られていないか、見る権限のない市区町村のものです。")
    return await stored_file(runtime, found["document_key"], found["document_sha256"], media_type=_TYPES[found["form"]])


@router.get("/{kind}")
async def page(
    kind: LedgerKind, request: Request, who: Officer, wanted: Annotated[Wanted, Query()], page: Annotated[int, Query(ge=1)] = 1
) -> dict[str, Any]:
    """A hundred lines of a ledger, with its heads, how many lines there are, and what they add up to (yen)."""
    asked = _asked(kind, wanted, who)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        total, yen = await ledgers.totals(uow, asked)
        found = await ledgers.page(uow, asked, first=(page - 1) * ROWS_A_PAGE, most=ROWS_A_PAGE)
    return {
        "title": TITLES[kind],
        "line": asked.line(),
        "columns": [{"name": column.name, "term": column.term, "is_amount": column.name in AMOUNTS} for column in COLUMNS[kind]],
        "struck": STRUCK,
        "rows": found,
        "total": total,
        "yen": yen,
        "sum_term": SUMS[kind],
        "page": page,
        "pages": max(1, -(-total // ROWS_A_PAGE)),
    }


@router.post("/{kind}/files", status_code=201)
async def make(
    kind: LedgerKind,
    wanted: FileWanted,
    request: Request,
    who: Officer,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> dict[str, Any]:
    """Make the files of a ledger, by a job. The same Idempotency-Key is the same ledger."""
    runtime, asked = runtime_of(request), _asked(kind, wanted, who)
    parameters = {
        "asked": json.dumps(asked.as_json()),
        "form": wanted.form,
        "place": wanted.place,
        "names": json.dumps(wanted.names, ensure_ascii=False),
        "by": who.user,
    }

    async def begin() -> dict[str, Any]:
        return {"run_id": str(await runtime.begin_job("make-ledger", parameters, by=who.user))}

    async with runtime.units.open() as uow:
        begun = await once(uow, who, idempotency_key, await request.body(), begin)
    async with runtime.units.open(seen_by=who) as uow:
        (row,) = await made_ledgers.listing(uow, run_id=UUID(begun["run_id"]))
    return _made(row)


def _asked(kind: LedgerKind, wanted: Wanted, who: Principal) -> LedgerAsked:
    """The ledger, if the asker may see these people."""
    if not who.may_see(wanted.municipality):
        raise Problem(403, *NOT_ALLOWED, detail="この市区町村の台帳を見る権限がありません。")
    try:
        return LedgerAsked(kind, wanted.municipality, wanted.fiscal_year, wanted.first_day, wanted.last_day)
    except NotAsked as error:
        raise Problem(422, "KOKI-P023", "台帳の条件が足りません。", str(error)) from error


def _made(row: dict[str, Any]) -> dict[str, Any]:
    """A ledger as the gateway shows it: ready, being made, or stopped."""
    state = "ready" if row["made_at"] else "failed" if row["run_state"] == "failed" else "making"
    kind = LedgerKind(row["kind"])
    asked = LedgerAsked.of_json(row.pop("asked"))
    whole = row["municipality_code"] == WHOLE_UNION
    return {**row, "state": state, "title": TITLES[kind], "line": asked.line(), "sum_term": SUMS[kind], "whole_union": whole}
