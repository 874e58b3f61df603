"""窓口収納: money that a clerk takes at the counter, each slip once; and its cancel, which a second officer decides."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis import approvals
from chassis.approvals import Approval
from chassis.commands import Clerk, Command, Key, carried_out
from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of
from contracts.eras import format_day, format_fiscal_year
from fastapi import APIRouter, Request
from pydantic import Field

from collection_service.store import money, payers, payment_ledger, receipts
from collection_service.store.payers import Payer
from collection_service.store.receipts import AlreadyGivenBack, ContradictoryReceipt, Receipt

router = APIRouter(prefix="/people/{municipality_code}/{resident_number}/receipts", tags=["receipts"])
COUNTER: Final = "counter"
CANCEL: Final = "receipt_cancelled"


class CounterReceipt(Command):
    """What a clerk has taken: `slip_number` is the number of the receipt given to the payer (領収証書番号), yen, on the day of the seal."""

    fiscal_year: int = Field(ge=2008, le=9998)
    number: int = Field(ge=1, le=199)
    amount: int = Field(ge=1, le=10_000_000)
    paid_on: date
    slip_number: str = Field(pattern=r"^[0-9A-Z-]{1,20}$")


class Cancellation(Command):
    """Why a receipt is taken back."""

    reason: str = Field(min_length=1, max_length=120)


@router.get("")
async def listing(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """Every receipt of a person, the newest first, with what became of it."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await payment_ledger.receipts_of(await driver(uow.connection), municipality_code, resident_number)


@router.post("", status_code=201)
async def take(
    municipality_code: str, resident_number: str, taken: CounterReceipt, request: Request, who: Clerk, key: Key
) -> dict[str, Any]:
    """Enter what was paid at the counter, once for a key and once for a slip; more than is unpaid is not taken."""

    async def act(uow: UnitOfWork, payer: Payer) -> dict[str, Any]:
        insured_id = _charged(payer, taken.fiscal_year)
        if taken.paid_on > uow.today:
            raise Problem(422, "KOKI-C010", "領収日が今日より後です。", "領収印の日付を確かめてください。")
        raw = await driver(uow.connection)
        await receipts.lock_people(raw, [(insured_id, taken.fiscal_year)])
        receipt = Receipt(
            COUNTER, f"{municipality_code}:{taken.slip_number}", municipality_code, taken.amount, taken.paid_on, insured_id,
            taken.fiscal_year, taken.number,
        )  # fmt: skip
        unpaid = {state.number: state.unpaid for state in await money.states(raw, [(insured_id, taken.fiscal_year)])}.get(taken.number)
        try:
            (answer,) = await receipts.take(raw, [receipt], today=uow.today)
        except ContradictoryReceipt as error:
            raise Problem(
                409,
                "KOKI-C011",
                "この領収証書番号は、別の収納に使われています。",
                "番号を確かめてください。",
                slip_number=taken.slip_number,
            ) from error
        if not answer.repeated and answer.settled != taken.amount:
            raise Problem(409, "KOKI-C012", "納付額が未納額を超えています。", f"この期別の未納額は{unpaid or 0:,}円です。")
        return {"reference": answer.reference, "settled": answer.settled, "repeated": answer.repeated}

    return await carried_out(request, who, (municipality_code, resident_number), key, taken, payers.find, act)


@router.post("/{receipt_id}/cancellation", status_code=202)
async def ask_to_cancel(
    municipality_code: str, resident_number: str, receipt_id: UUID, asked: Cancellation, request: Request, who: Clerk, key: Key
) -> dict[str, Any]:
    """Put the cancel of a counter receipt before a second officer; nothing is taken back yet."""

    async def act(uow: UnitOfWork, payer: Payer) -> dict[str, Any]:
        raw = await driver(uow.connection)
        found = await payment_ledger.receipts_of(raw, municipality_code, resident_number)
        receipt = next((one for one in found if one["receipt_id"] == receipt_id), None)
        if receipt is None:
            raise Problem(404, *NOT_FOUND, detail="この方の収納ではありません。")
        if receipt["source"] != COUNTER:
            raise Problem(409, "KOKI-C013", "窓口で受けた収納ではありません。", "金融機関などの収納は、送り元の取消データで取り消します。")
        if receipt["cancelled_on"] is not None or receipt["is_asked"]:
            raise Problem(409, "KOKI-C014", "この収納は、すでに取り消されたか、取消しの確認を待っています。")
        named = await payers.named(uow, payer.person)
        content = named | {name: str(receipt[name]) for name in ("receipt_id", "reference", "paid_on", "fiscal_year", "number", "amount")}
        approval_id = await approvals.ask(
            uow, act=CANCEL, municipality_code=municipality_code, resident_number=resident_number, content=content, reason=asked.reason,
            by=who.user,
        )  # fmt: skip
        return {"approval_id": str(approval_id)}

    return await carried_out(request, who, (municipality_code, resident_number), key, asked, payers.find, act)


def shown(asked: Approval) -> dict[str, str]:
    """What the second officer reads of a cancel."""
    content = asked.content
    return {
        "被保険者": f"{content['name']}（被保険者番号 {content['insured_number']}）",
        "年度・期別": f"{format_fiscal_year(int(content['fiscal_year']))} {payment_ledger.label_of(int(content['number']))}",
        "領収日": format_day(date.fromisoformat(content["paid_on"])),
        "金額": f"{int(content['amount']):,}円",
        "領収証書番号": content["reference"].partition(":")[2],
        "取消しの理由": asked.reason,
    }


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: every entry of the receipt is reversed."""
    try:
        done = await receipts.take_back(
            await driver(uow.connection), COUNTER, asked.content["reference"], today=uow.today, reason=asked.reason
        )
    except AlreadyGivenBack as error:
        detail = "収納の後に還付か充当をしています。先に、その還付か充当を取り消してください。"
        raise Problem(409, "KOKI-C015", "この収納は取り消せません。", detail) from error
    return {"receipt_id": asked.content["receipt_id"], "cancelled": done}


def _charged(payer: Payer, fiscal_year: int) -> UUID:
    """Whose premium of a year it is; a Problem where none is charged."""
    if fiscal_year not in payer.years:
        raise Problem(404, "KOKI-C016", "この年度の保険料は調定されていません。", "年度と宛名番号を確かめてください。")
    return payer.years[fiscal_year]
