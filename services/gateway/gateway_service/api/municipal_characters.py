"""The municipalities' door for characters: what is asked of them, what they say of each, and the answers as a file."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway_service.api.gateway import gateway_of
from gateway_service.api.municipal import Sender
from gateway_service.domain.characters import GROUNDS, codes_of
from gateway_service.store import characters

router = APIRouter(prefix="/municipal/characters", tags=["municipal"])


class Evidence(BaseModel):
    """字形の手がかり of one character: a description of its shape or the number of its image, its reading, its strokes."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    shape: str | None = Field(default=None, min_length=1, max_length=200)
    image_reference: str | None = Field(default=None, min_length=1, max_length=200)
    reading: str | None = Field(default=None, max_length=40)
    strokes: int | None = Field(default=None, ge=1, le=64)

    @model_validator(mode="after")
    def _says_something(self) -> Evidence:
        if self.shape is None and self.image_reference is None:
            raise ValueError("字形の説明か、画像の番号を入れてください。")
        return self


@router.get("")
async def listing(request: Request, code: Sender) -> list[dict[str, Any]]:
    """The municipality's requests with what is known and what was answered."""
    return [_plain(row) for row in await _requests(request, code)]


@router.get(".csv")
async def as_file(request: Request, code: Sender) -> Response:
    """The answers as CSV for a spreadsheet (UTF-8 with a mark)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["宛名番号", "履歴番号", "項目", "位置", "届いた文字", "状態", "文字", "文字コード"])
    for row in await _requests(request, code):
        state = GROUNDS[row["ground"]] if row["ground"] else "未同定"
        codes = codes_of(row["character"]) if row["character"] else ""
        writer.writerow(
            [
                row["resident_number"],
                row["history_number"],
                row["field"],
                row["position"],
                row["mark"],
                state,
                row["character"] or "",
                codes,
            ]
        )
    disposition = f'attachment; filename="characters-{code}.csv"'
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv", headers={"Content-Disposition": disposition})


@router.post("/{request_id}/evidence")
async def evidence(request_id: UUID, given: Evidence, request: Request, code: Sender) -> dict[str, str]:
    """What the municipality knows of the character."""
    async with gateway_of(request).runtime.units.open() as uow:
        found = await characters.one(uow, request_id)
        if found is None or found["municipality_code"] != code:
            raise Problem(404, *NOT_FOUND, detail="この同定依頼はありません。")
        await characters.give_evidence(uow, request_id, given.model_dump(), by=f"市区町村 {code}")
    return {"request_id": str(request_id)}


async def _requests(request: Request, code: str) -> list[dict[str, Any]]:
    async with gateway_of(request).runtime.units.open() as uow:
        return await characters.listing(uow, municipality_code=code)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    names = (
        "resident_number",
        "history_number",
        "field",
        "position",
        "mark",
        "written",
        "character",
        "shape",
        "image_reference",
        "reading",
    )
    return {"request_id": str(row["request_id"]), **{name: row[name] for name in names}, "state": row["ground"] or "open"}
