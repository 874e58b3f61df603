"""納入通知書: which notices a person got, and the very page that was printed."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import obstore
from chassis.database import driver
from chassis.documents.print_files import pages_of
from chassis.problems import NOT_FOUND, Problem
from chassis.web import Asking, runtime_of
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from collection_service.store import notices

router = APIRouter(tags=["notices"])


class Notice(BaseModel):
    """A notice that was issued, or refused with a reason that a clerk can act on."""

    fiscal_year: int
    revision: int
    annual_amount: int
    state: str
    issued_on: date | None
    document_sha256: str | None
    refusal: str | None


@router.get("/people/{municipality_code}/{resident_number}/notices")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Asking) -> list[Notice]:
    """Every notice about a person, newest first."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await notices.of_person(await driver(uow.connection), municipality_code, resident_number)
    return [Notice.model_validate(notice) for notice in found]


@router.get("/handovers")
async def to_hand_over(request: Request, who: Asking) -> list[dict[str, Any]]:
    """引き渡し一覧: notices of protected people, printed apart and without an address; a person gives them."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await notices.to_hand_over(await driver(uow.connection))


@router.get("/people/{municipality_code}/{resident_number}/notices/{fiscal_year}/document", response_class=Response)
async def document(municipality_code: str, resident_number: str, fiscal_year: int, request: Request, who: Asking) -> Response:
    """The latest notice of a fiscal year as PDF: its page of the print file, as it was printed. 404 where none was issued."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await notices.document_of(await driver(uow.connection), municipality_code, resident_number, fiscal_year)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail=f"{fiscal_year}年度の納入通知書は、まだ発行していません。")
    sha256, page, shows_withheld_address = found
    if shows_withheld_address:
        raise Problem(409, "KOKI-C003", "支援措置により表示できません。", "住所を書いた納入通知書のため、開けません。")
    content = bytes(await (await obstore.get_async(runtime.store, notices.key_of(sha256))).bytes_async())
    return Response(await asyncio.to_thread(pages_of, content, page, 1, sha256), media_type="application/pdf")
