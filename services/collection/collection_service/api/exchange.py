"""特別徴収の情報交換: the board of the twelve steps, what waits for a person, and what officers decide about it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from chassis.commands import Command, Key
from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import once, role, runtime_of
from fastapi import APIRouter, Depends, Request
from pydantic import Field

from collection_service.domain.requesting import Difference
from collection_service.law.pension_codes import pension_kinds
from collection_service.store import exchange, exchange_board, pensioners

router = APIRouter(prefix="/pension-exchange", tags=["pension-exchange"])
Watcher = Annotated[Principal, Depends(role("operator", "union_staff"))]
Staff = Annotated[Principal, Depends(role("union_staff"))]


class Explanation(Command):
    """Why a municipality's request may leave although so many cases of a kind do not agree with the ledgers."""

    municipality_code: str = Field(pattern=r"^\d{6}$")
    kind: Difference
    cases: int = Field(gt=0)
    reason: str = Field(min_length=1, max_length=500)


class Link(Command):
    """Whom a pension of a doubtful line belongs to; `insured_id` None: nobody who is insured."""

    captured_on: date
    collector_code: str
    basic_pension_number: str
    pension_code: str
    insured_id: UUID | None
    reason: str = Field(min_length=1, max_length=500)


class Settlement(Command):
    """What was done about a line that was rejected or timed out."""

    settled_as: str = Field(min_length=1, max_length=500)


@router.get("")
async def board(request: Request, who: Watcher) -> dict[str, Any]:
    """Each cycle with its days, and lines and yen of each municipality at each boundary; no person."""
    async with runtime_of(request).units.open() as uow:
        raw = await driver(uow.connection)
        cycles = await exchange_board.cycles(raw)
        for cycle in cycles:
            cycle["days_left"] = exchange_board.days_left(cycle["due_on"], uow.today)
        return {
            "today": uow.today,
            "cycles": cycles,
            "payments": await exchange_board.payments(raw),
            "refused": await exchange_board.refused(raw),
            "open_work": len(await exchange_board.work(raw)),
        }


@router.get("/work")
async def work(request: Request, who: Staff) -> list[dict[str, Any]]:
    """Candidates that nobody was found for with certainty, and lines that were rejected or timed out."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await exchange_board.work(await driver(uow.connection))


@router.post("/{captured_on}/explanations")
async def explain(captured_on: date, command: Explanation, request: Request, who: Staff, key: Key) -> dict[str, Any]:
    """An officer explains a difference; it covers exactly this number of cases."""
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            raw = await driver(uow.connection)
            await exchange.explain(
                raw, captured_on, command.municipality_code, command.kind, command.cases,
                reason=command.reason, by=who.user, today=uow.today,
            )  # fmt: skip
            return {"captured_on": str(captured_on), "kind": command.kind, "cases": command.cases}

        return await once(uow, who, key, f"{captured_on} {command.model_dump_json()}".encode(), act)


@router.post("/links")
async def link(command: Link, request: Request, who: Staff, key: Key) -> dict[str, Any]:
    """An officer says whom a doubtful line names; the pension counts for that person from now on."""
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            raw = await driver(uow.connection)
            pension = (command.captured_on, command.collector_code, command.basic_pension_number, command.pension_code)
            row = await pensioners.link(raw, pension, command.insured_id, by=who.user, reason=command.reason)
            if row is None:
                raise Problem(404, *NOT_FOUND, detail="この対象者は、もう特定されているか、取り込まれていません。")
            if row["insured_id"] is not None:
                await pensioners.keep_pensions(raw, [{name: row[name] for name in pensioners.PENSION}], pension_kinds())
            return {"state": row["state"]}

        return await once(uow, who, key, command.model_dump_json().encode(), act)


@router.post("/lines/{line_id}/settlement")
async def settle(line_id: UUID, command: Settlement, request: Request, who: Staff, key: Key) -> dict[str, Any]:
    """A person has dealt with a line that was rejected or timed out."""
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            done = await exchange_board.settle(await driver(uow.connection), line_id, by=who.user, settled_as=command.settled_as)
            if not done:
                raise Problem(404, *NOT_FOUND, detail="この依頼は、対応待ちではありません。")
            return {"line_id": str(line_id)}

        return await once(uow, who, key, f"{line_id} {command.model_dump_json()}".encode(), act)
