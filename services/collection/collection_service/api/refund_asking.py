"""過誤納の処理の申請: what every proposal about a case has in common."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from chassis import approvals
from chassis.commands import require_own
from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.refund_case import Case
from collection_service.store import refund_cases, refunds

_WAITS: Final = ("KOKI-C144", "この過誤納には、承認を待っている申請があります。")


async def required_decision(uow: UnitOfWork, decision_id: UUID, who: Principal) -> tuple[dict[str, Any], Case]:
    """A decision and its case. 404 where there is none, or nobody whom the asker may see."""
    decision = await refunds.find(await driver(uow.connection), decision_id)
    if decision is None:
        raise Problem(404, *NOT_FOUND, detail="この還付・充当の決定はありません。")
    return decision, await required_case(uow, decision["case_id"], who)


async def required_case(uow: UnitOfWork, case_id: UUID, who: Principal) -> Case:
    """A case. 404 where there is none, 403 where it concerns another municipality's person."""
    found = await refund_cases.find(await driver(uow.connection), case_id)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この過誤納はありません。")
    require_own(who, found.municipality_code)
    return found


async def require_none_waiting(uow: UnitOfWork, name: str, identifier: UUID) -> None:
    """Refuse a second proposal about the same thing while the first waits for its decision."""
    query = "SELECT 1 FROM approval WHERE state = 'asked' AND content->>$1 = $2 LIMIT 1"
    if await (await driver(uow.connection)).fetchval(query, name, str(identifier)) is not None:
        raise Problem(409, *_WAITS, detail="承認待ちの一覧を確かめてください。")


async def ask(uow: UnitOfWork, act: str, case: Case, content: dict[str, Any], reason: str, who: Principal) -> dict[str, Any]:
    """Put an act about a case before a second officer."""
    approval_id = await approvals.ask(
        uow,
        act=act,
        municipality_code=case.municipality_code,
        resident_number=case.resident_number,
        content=content,
        reason=reason,
        by=who.user,
    )
    return {"approval_id": str(approval_id), "shown": dict(content["shown"])}
