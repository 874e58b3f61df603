"""過誤納の処理の決定: worked out when it is proposed and again when a second officer carries it out; a difference needs a new proposal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.approvals import Approval
from chassis.database import driver
from chassis.law import FiscalYear
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from contracts.eras import format_day, format_fiscal_year

from collection_service import settings
from collection_service.domain.refund_case import Case
from collection_service.domain.refunding import decide, limit_of, parts_of
from collection_service.domain.refunds import (
    APPROPRIATION_BASIS,
    EXTINCTION_BASIS,
    PENSION_BASIS,
    REFUND_BASIS,
    Decided,
    Part,
    Payee,
    RefundKind,
    Use,
)
from collection_service.law import law_book
from collection_service.law.late_charge import refund_addition_law
from collection_service.law.limitation import limitation_law
from collection_service.law.refunds import refund_law
from collection_service.store import refund_cases, refunds
from collection_service.store.refunds import Ruling

CHANGED: Final = ("KOKI-C141", "申請したときから、過誤納の内容が変わっています。")
_NOTHING: Final = ("KOKI-C140", "この処理の対象となる過誤納がありません。")
_PAID: Final = ("KOKI-C142", "この決定は、取り消せません。")


async def parts(uow: UnitOfWork, case: Case) -> list[Part]:
    """The payments behind what is overpaid today, each with its ground, its limit and what it would become."""
    found = await refund_cases.overpayment_of(await driver(uow.connection), case, today=uow.today)
    law = refund_law(case.municipality_code, settings.current().union, uow.today)
    return parts_of(found, law, limitation_law(uow.today), today=uow.today)


async def worked_out(
    uow: UnitOfWork, case: Case, kind: RefundKind, corrected_on: date | None, *, pension_to_heirs: bool = False
) -> list[Decided]:
    """What a proposal of a kind would do today; `pension_to_heirs`: what was taken from a pension after the death is the heirs' too. A
    Problem where nothing of the overpayment is of that kind."""
    found = await refund_cases.overpayment_of(await driver(uow.connection), case, today=uow.today)
    law = refund_law(case.municipality_code, settings.current().union, uow.today)
    its_parts = parts_of(found, law, limitation_law(uow.today), today=uow.today)
    if pension_to_heirs:
        its_parts = [replace(part, kind=RefundKind.REFUND) if part.kind is RefundKind.PENSION_RETURN else part for part in its_parts]
    oldest = min((part.payment.paid_on for part in its_parts), default=uow.today)
    addition = refund_addition_law(case.municipality_code, paid_on=oldest, decided_on=uow.today)
    made = decide(found, its_parts, kind, law, addition, today=uow.today, corrected_on=corrected_on)
    if not made:
        raise Problem(409, *_NOTHING, detail="画面を開き直して、いまの過誤納を確かめてください。")
    return made


def shown_of(case: Case, made: Sequence[Decided], corrected_on: date | None, payer_name: str | None, *, today: date) -> dict[str, str]:
    """What both officers read, Japanese term → text."""
    their_parts = [(part, amount) for decided in made for part, amount in decided.parts]
    refunded = sum(decided.amount for decided in made if decided.kind not in (RefundKind.APPROPRIATION, RefundKind.EXTINCTION))
    addition = sum(decided.refund_addition for decided in made)
    found = {
        "年度": format_fiscal_year(FiscalYear(case.fiscal_year).year),
        "事由": "、".join(dict.fromkeys(part.occasion.term for part, _ in their_parts)),
        "過誤納の額": f"{sum(amount for _, amount in their_parts):,}円",
        "もとの納付": "、".join(f"{format_day(part.payment.paid_on)} {amount:,}円" for part, amount in their_parts),
    }
    if corrected_on is not None:
        found["所得の修正の日"] = format_day(corrected_on)
    for decided in made:
        if decided.kind is RefundKind.APPROPRIATION:
            found["充当する額"] = f"{decided.amount:,}円"
            found["充当先"] = "、".join(_use(use) for use in decided.uses)
    if made[0].kind is RefundKind.EXTINCTION:
        found["時効により収入とする額"] = f"{made[0].amount:,}円"
    elif refunded or addition:
        found["還付する額"] = f"{refunded:,}円"
        found["還付加算金"] = f"{addition:,}円"
        found["支払う額"] = f"{refunded + addition:,}円"
        found["還付を受ける者"] = payer_name or payee_of(case, made[-1].kind).term
    found["根拠"] = "、".join(basis_of(case, decided.kind, today) for decided in made)
    if weak := sorted(set().union(*(decided.provisional for decided in made))):
        found["暫定の数値"] = "、".join(law_book()[name].term for name in weak)
    return found


def _use(use: Use) -> str:
    instalment = f"{format_fiscal_year(use.debt.fiscal_year)}第{use.debt.number}期"
    return f"{instalment} {use.amount:,}円（{format_day(use.as_of)}に納付したものとみなす）"


def payee_of(case: Case, kind: RefundKind) -> Payee:
    """To whom a refund of a kind goes: of somebody who has died, to the heirs."""
    if kind is RefundKind.PENSION_RETURN:
        return Payee.PENSION_PAYER
    return Payee.HEIRS if case.has_died else Payee.INSURED


def basis_of(case: Case, kind: RefundKind, on: date) -> str:
    """The rule under which a decision of a kind is made."""
    if kind is RefundKind.SPECIAL_REFUND:
        return refund_law(case.municipality_code, settings.current().union, on).special_basis or ""
    return {
        RefundKind.APPROPRIATION: APPROPRIATION_BASIS,
        RefundKind.REFUND: REFUND_BASIS,
        RefundKind.PENSION_RETURN: PENSION_BASIS,
        RefundKind.EXTINCTION: EXTINCTION_BASIS,
    }[kind]


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: worked out once more, entered in the ledger and kept."""
    raw = await driver(uow.connection)
    case = await refund_cases.find(raw, UUID(asked.content["case_id"]), lock=True)
    if case is None:
        raise Problem(404, *NOT_FOUND)
    kind = RefundKind(asked.content["kind"])
    corrected_on = date.fromisoformat(asked.content["corrected_on"]) if asked.content["corrected_on"] else None
    made = await worked_out(uow, case, kind, corrected_on, pension_to_heirs=asked.content["pension_to_heirs"])
    if shown_of(case, made, corrected_on, asked.content["payer_name"], today=uow.today) != dict(asked.content["shown"]):
        raise Problem(409, *CHANGED, detail="差し戻して、もう一度内容を確かめてください。")
    kept = []
    largest = max((part for decided in made for part, _ in decided.parts), key=lambda part: part.amount)
    for decided in made:
        pays = decided.kind not in (RefundKind.APPROPRIATION, RefundKind.EXTINCTION)
        ruling = Ruling(
            approval_id=asked.approval_id,
            occasion=largest.occasion,
            legal_basis=basis_of(case, decided.kind, uow.today),
            payee=payee_of(case, decided.kind) if pays else None,
            payer_name=asked.content["payer_name"] if decided.kind is RefundKind.PENSION_RETURN else None,
            limit_on=limit_of(uow.today, limitation_law(uow.today)) if pays and decided.kind is not RefundKind.SPECIAL_REFUND else None,
        )
        kept.append(str(await refunds.keep(raw, case, decided, ruling, today=uow.today)))
    return {"decisions": kept}


async def take_back(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: a decision that is neither paid nor in a list of payments is undone, and its yen are undecided again."""
    raw = await driver(uow.connection)
    decision = await refunds.find(raw, UUID(asked.content["decision_id"]), lock=True)
    if decision is None:
        raise Problem(404, *NOT_FOUND)
    require_unpaid(decision)
    await refunds.take_back(raw, decision, today=uow.today)
    return {"decision_id": str(decision["decision_id"])}


def require_unpaid(decision: dict[str, Any]) -> None:
    """Refuse what is paid, ordered, or taken back already."""
    if decision["paid_on"] or decision["taken_back_on"] or decision["payment_state"] in ("planned", "ordered"):
        raise Problem(409, *_PAID, detail="支払済み、支払いの手続中、または取り消し済みです。")
