"""Which letter follows from an entry or a qualification, and the facts that stand on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from chassis.documents.letter import Contact, Delivery
from contracts.eras import format_day
from contracts.primitives import Sex

from eligibility_service.documents.ledger_letter import LetterData, LetterKind
from eligibility_service.domain import contents as log
from eligibility_service.domain.corrections import SCHEME
from eligibility_service.domain.entries import EVIDENCE, IN_DAYS, Entry, last_day_of_notice
from eligibility_service.domain.history import GROUND, LOSS, same_address
from eligibility_service.law import UnionSettings, legal_basis

BY_ITSELF: Final = {
    "disability_certified": LetterKind.DISABILITY_CERTIFIED,
    "disability_refused": LetterKind.DISABILITY_REFUSED,
    "domicile_exception_begun": LetterKind.DOMICILE_EXCEPTION,
    "domicile_exception_moved": LetterKind.DOMICILE_EXCEPTION,
    "domicile_exception_ended": LetterKind.DOMICILE_EXCEPTION_ENDED,
}
"""Kinds of entries whose letter is made with them."""
OF_QUALIFICATION: Final = frozenset({LetterKind.ACQUISITION, LetterKind.CHANGE, LetterKind.LOSS, LetterKind.LOSS_CERTIFICATE})
_CHANGED: Final = {"name": "氏名", "sex": "性別", "born_on": "生年月日"}
"""What is told with the old and the new value: with the day and the others at most as many facts as a letter has room for."""


def of_entry(kind: LetterKind, entry: Entry, *, notice_days: int) -> tuple[tuple[str, str], ...]:
    """The facts of a letter about an entry."""
    if kind is LetterKind.RECEIPT:
        facts = [("届出の種類", entry.term), ("異動のあった日", format_day(entry.effective_on))]
        if entry.notified_on:
            facts.append(("届出日", format_day(entry.notified_on)))
        if entry.content.kind in IN_DAYS:
            facts.append(("届出期限", format_day(last_day_of_notice(entry.effective_on, days=notice_days))))
        facts += [("遅延の理由", entry.late_reason)] if entry.late_reason else []
        return (*facts, ("受付番号", str(entry.entry_id).upper()), ("根拠", _basis(entry)))
    return (*_said(entry), ("根拠", _basis(entry)))


def _basis(entry: Entry) -> str:
    """The articles; 「（暫定）」 where nobody has verified them."""
    provisional = legal_basis(entry.content.kind, on=max(entry.effective_on, SCHEME))[1]
    return entry.legal_basis + ("（暫定）" if provisional else "")


def _said(entry: Entry) -> list[tuple[str, str]]:
    day = format_day(entry.effective_on)
    match entry.content:
        case log.DisabilityCertified() as said:
            ends = [("手帳等の有効期限", format_day(said.document_ends_on))] if said.document_ends_on else []
            return [("認定日", day), ("障害の程度", f"{EVIDENCE[said.evidence]}　{said.grade}"), *ends]
        case log.DisabilityRefused():
            return [("決定日", day), ("却下の理由", entry.reason)]
        case log.DomicileExceptionBegun() | log.DomicileExceptionMoved() as said:
            return [("施設に住所を移した日", day), ("施設の名称", said.facility), ("施設の所在地", said.facility_address)]
        case _:
            return [("非該当となった日", day)]


def of_qualification(kind: LetterKind, found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The facts of a letter about a qualification."""
    acquired = (("資格取得日", format_day(found["acquired_on"])), ("取得の事由", GROUND[found["acquisition_ground"]]))
    if kind is LetterKind.ACQUISITION:
        return acquired
    return (*acquired, ("資格喪失日", format_day(found["lost_on"])), ("喪失の事由", LOSS[found["loss_reason"]]))


def of_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The facts of a letter about two records of a resident, one after the other; nothing of an address, but that it is another."""
    facts = [("変更のあった日", format_day(after["changed_on"]))]
    for field, term in _CHANGED.items():
        if before[field] != after[field]:
            facts += [(f"変更前の{term}", _shown(field, before[field])), (f"変更後の{term}", _shown(field, after[field]))]
    same = {"住所": same_address(before, after), "世帯": before["household_number"] == after["household_number"]}
    others = "、".join(term for term, is_same in same.items() if not is_same)
    return (*facts, *([("そのほか変わった事項", others)] if others else []))


def _shown(field: str, value: Any) -> str:
    if field == "sex":
        return Sex(value).term
    return format_day(value) if field == "born_on" else str(value)


def letter(
    kind: LetterKind,
    facts: tuple[tuple[str, str], ...],
    *,
    record: Mapping[str, Any],
    delivery: Delivery | None,
    insured_number: str,
    settings: UnionSettings,
    issued_on: date,
) -> LetterData:
    """The letter to the person of `record` (RECORD)."""
    return LetterData(
        kind=kind,
        delivery=delivery,
        name=record["name"],
        born_on=record["born_on_unknown_text"] or format_day(record["born_on"]),
        insured_number=insured_number,
        facts=facts,
        issued_on=issued_on,
        issuer=settings.insurer_name,
        contact=Contact(office=settings.contact_office, telephone=settings.contact_telephone),
        review_board=settings.review_board,
    )
