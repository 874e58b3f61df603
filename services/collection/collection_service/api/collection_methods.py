"""徴収方法: how each payment of a person is collected and why, requests for bank transfer, and the list of a payment."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import numpy as np
from chassis.commands import Clerk, Command, Key, Person, carried_out
from chassis.database import driver
from chassis.lists import PDF
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import Asking, runtime_of
from contracts.eras import format_day
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from collection_service.documents.method_list import MOST, method_list
from collection_service.rules.collection_method import released
from collection_service.store import method_reading, payers

router = APIRouter(tags=["collection method"])
Form = Literal["pdf", "csv", "csv_cp932"]
_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "csv_cp932": "text/csv; charset=Shift_JIS"}
SCHEME_BEGINS = date(2008, 4, 1)


class Transfer(Command):
    """納付方法変更申出書: from which day; `in_group`: belongs to the groups who alone could ask until March 2009."""

    asked_on: date = Field(ge=SCHEME_BEGINS)
    in_group: bool = False


class Withdrawal(Command):
    """Since when special collection is wanted again."""

    withdrawn_on: date = Field(ge=SCHEME_BEGINS)


class ListAsked(BaseModel):
    """Of which payment; `others`: those alone who are not collected from the pension."""

    fiscal_year: int = Field(ge=2008, le=9998)
    month: Literal["4", "6", "8", "10", "12", "2"]
    municipality_code: str | None = Field(default=None, pattern=r"^\d{6}$")
    others: bool = False


@router.get("/people/{municipality_code}/{resident_number}/collection-method")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Asking) -> dict[str, Any]:
    """Each payment with method, reason in words and article, and the figures of the 2分の1判定; and the requests for bank transfer."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        insured = await _insured(uow, (municipality_code, resident_number))
        payments, requests = await method_reading.of_person(await driver(uow.connection), insured)
    return {"payments": payments, "requests": requests}


@router.post("/people/{municipality_code}/{resident_number}/transfer-requests", status_code=201)
async def ask_for_transfer(
    municipality_code: str, resident_number: str, form: Transfer, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """Take a request for bank transfer; it counts from the next decision. Refused where the law of the day does not know it."""

    async def act(uow: UnitOfWork, insured: list[UUID]) -> dict[str, Any]:
        _require_past(form.asked_on, uow.today)
        if not _is_released(form):
            day = format_day(form.asked_on)
            detail = f"{day}には、この方の申出による変更は認められていません。施行令の改正（平成20年10月・平成21年4月）を確かめてください。"
            raise Problem(409, "KOKI-C032", "この日の法令では、口座振替への変更を申し出ることができません。", detail)
        raw = await driver(uow.connection)
        found = await method_reading.ask_for_transfer(
            raw, insured[-1], municipality_code, form.asked_on, in_group=form.in_group, by=who.user
        )
        if found is None:
            raise Problem(
                409, "KOKI-C033", "納付方法変更の申出を、すでに受け付けています。", "取り下げてから、もう一度受け付けてください。"
            )
        return {"request_id": str(found)}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, form, _known, act)


@router.post("/people/{municipality_code}/{resident_number}/transfer-requests/{request_id}/withdrawal", status_code=201)
async def withdraw(
    municipality_code: str, resident_number: str, request_id: UUID, form: Withdrawal, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """Take the withdrawal of a request: special collection can begin again in the next start month after that day."""

    async def act(uow: UnitOfWork, insured: list[UUID]) -> dict[str, Any]:
        _require_past(form.withdrawn_on, uow.today)
        if not await method_reading.withdraw(await driver(uow.connection), request_id, insured, form.withdrawn_on, by=who.user):
            raise Problem(
                409,
                "KOKI-C034",
                "取り下げる申出がありません。",
                "取下げ済みか、取下げ日が申出日より前です。画面を開き直して確かめてください。",
            )
        return {"request_id": str(request_id)}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, form, _known, act)


@router.get("/collection-methods/document", response_class=Response)
async def document(request: Request, who: Asking, asked: Annotated[ListAsked, Query()], form: Form = PDF, place: str = "") -> Response:
    """徴収方法一覧, or 特別徴収非対象者一覧, of a payment: PDF up to its most rows, or CSV."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        raw, today = await driver(uow.connection), uow.today
        rows = await method_reading.of_payment(raw, asked.fiscal_year, int(asked.month), asked.municipality_code, only_others=asked.others)
    if form == PDF and len(rows) > MOST:
        detail = f"{len(rows):,}人が該当します。PDFは{MOST:,}人までです。市区町村を指定するか、CSVを選んでください。"
        raise Problem(409, "KOKI-C036", "一覧が長すぎるため、PDFを作れません。", detail)
    content = await asyncio.to_thread(
        method_list, rows, fiscal_year=asked.fiscal_year, month=int(asked.month), place=place or "見ることのできる市区町村",
        only_others=asked.others, form=form, today=today,
    )  # fmt: skip
    return Response(content, media_type=_TYPES[form], headers={"Cache-Control": "no-store"})


async def _insured(uow: UnitOfWork, person: Person) -> list[UUID]:
    """The insured people under a 宛名番号, the latest fiscal year last."""
    years = (await payers.find(uow, person)).years
    return list(dict.fromkeys(years[year] for year in sorted(years)))


async def _known(uow: UnitOfWork, person: Person) -> list[UUID] | None:
    return await _insured(uow, person) or None


def _is_released(form: Transfer) -> bool:
    asked = np.ones(1, np.bool_)
    return bool(released.on(form.asked_on)(asked=asked, in_group=asked & form.in_group)[0])


def _require_past(day: date, today: date) -> None:
    if day > today:
        raise Problem(422, "KOKI-C035", "日付が先の日です。", f"{format_day(today)}までの日を入力してください。")
