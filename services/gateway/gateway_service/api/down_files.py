"""The municipalities' door for files that the union has for them: list, fetch, confirm with the hash."""

from __future__ import annotations

from typing import Annotated, Any

import obstore
from chassis.business_days import business_moment
from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from contracts.layouts import sha256_of
from gateway_service.api.gateway import gateway_of
from gateway_service.api.municipal import Sender
from gateway_service.store import file_calendar

router = APIRouter(prefix="/municipal/files/down", tags=["municipal"])
Kind = Annotated[str, Path(pattern="^[a-z_]{1,40}$")]
Generation = Annotated[int, Path(ge=1, le=999_999_999)]


class Receipt(BaseModel):
    """受領確認: the SHA-256 (hex) of the data file as the municipality has it."""

    sha256: str


@router.get("")
async def listing(request: Request, code: Sender, kind: str | None = None) -> list[dict[str, Any]]:
    """What lies ready for the municipality, the newest first, and what it has fetched and confirmed."""
    async with gateway_of(request).runtime.units.open() as uow:
        return [_shown(file) for file in await file_calendar.down_files(uow.connection, code, kind=kind)]


@router.get("/{kind}/{generation}")
async def data(request: Request, code: Sender, kind: Kind, generation: Generation) -> Response:
    """The data file, byte for byte as it was made."""
    return await _fetched(request, code, kind, generation, "data")


@router.get("/{kind}/{generation}/control")
async def control(request: Request, code: Sender, kind: Kind, generation: Generation) -> Response:
    """The control file."""
    return await _fetched(request, code, kind, generation, "control")


@router.post("/{kind}/{generation}/receipt")
async def confirm(request: Request, code: Sender, kind: Kind, generation: Generation, receipt: Receipt) -> dict[str, Any]:
    """The municipality has the whole file: its hash proves it. A second receipt changes nothing."""
    async with gateway_of(request).runtime.units.open() as uow:
        file = await _find(uow, code, kind, generation, lock=True)
        if receipt.sha256 != file.data_sha256:
            raise Problem(
                409,
                "KOKI-S560",
                "受領確認のハッシュ値が、渡したファイルと違います。",
                "ファイルを取り直し、その SHA-256 で確認してください。",
            )
        if file.fetched_at is None:
            raise Problem(
                409, "KOKI-S561", "まだ取り出されていないファイルは確認できません。", "ファイルを取り出してから確認してください。"
            )
        await file_calendar.mark(uow.connection, file, "confirmed_at", business_moment(uow.today, uow.now))
        return _shown(await _find(uow, code, kind, generation))


async def _find(uow: Any, code: str, kind: str, generation: int, *, lock: bool = False) -> Any:
    file = await file_calendar.down_file(uow.connection, code, kind, generation, lock=lock)
    if file is None:
        raise Problem(404, *NOT_FOUND, detail="種類と世代番号を確かめてください。")
    return file


async def _fetched(request: Request, code: str, kind: str, generation: int, part: str) -> Response:
    """One of the two files; nothing leaves that is not what was promised, and the first fetch of the data is kept."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        file = await _find(uow, code, kind, generation)
        key, sha256 = (file.data_key, file.data_sha256) if part == "data" else (file.control_key, file.control_sha256)
        content = bytes(await (await obstore.get_async(uow.store, key)).bytes_async())
        if sha256_of(content) != sha256:
            raise Problem(500, "KOKI-S562", "保管しているファイルの内容が変わっています。", "広域連合の運用担当に連絡してください。")
        if part == "data":
            await file_calendar.mark(uow.connection, file, "fetched_at", business_moment(uow.today, uow.now))
    name = f"{code}_{kind}_{generation:04}.{'csv' if part == 'data' else 'control.json'}"
    media = "text/csv; charset=utf-8" if part == "data" else "application/json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-SHA256": sha256, "Cache-Control": "no-store"}
    return Response(content, media_type=media, headers=headers)


def _shown(file: Any) -> dict[str, Any]:
    def when(moment: Any) -> str | None:
        return moment.isoformat() if moment else None

    return {
        "kind": file.kind, "generation": file.generation, "is_whole": file.is_whole, "rows": file.rows, "sha256": file.data_sha256,
        "control_sha256": file.control_sha256, "business_day": file.business_day.isoformat(), "offered_at": when(file.offered_at),
        "fetched_at": when(file.fetched_at), "confirmed_at": when(file.confirmed_at),
    }  # fmt: skip
