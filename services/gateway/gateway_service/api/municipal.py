"""The municipalities' door for files: hand in a data file with its control file, ask what became of it, fetch the error list."""

from __future__ import annotations

import asyncio
import base64
import binascii
import csv
import hashlib
import io
import re
import time
from typing import Annotated, Any, BinaryIO
from uuid import UUID

import obstore
from chassis import telemetry
from chassis.clock import uuid7
from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Depends, Header, Request, Response, UploadFile
from opentelemetry import trace

from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.domain.lockout import waits
from gateway_service.store import intake, municipalities, sign_ins

router = APIRouter(prefix="/municipal", tags=["municipal"])
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="koki municipal", charset="UTF-8"'}
_NOT_AUTHENTIC = ("KOKI-G401", "市区町村コードか接続用の秘密が正しくありません。")
_PROVEN_SECONDS = 300
_CHUNK = 1024 * 1024


async def sender(request: Request, authorization: Annotated[str, Header()] = "") -> str:
    """The code of the municipality that asks (HTTP Basic). A secret that was proven is not computed again for five minutes."""
    gateway = gateway_of(request)
    code, secret = _basic(authorization)
    async with gateway.runtime.units.open() as uow:
        found = await municipalities.find(uow.connection, code) if code else None
        now = uow.now
    if found and (rest := waits(found.locked_until, now)):
        raise Problem(
            429,
            "KOKI-G429",
            "秘密の誤りが続いたため、しばらく受け付けません。",
            f"{int(rest.total_seconds()) + 1}秒後に送り直してください。",
        )
    stored = found.secret_hash if found else None
    key = hashlib.sha256(f"{code}\0{secret}\0{stored}".encode()).digest()
    if gateway.proven.get(key, 0) > time.monotonic():
        return code
    if not await gateway.password_fits(secret, stored):
        async with gateway.runtime.units.open() as uow:
            await sign_ins.count_failure(uow.connection, "municipality", code, uow.now)
        raise Problem(401, *_NOT_AUTHENTIC, detail="接続情報を確かめてください。続けて誤ると、しばらく受け付けなくなります。")
    async with gateway.runtime.units.open() as uow:
        await sign_ins.clear_failures(uow.connection, "municipality", code)
    if len(gateway.proven) > 10_000:
        gateway.proven.clear()
    gateway.proven[key] = time.monotonic() + _PROVEN_SECONDS
    return code


Sender = Annotated[str, Depends(sender)]


def _basic(header: str) -> tuple[str, str]:
    if not header.startswith("Basic "):
        raise Problem(401, *_NOT_AUTHENTIC, detail="HTTP Basic 認証で、市区町村コードと秘密を送ってください。")
    try:
        code, _, secret = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Problem(401, *_NOT_AUTHENTIC, detail="Authorization の形が正しくありません。") from error
    return code, secret


@router.post("/files", status_code=202)
async def hand_in(request: Request, code: Sender, data: UploadFile, control: UploadFile) -> dict[str, Any]:
    """Keep data and control file bit for bit and answer at once; what becomes of them is asked with the intake_id.

    The same file a second time changes nothing and is answered with its first intake_id.
    """
    gateway = gateway_of(request)
    if (data.size or 0) > gateway.settings.largest_file_bytes or (control.size or 0) > 1024 * 1024:
        limit = f"{gateway.settings.largest_file_bytes:,}"
        raise Problem(
            413,
            "KOKI-G413",
            "ファイルが大きすぎます。",
            f"データは{limit}バイト、管理ファイルは1 MiBまでです。ファイルを分けて送ってください。",
        )
    control_bytes = await control.read()
    control_sha256 = hashlib.sha256(control_bytes).hexdigest()
    data_sha256, size = await asyncio.to_thread(_digest, data.file)
    units = gateway.runtime.units
    async with units.open() as uow:
        same = await intake.find_same_file(uow, code, data_sha256, control_sha256)
    if same:
        return {"intake_id": str(same.id), "state": same.state, "repeated": True}

    data_key, control_key = f"intake/{code}/{data_sha256}.data", f"intake/{code}/{control_sha256}.control"
    values = {
        "id": uuid7(),
        "code": code,
        "file_name": _plain_name(data.filename),
        "data_key": data_key,
        "data": data_sha256,
        "bytes": size,
        "control_key": control_key,
        "control": control_sha256,
        "traceparent": telemetry.as_traceparent(trace.get_current_span()),
    }
    await obstore.put_async(gateway.runtime.store, data_key, data.file)
    await obstore.put_async(gateway.runtime.store, control_key, control_bytes)
    async with units.open() as uow:
        if await intake.receive_file(uow, {**values, "now": uow.now, "today": uow.today}):
            return {"intake_id": str(values["id"]), "state": "received", "repeated": False}
        same = await intake.find_same_file(uow, code, data_sha256, control_sha256)
        assert same is not None, "the insert found it"
        return {"intake_id": str(same.id), "state": same.state, "repeated": True}


def _digest(file: BinaryIO) -> tuple[str, int]:
    found, size = hashlib.sha256(), 0
    file.seek(0)
    while part := file.read(_CHUNK):
        found.update(part)
        size += len(part)
    file.seek(0)
    return found.hexdigest(), size


def _plain_name(name: str | None) -> str:
    return re.sub(r"[^\w.()（）\-]", "_", name or "")[:200]


@router.get("/files/{intake_id}.csv")
async def error_list(request: Request, code: Sender, intake_id: UUID) -> Response:
    """The error list as CSV for a spreadsheet (UTF-8 with a mark)."""
    _, errors = await _file_and_errors(request, code, intake_id)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["コード", "行", "列", "項目", "値", "内容", "どうすればよいか"])
    for e in errors:
        writer.writerow([e.code, e.row_number or "", e.column_name or "", e.term, _no_formula(e.value), e.message, e.remedy])
    disposition = f'attachment; filename="errors-{intake_id}.csv"'
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv", headers={"Content-Disposition": disposition})


def _no_formula(value: str) -> str:
    """A cell that a spreadsheet would compute is written as text."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


@router.get("/files/{intake_id}")
async def what_became(request: Request, code: Sender, intake_id: UUID) -> dict[str, Any]:
    """State and counts of a file (rows = accepted + rejected + parked once it is finished), and its errors."""
    file, errors = await _file_and_errors(request, code, intake_id)
    return {
        **{name: file[name] for name in ("state", "kind", "generation", "rows", "accepted", "rejected", "parked")},
        "intake_id": str(intake_id),
        "received_at": file["received_at"].isoformat(),
        "finished_at": file["finished_at"].isoformat() if file["finished_at"] else None,
        "errors": [
            {"code": e.code, "row": e.row_number, "column": e.column_name, "value": e.value, "message": e.message, "remedy": e.remedy}
            for e in errors
        ],
    }


async def _file_and_errors(request: Request, code: str, intake_id: UUID) -> tuple[dict[str, Any], list[Any]]:
    gateway: Gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        file = await intake.find_file(uow, intake_id)
        if file is None or file["municipality_code"] != code:
            raise Problem(404, *NOT_FOUND, detail="受付番号を確かめてください。")
        return file, await intake.errors_of(uow, [intake_id])
