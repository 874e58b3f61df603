"""口座振替: 振替不能一覧 of a due day, and who has no way to pay at all."""

from __future__ import annotations

from datetime import date
from typing import Any

from chassis.database import driver
from chassis.law import FiscalYear
from chassis.web import Asking, runtime_of
from fastapi import APIRouter, Request

from collection_service.domain.debits import REASONS
from collection_service.domain.mandates import masked
from collection_service.store import debits, payment_methods

router = APIRouter(tags=["debits"])


@router.get("/debits/failed/{due_on}")
async def failed(due_on: date, request: Request, who: Asking) -> list[dict[str, Any]]:
    """振替不能一覧: every debit of a due day that the bank did not make, why, what is still unpaid, and whether a slip has gone out."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await debits.failed(await driver(uow.connection), due_on)
    return [{**row, "account_end": masked(row["account_end"]), "reason": REASONS[row["result_code"]]} for row in found]


@router.get("/payment-methods/missing")
async def missing(request: Request, who: Asking, fiscal_year: int | None = None) -> list[dict[str, Any]]:
    """納付方法のない人: who owes instalments that are still to come and has neither an account nor a slip for them, with the reason."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        year = fiscal_year or FiscalYear.of(uow.today).year
        return await payment_methods.missing(await driver(uow.connection), year, on=uow.today)
