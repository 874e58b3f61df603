"""決定通知書・変更通知書 as they were printed: those of a person, the very pages again, and the print files of the runs."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from chassis.documents.print_files import key_of, pages_of, without_pages
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import Asking, role, runtime_of, stored_file
from fastapi import APIRouter, Depends, Request, Response

from premium_service.store import printed_notices
from premium_service.store.decision_notices import FOLDER

router = APIRouter(tags=["notices"])
Officer = Annotated[Principal, Depends(role("union_staff"))]


@router.get("/people/{municipality_code}/{resident_number}/notices")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Asking) -> list[dict[str, Any]]:
    """Every notice about a person that was issued, or refused with a reason that a clerk can act on; newest first."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await printed_notices.of_person(uow, municipality_code, resident_number)


@router.get("/assessments/{assessment_id}/notice/document")
async def document(assessment_id: UUID, request: Request, who: Asking) -> Response:
    """The notice that told of a decision: its pages of the print file, as they were printed. 404 where none was issued."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await printed_notices.of_decision(uow, assessment_id)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この決定の通知書は、まだ発行していません。")
    if found.shows_withheld_address:
        raise Problem(409, "KOKI-P072", "支援措置により表示できません。", "住所を書いた通知書のため、開けません。")
    cut = partial(pages_of, first=found.first_page, count=found.pages, sha256=found.sha256)
    return await stored_file(runtime, key_of(FOLDER, found.sha256), found.sha256, cut=cut)


@router.get("/print-files")
async def files(request: Request, who: Officer) -> list[dict[str, Any]]:
    """印刷ファイル of the runs, the latest first."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await printed_notices.files(uow)


@router.get("/print-files/{run_id}/{number}")
async def file(run_id: UUID, number: int, request: Request, who: Officer) -> Response:
    """A whole print file, as it was printed; without the pages whose address is withheld by now (支援措置)."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await printed_notices.file(uow, run_id, number)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この印刷ファイルはありません。")
    sha256, hidden = found
    cut = partial(without_pages, left_out=hidden, sha256=sha256) if hidden else None
    return await stored_file(runtime, key_of(FOLDER, sha256), sha256, cut=cut)
