"""還付金の支払い: the lists that went to the bank, and the results that came back."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from chassis.commands import Clerk, Command, Key, require_own
from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.web import once, runtime_of, stored_file
from fastapi import APIRouter, Request, Response
from pydantic import Field

from collection_service.store import refund_payments

router = APIRouter(prefix="/refund-payments", tags=["refunds"])
_RESULT = ("KOKI-C151", "振込結果を登録できません。")


class Result(Command):
    """What became of one payment of the list. `reason`: why the bank has not paid, or why the money has come back."""

    number: int = Field(ge=1)
    is_paid: bool
    reason: str = Field(default="", max_length=60)


class Results(Command):
    """Results of one list, some or all."""

    results: list[Result] = Field(min_length=1, max_length=5_000)


@router.get("/{run_id}/list", response_class=Response)
async def payment_list(run_id: UUID, request: Request, who: Clerk, form: Literal["pdf", "csv"] = "pdf") -> Response:
    """還付金振込一覧 of a run, as it was made."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await refund_payments.file_of(await driver(uow.connection), run_id)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この支払いの一覧はありません。")
    sha256 = found[f"{form}_sha256"]
    media_type = "application/pdf" if form == "pdf" else "text/csv; charset=utf-8"
    return await stored_file(runtime, refund_payments.key_of(sha256, form), sha256, media_type=media_type)


@router.post("/{run_id}/results", status_code=201)
async def take_results(run_id: UUID, given: Results, request: Request, who: Clerk, idempotency_key: Key) -> dict[str, Any]:
    """振込結果の登録: paid, or not with the reason; a payment that came back after it was paid is payable again."""
    async with runtime_of(request).units.open() as uow:
        raw = await driver(uow.connection)
        payments = {one["number"]: one for one in await refund_payments.of_run(raw, run_id, lock=True)}
        if not payments:
            raise Problem(404, *NOT_FOUND, detail="この支払いの一覧はありません。")
        require_own(who, next(iter(payments.values()))["municipality_code"])

        async def act() -> dict[str, Any]:
            for result in given.results:
                payment = payments.get(result.number)
                open_states = ("ordered",) if result.is_paid else ("ordered", "paid")
                if payment is None or payment["state"] not in open_states:
                    raise Problem(409, *_RESULT, detail=f"一覧の{result.number}番は、結果を待っていません。")
                if not result.is_paid and not result.reason:
                    raise Problem(422, *_RESULT, detail=f"一覧の{result.number}番の、振込不能の理由を入れてください。")
                if result.is_paid and payment["pay_on"] > uow.today:
                    raise Problem(422, *_RESULT, detail="振込指定日の前に、支払済みにはできません。")
                if result.is_paid:
                    await refund_payments.mark_paid(raw, payment, today=uow.today)
                else:
                    await refund_payments.mark_failed(raw, payment, result.reason, today=uow.today)
            paid = sum(result.is_paid for result in given.results)
            return {"paid": paid, "failed": len(given.results) - paid}

        return await once(uow, who, idempotency_key, f"{request.url.path} {given.model_dump_json()}".encode(), act)
