"""消込エラー: what waits for a person, the oldest first, and what a clerk does with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.commands import Clerk, Command, Key, carried_out
from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, runtime_of
from fastapi import APIRouter, Request
from pydantic import Field

from collection_service.store import payers, receipt_exceptions
from collection_service.store.payers import Payer

router = APIRouter(tags=["receipt exceptions"])


class Resolution(Command):
    """Whose unidentified money it is: of which year, and for which instalment (None: paid too much)."""

    receipt_id: UUID
    fiscal_year: int = Field(ge=2008, le=9998)
    number: int | None = Field(default=None, ge=1, le=199)


class Review(Command):
    """Why a receipt that came after a death stays as it is."""

    remark: str = Field(min_length=1, max_length=200)


@router.get("/receipt-exceptions")
async def listing(request: Request, who: Clerk, municipality_code: str | None = None) -> list[dict[str, Any]]:
    """不明入金, 過誤納 and 死亡後の収納 of the asker's municipalities, the oldest first; `days` since they were paid."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await receipt_exceptions.listing(await driver(uow.connection), today=uow.today, municipality_code=municipality_code)


@router.post("/people/{municipality_code}/{resident_number}/identified-receipts", status_code=201)
async def resolve(
    municipality_code: str, resident_number: str, resolution: Resolution, request: Request, who: Clerk, key: Key
) -> dict[str, Any]:
    """不明入金 is this person's: it settles the instalment, and what is beyond is overpaid."""

    async def act(uow: UnitOfWork, payer: Payer) -> dict[str, Any]:
        insured_id = payer.years.get(resolution.fiscal_year)
        if insured_id is None:
            raise Problem(404, "KOKI-C016", "この年度の保険料は調定されていません。", "年度と宛名番号を確かめてください。")
        try:
            answer = await receipt_exceptions.resolve(
                await driver(uow.connection), resolution.receipt_id, insured_id=insured_id, fiscal_year=resolution.fiscal_year,
                number=resolution.number, today=uow.today,
            )  # fmt: skip
        except receipt_exceptions.NothingUnidentified as error:
            raise Problem(409, "KOKI-C017", "この入金は、不明のまま残っていません。", "一覧を開き直してください。") from error
        except receipt_exceptions.NotTheirs as error:
            detail = "入金を受けた市区町村が調定している期別を選んでください。"
            raise Problem(409, "KOKI-C018", "この入金は、この期別には入れられません。", detail) from error
        return {"reference": answer.reference, "settled": answer.settled, "overpaid": answer.overpaid}

    return await carried_out(request, who, (municipality_code, resident_number), key, resolution, payers.find, act)


@router.post("/receipt-exceptions/{receipt_id}/review", status_code=201)
async def review(receipt_id: UUID, reviewed: Review, request: Request, who: Clerk, key: Key) -> dict[str, Any]:
    """死亡後の収納 was looked at: it leaves the list, and why is kept."""
    units = runtime_of(request).units
    async with units.open(seen_by=who) as uow:
        seen = await (await driver(uow.connection)).fetchval("SELECT true FROM receipt WHERE receipt_id = $1", receipt_id)
    if not seen:
        raise Problem(404, *NOT_FOUND)

    async with units.open() as uow:

        async def act() -> dict[str, Any]:
            raw = await driver(uow.connection)
            done = await receipt_exceptions.review(raw, receipt_id, remark=reviewed.remark, by=who.user, today=uow.today)
            return {"receipt_id": str(receipt_id), "reviewed": done}

        return await once(uow, who, key, f"{receipt_id} {reviewed.model_dump_json()}".encode(), act)
