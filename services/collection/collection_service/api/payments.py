"""収納: the ledger of a person as of any day, the state of collection by municipality and 期, and the certificate for the tax return."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Literal

from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.lists import PDF
from chassis.problems import NOT_FOUND, Problem
from chassis.web import Asking, runtime_of
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from collection_service.documents import payment_lists
from collection_service.documents.payment_certificate import CertificateData, PaidPart, render_certificate
from collection_service.law import office_of
from collection_service.store import payers, payment_ledger
from collection_service.store.payment_ledger import Axis

router = APIRouter(tags=["payments"])
Form = Literal["pdf", "csv", "csv_cp932"]
_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "csv_cp932": "text/csv; charset=Shift_JIS"}
_CANNOT = ("KOKI-C020", "納付証明書を作れません。")


class AsOf(BaseModel):
    """As of the end of which day (None: today), by the day of payment or the day of entry."""

    as_of: date | None = None
    axis: Axis = "paid_on"


class StatusAsked(BaseModel):
    """収納状況 of a fiscal year: of one municipality, or of all that the asker may see."""

    fiscal_year: int = Field(ge=2008, le=9998)
    municipality_code: str | None = Field(default=None, pattern=r"^\d{6}$")
    as_of: date | None = None


@router.get("/people/{municipality_code}/{resident_number}/payments")
async def of_person(
    municipality_code: str, resident_number: str, request: Request, who: Asking, asked: Annotated[AsOf, Query()]
) -> list[dict[str, Any]]:
    """被保険者別収納台帳: each fiscal year with its instalments and entries as of a day; nothing for whom the asker may not see."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        day = asked.as_of or uow.today
        return await payment_ledger.of_person(await driver(uow.connection), municipality_code, resident_number, as_of=day, axis=asked.axis)


@router.get("/people/{municipality_code}/{resident_number}/payments/document", response_class=Response)
async def document(
    municipality_code: str, resident_number: str, request: Request, who: Asking, asked: Annotated[AsOf, Query()], form: Form = "pdf"
) -> Response:
    """The same as PDF or CSV."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        day, today = asked.as_of or uow.today, uow.today
        raw = await driver(uow.connection)
        years = await payment_ledger.of_person(raw, municipality_code, resident_number, as_of=day, axis=asked.axis)
        named = await payers.named(uow, (municipality_code, resident_number))
    if not years:
        raise Problem(404, *NOT_FOUND, detail="この方の保険料は調定されていません。")
    person = f"{named['name']}（被保険者番号 {named['insured_number']}　宛名番号 {resident_number}）"
    content = await asyncio.to_thread(payment_lists.ledger, years, person=person, as_of=day, axis=asked.axis, form=form, today=today)
    return _file(content, form)


@router.get("/collection-status")
async def status(request: Request, who: Asking, asked: Annotated[StatusAsked, Query()]) -> list[dict[str, Any]]:
    """収納状況表: of each municipality that the asker may see and each 期, as it was known at the end of a day."""
    found, _, _ = await _status(request, who, asked)
    return found


@router.get("/collection-status/document", response_class=Response)
async def status_document(
    request: Request, who: Asking, asked: Annotated[StatusAsked, Query()], form: Form = "pdf", place: str = "", names: str = ""
) -> Response:
    """The same as PDF or CSV. `place`: whose state it is, in words; `names`: 「131016=千代田区」 and so on, separated by commas."""
    found, day, today = await _status(request, who, asked)
    named = dict(pair.split("=", 1) for pair in names.split(",") if "=" in pair)
    content = await asyncio.to_thread(
        payment_lists.status, found, fiscal_year=asked.fiscal_year, place=place or "見ることのできる市区町村", names=named, as_of=day,
        form=form, today=today,
    )  # fmt: skip
    return _file(content, form)


@router.get("/people/{municipality_code}/{resident_number}/payment-certificates/{year}", response_class=Response)
async def certificate(municipality_code: str, resident_number: str, year: int, request: Request, who: Asking) -> Response:
    """納付証明書: what was paid in a calendar year, by special and by ordinary collection."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        paid = await payment_ledger.paid_in(await driver(uow.connection), municipality_code, resident_number, year)
        named, today = await payers.named(uow, (municipality_code, resident_number)), uow.today
    if not paid:
        raise Problem(404, *NOT_FOUND, detail=f"{year}年中に納めた保険料がありません。")
    if any(row["amount"] < 0 for row in paid):
        detail = "前の年までに納めた保険料が、この年に減額されています。前の年の証明書を作り直し、この年の額は担当者が確かめてください。"
        raise Problem(409, *_CANNOT, detail=detail)
    office = office_of(municipality_code, today)
    years = sorted({row["fiscal_year"] for row in paid})
    amounts = {(row["fiscal_year"], row["is_special"]): row["amount"] for row in paid}
    parts = [PaidPart(fiscal_year=one, special=amounts.get((one, True), 0), ordinary=amounts.get((one, False), 0)) for one in years]
    try:
        data = CertificateData(
            **named, year=year, parts=tuple(parts), counted_on=today, issuer=office.issuer,
            contact={"office": office.office, "telephone": office.telephone},
        )  # fmt: skip
        content = await asyncio.to_thread(render_certificate, data)
    except DocumentRefused as refused:
        raise Problem(409, *_CANNOT, detail=str(refused)) from refused
    return _file(content, PDF)


async def _status(request: Request, who: Asking, asked: StatusAsked) -> tuple[list[dict[str, Any]], date, date]:
    async with runtime_of(request).units.open(seen_by=who) as uow:
        day = asked.as_of or uow.today
        raw = await driver(uow.connection)
        found = await payment_ledger.status(raw, asked.fiscal_year, as_of=day, municipality_code=asked.municipality_code)
        return found, day, uow.today


def _file(content: bytes, form: str) -> Response:
    return Response(content, media_type=_TYPES[form], headers={"Cache-Control": "no-store"})
