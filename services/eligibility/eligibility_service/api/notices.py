"""届出の受理: notices, applications and decisions about a person, taken in once, with their receipt and their letters."""

from __future__ import annotations

from datetime import date
from typing import Any

from chassis.commands import Clerk, Key, carried_out
from chassis.problems import NOT_ALLOWED, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of
from contracts.events.eligibility import CaseKind
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from eligibility_service.api import ledger_documents
from eligibility_service.api.about_person import known_of, known_person, require_own
from eligibility_service.documents.letters import BY_ITSELF
from eligibility_service.domain import contents as log
from eligibility_service.domain.comparison import in_words, side_by_side
from eligibility_service.domain.contents import Said
from eligibility_service.domain.corrections import SCHEME, Period
from eligibility_service.domain.entries import IN_DAYS, Entry, Source, is_late, last_day_of_notice, standing
from eligibility_service.domain.history import GROUND, LOSS
from eligibility_service.domain.notices import BY_UNION, CORRECTIONS, misfit, was_dependant, withdrawn_from
from eligibility_service.law import UnionSettings, legal_basis, notice_days
from eligibility_service.rules.previous_insurer import FormerDependant
from eligibility_service.store import cases, deemed, entries, entry_log, letters, needs

UNION = "union_staff"
router = APIRouter(prefix="/people/{municipality_code}/{resident_number}", tags=["notices"])


class Notice(BaseModel):
    """What was brought: `effective_on` the day it happened (of a withdrawal: the day wished); `reason` of a refusal, told in its letter."""

    content: Said
    effective_on: date
    notified_on: date
    late_reason: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=200)


@router.post("/notices", status_code=201)
async def take_in(
    municipality_code: str, resident_number: str, notice: Notice, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """Take a notice in: refused where it does not fit the person, or is late without a reason. The answer is its receipt (受付票)."""
    _require_allowed(who, municipality_code, notice)

    async def act(uow: UnitOfWork, known: entries.Known) -> dict[str, Any]:
        return await _take_in(uow, known, notice, who.user)

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, notice, known_of, act)


async def _take_in(uow: UnitOfWork, known: entries.Known, notice: Notice, by: str) -> dict[str, Any]:
    (code, number), settings = known.person, await needs.settings(uow)
    new, days = _entry(uow, code, number, notice, known, settings, by)
    if _is_late(new, days) and new.late_reason is None:
        last_day = last_day_of_notice(new.effective_on, days=days)
        detail = f"届出期限は{last_day.isoformat()}（{days}日以内、施行規則第10条）でした。遅れた理由を入れると受け付けられます。"
        raise Problem(422, "KOKI-E020", "届出期限を過ぎています。", detail)
    await entries.record(uow, new)
    if isinstance(new.content, log.PreviousInsurer):
        await _ask_about(uow, new.content, (code, number), on=max(new.effective_on, SCHEME))
    made = [BY_ITSELF[new.content.kind]] if new.content.kind in BY_ITSELF else []
    documents, refusals = await ledger_documents.make(uow, code, number, made, settings, by=by, entry=new)
    return {**shown(new, days=days), "documents": documents, "document_refusals": refusals}


async def _ask_about(uow: UnitOfWork, content: log.PreviousInsurer, person: cases.Person, *, on: date) -> None:
    """A previous insurer that contradicts the record stands on the worklist until an officer has seen the evidence."""
    if was_dependant(content, on=on) is FormerDependant.TO_CONFIRM:
        detail = "届出と老人保健の記録の保険が違うか、わかりません。証拠書類で確かめてください。"
        await cases.raise_cases(uow, CaseKind.PREVIOUS_INSURER_UNCLEAR, [person], [detail])
    else:
        await cases.close_cases(uow, CaseKind.PREVIOUS_INSURER_UNCLEAR, [person])


def _entry(
    uow: UnitOfWork, code: str, number: str, notice: Notice, known: entries.Known, settings: UnionSettings, by: str
) -> tuple[Entry, int]:
    """The entry that a notice becomes, and the days in which it is in time. A Problem where it does not fit the person."""
    if notice.notified_on > uow.today:
        raise Problem(422, "KOKI-E021", "届出日が今日より後になっています。", "届出日を確かめてください。")
    if notice.content.kind == "disability_refused" and not notice.reason.strip():
        raise Problem(422, "KOKI-E023", "却下の理由がありません。", "通知書に記載する理由を入れてください。")
    effective_on = notice.effective_on
    if isinstance(notice.content, log.DisabilityWithdrawn):
        next_day = settings.withdrawal_on_next_day
        effective_on = withdrawn_from(declared_on=notice.notified_on, wished_on=notice.effective_on, on_next_day=next_day)
    holding = known.decided(today=uow.today).periods
    born_on = known.record["born_on"]
    reason = misfit(notice.content, effective_on, born_on=born_on, entries=known.entered, periods=holding, today=uow.today)
    if reason:
        raise Problem(409, "KOKI-E022", "この届出は、いまの資格と合いません。", reason)
    new = entries.entry(
        uow, code, number, notice.content, effective_on=effective_on, by=by, reason=notice.reason.strip(),
        source=Source.UNION if notice.content.kind in BY_UNION else Source.NOTICE, notified_on=notice.notified_on,
        late_reason=notice.late_reason.strip() or None,
    )  # fmt: skip
    return new, notice_days(on=max(effective_on, SCHEME))


def _is_late(entry: Entry, days: int) -> bool:
    notified_on = entry.notified_on
    return bool(entry.content.kind in IN_DAYS and notified_on and is_late(entry.effective_on, notified_on, days=days))


@router.post("/notices/preview")
async def preview(municipality_code: str, resident_number: str, notice: Notice, request: Request, who: Clerk) -> dict[str, Any]:
    """What a notice would change, and whether it is late; nothing is kept."""
    _require_allowed(who, municipality_code, notice)
    async with runtime_of(request).units.open() as uow:
        known, settings = await known_person(uow, municipality_code, resident_number), await needs.settings(uow)
        new, days = _entry(uow, municipality_code, resident_number, notice, known, settings, who.user)
        before, after = known.decided(today=uow.today), known.decided(new, today=uow.today)
        return {**shown(new, days=days), "compared": side_by_side(before.periods, after.periods, today=uow.today)}


def _require_allowed(who: Principal, municipality_code: str, notice: Notice) -> None:
    require_own(who, municipality_code)
    if notice.content.kind in CORRECTIONS:
        raise Problem(422, "KOKI-E029", "この手続はここでは受け付けません。", "訂正・履歴修正・取消は、二人目の確認が要る手続です。")
    if notice.content.kind in BY_UNION and UNION not in who.roles:
        raise Problem(403, *NOT_ALLOWED, detail="この決定は広域連合の職員が行います。")


@router.get("/entries")
async def everything_entered(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> dict[str, Any]:
    """異動の記載: the log of a person, the notices deemed from the resident register, the letters, and what no longer has an effect.

    `grounds`, `losses`: the words of every ground and reason, for whoever chooses one.
    """
    require_own(who, municipality_code)
    async with runtime_of(request).units.open() as uow:
        known = await known_person(uow, municipality_code, resident_number)
        decided = known.decided(today=uow.today)
        days = notice_days(on=uow.today)
        counting = {entry.entry_id for entry in standing(known.entries)}
        idle = {entry.entry_id for entry in decided.without_effect}
        return {
            "entries": [
                {**shown(entry, days=days), "counts": entry.entry_id in counting, "has_effect": entry.entry_id not in idle}
                for entry in reversed(await entry_log.of_person(uow, municipality_code, resident_number))
            ],
            "grounds": GROUND,
            "losses": LOSS,
            "periods": [period_of(period, today=uow.today) for period in decided.periods if period.acquired_on <= uow.today],
            "deemed_notices": await deemed.of_person(uow, municipality_code, resident_number, days=days),
            "documents": await letters.of_person(uow, municipality_code, resident_number),
        }


def shown(entry: Entry, *, days: int) -> dict[str, Any]:
    """An entry as JSON values, with its term and whether it was late."""
    said = entry.content
    dependant = was_dependant(said, on=max(entry.effective_on, SCHEME)) if isinstance(said, log.PreviousInsurer) else None
    return {
        **entry.model_dump(mode="json", exclude={"position"}),
        "former_dependant": None if dependant is None else dependant.name.lower(),
        "legal_basis_provisional": legal_basis(entry.content.kind, on=max(entry.effective_on, SCHEME))[1],
        "term": entry.term,
        "source_term": entry.source.term,
        "last_day": last_day_of_notice(entry.effective_on, days=days).isoformat(),
        "late": _is_late(entry, days),
    }


def period_of(period: Period, *, today: date) -> dict[str, Any]:
    """A qualification as JSON values and in words."""
    return {
        "acquired_on": period.acquired_on.isoformat(),
        "ground": period.ground.value,
        "lost_on": period.lost_on and period.lost_on.isoformat(),
        "loss_reason": period.loss_reason and period.loss_reason.value,
        "words": in_words(period, today=today),
    }
