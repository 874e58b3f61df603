"""納付書: which slips a person got, and the very page that was printed."""

from __future__ import annotations

from functools import partial
from typing import Any

from chassis.database import driver
from chassis.documents.print_files import pages_of
from chassis.problems import NOT_FOUND, Problem
from chassis.web import Asking, runtime_of, stored_file
from fastapi import APIRouter, Request, Response

from collection_service.store import convenience, slips

router = APIRouter(tags=["slips"])


@router.get("/people/{municipality_code}/{resident_number}/slips")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Asking) -> list[dict[str, Any]]:
    """Every slip of a person, the newest first, with 速報 and 確報 of convenience stores."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await slips.of_person(await driver(uow.connection), municipality_code, resident_number)


@router.get("/people/{municipality_code}/{resident_number}/slips/{slip_number}/document", response_class=Response)
async def document(municipality_code: str, resident_number: str, slip_number: int, request: Request, who: Asking) -> Response:
    """The page of a slip as it was printed. 404 where it was not issued."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await slips.document_of(await driver(uow.connection), municipality_code, resident_number, slip_number)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この番号の納付書は発行していません。")
    sha256, page = found
    return await stored_file(runtime, slips.key_of(sha256), sha256, cut=partial(pages_of, first=page, count=1, sha256=sha256))


@router.get("/convenience-payments/announced")
async def announced(request: Request, who: Asking) -> list[dict[str, Any]]:
    """速報一覧: payments at convenience stores that were announced and neither confirmed nor taken back: none counts as paid yet."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await convenience.announced(await driver(uow.connection))
