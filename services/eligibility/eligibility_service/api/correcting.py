"""訂正・履歴修正・取消 as acts of two officers: how one reads, and what its approval does."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from chassis.approvals import Approval
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.comparison import side_by_side
from eligibility_service.domain.contents import CONTENT, Amended, AnyContent, Cancelled, Corrected, Renumbered, TakenBack
from eligibility_service.domain.entries import Entry, Source, standing
from eligibility_service.store import entries, qualifications
from eligibility_service.store.entries import Known


def effective_day(content: AnyContent, known: Known) -> date:
    """The day from which a correction counts: that of the qualification or of the entry it speaks of."""
    match content:
        case TakenBack():
            return next(entry.effective_on for entry in known.entries if entry.entry_id == content.entry_id)
        case Amended():
            return min(content.acquired_on, content.new_acquired_on)
        case Corrected() | Cancelled():
            return content.acquired_on
        case _:
            raise TypeError(f"{content.kind} is no correction of a day.")


def compared(uow: UnitOfWork, known: Known, code: str, number: str, content: AnyContent, *, by: str, reason: str) -> list[dict[str, Any]]:
    """修正前後対照表: what the act would change. A Problem where it does not fit what holds now."""
    if isinstance(content, TakenBack):
        _require_standing(content, known)
    before = known.decided(today=uow.today)
    new = entries.entry(
        uow, code, number, content, effective_on=effective_day(content, known), source=Source.AUTHORITY, by=by, reason=reason
    )
    after = known.decided(new, today=uow.today)
    if new in after.without_effect:
        detail = "訂正する値が、いまの台帳と違うか、修正後の期間がほかの資格と重なります。画面を開き直して確かめてください。"
        raise Problem(409, "KOKI-E025", "いまの台帳に当てはまりません。", detail)
    return side_by_side(before.periods, after.periods, today=uow.today)


def _require_standing(content: TakenBack, known: Known) -> None:
    counting: dict[UUID, Entry] = {entry.entry_id: entry for entry in standing(known.entries)}
    if content.entry_id not in counting:
        raise Problem(404, *NOT_FOUND, detail="この記載はないか、すでに取り消されています。")
    if isinstance(counting[content.entry_id].content, Renumbered):
        raise Problem(409, "KOKI-E028", "番号の変更は取り消せません。", "前の番号は使えません。もう一度、番号の変更をしてください。")


def shown(asked: Approval) -> dict[str, str]:
    """The act as the second officer reads it: each qualification before and after."""
    if asked.act == "renumbered":
        return {"いまの番号": asked.content["content"]["old_number"], "新しい番号": "承認のときに、使われたことのない番号を付けます。"}
    lines = {}
    for place, row in enumerate(asked.content["compared"], start=1):
        lines[f"{place} 修正前"] = row["before"]
        lines[f"{place} 修正後"] = row["after"] if row["differs"] else "変わりません"
    if "entry" in asked.content:
        lines = {"取り消す記載": asked.content["entry"], **lines}
    return lines


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Record the approved entry; refused where the ledger has changed meanwhile so that it no longer fits."""
    assert asked.resident_number is not None, "every correction is about one person"
    code, number = asked.municipality_code, asked.resident_number
    content = CONTENT.validate_python(asked.content["content"])
    known = await entries.known(uow, code, number)
    if isinstance(content, Renumbered):
        content, effective_on = content.model_copy(update={"new_number": await qualifications.take_number(uow)}), uow.today
    else:
        compared(uow, known, code, number, content, by=asked.asked_by, reason=asked.reason)
        effective_on = effective_day(content, known)
    new = entries.entry(
        uow, code, number, content, effective_on=effective_on, source=Source.AUTHORITY, by=asked.asked_by,
        reason=asked.reason, approval_id=asked.approval_id,
    )  # fmt: skip
    revisions = await entries.record(uow, new)
    return {"entry_id": str(new.entry_id), "changed": revisions.height, "cancels": isinstance(content, Cancelled | TakenBack)}
