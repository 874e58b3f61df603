"""受け取ったファイル: files of banks and agents are kept whole; a job takes them up after somebody has seen its preview."""

from __future__ import annotations

from typing import Annotated, Any

from chassis.commands import require_own
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import role, runtime_of
from fastapi import APIRouter, Depends, File, Request, UploadFile

from collection_service.store import arrivals

router = APIRouter(tags=["arrivals"])
Officer = Annotated[Principal, Depends(role("municipal_manager", "union_staff", "operator"))]
LARGEST = 256 * 1024 * 1024


@router.post("/arrivals/{kind}/{municipality_code}", status_code=201)
async def arrive(
    kind: str,
    municipality_code: str,
    request: Request,
    who: Officer,
    data: Annotated[UploadFile, File()],
    control: UploadFile | None = None,
) -> dict[str, Any]:
    """Keep a file for a municipality, with its control file where its kind has one; nothing of it is applied yet."""
    if kind not in arrivals.KINDS:
        raise Problem(404, *NOT_FOUND, detail="この種類のファイルは受け取っていません。")
    require_own(who, municipality_code)
    content = await data.read(LARGEST + 1)
    if not 0 < len(content) <= LARGEST:
        raise Problem(422, "KOKI-C094", "ファイルの大きさが正しくありません。", "空のファイルと、256MBを超えるファイルは受け取れません。")
    needs_control = kind != "debit_results"
    if needs_control != (control is not None):
        raise Problem(
            422, "KOKI-C095", "管理ファイルの有無が正しくありません。", "口座振替の結果のほかは、管理ファイルを一緒に送ってください。"
        )
    async with runtime_of(request).units.open() as uow:
        kept = await control.read(LARGEST) if control is not None else None
        sha256 = await arrivals.keep(uow, kind, municipality_code, content, kept, by=who.user)
    return {"sha256": sha256, "size": len(content)}
