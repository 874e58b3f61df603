"""過誤納: the facts of what a person paid too much for a fiscal year, and the words for what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from collection_service.rules.overpayments import DebtKind
from collection_service.rules.refund_addition import RefundGround

REFUND_BASIS: Final = "地方税法 第17条（高齢者の医療の確保に関する法律・市町村の条例による）"
APPROPRIATION_BASIS: Final = "地方税法 第17条の2（高齢者の医療の確保に関する法律・市町村の条例による）"
EXTINCTION_BASIS: Final = "高齢者の医療の確保に関する法律 第160条第1項（時効）"
PENSION_BASIS: Final = "年金保険者への返納（死亡後に年金から徴収した保険料）"
FROM_PENSION: Final = "pension"
"""`source` of a receipt that a pension payer paid in."""


class RefundKind(StrEnum):
    """過誤納の処理の種類: what a decision does with what was paid too much."""

    APPROPRIATION = "appropriation"
    REFUND = "refund"
    SPECIAL_REFUND = "special_refund"
    PENSION_RETURN = "pension_return"
    EXTINCTION = "extinction"

    @property
    def term(self) -> str:
        return _KIND_TERMS[self]


class Occasion(StrEnum):
    """過誤納の事由: why it is too much."""

    LOWERED = "lowered"
    LOST = "lost"
    DIED = "died"
    PAID_TOO_MUCH = "paid_too_much"

    @property
    def term(self) -> str:
        return _OCCASION_TERMS[self]


class Payee(StrEnum):
    """還付を受ける者."""

    INSURED = "insured"
    HEIRS = "heirs"
    PENSION_PAYER = "pension_payer"

    @property
    def term(self) -> str:
        return {"insured": "被保険者", "heirs": "相続人代表者", "pension_payer": "年金保険者"}[self.value]


_KIND_TERMS = {
    RefundKind.APPROPRIATION: "充当",
    RefundKind.REFUND: "還付",
    RefundKind.SPECIAL_REFUND: "特別返還金",
    RefundKind.PENSION_RETURN: "年金保険者への返納",
    RefundKind.EXTINCTION: "時効による収入",
}
_OCCASION_TERMS = {
    Occasion.LOWERED: "保険料の減額",
    Occasion.LOST: "資格喪失による減額",
    Occasion.DIED: "死亡による減額",
    Occasion.PAID_TOO_MUCH: "二重納付・納め過ぎ",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """納付: `left` yen of it that nothing was given back of yet; `is_direct`: it was too much from the beginning, and settled nothing."""

    entry_id: UUID
    paid_on: date
    source: str
    left: int
    is_direct: bool


@dataclass(frozen=True, slots=True)
class Lowering:
    """減額: how many yen of what was paid became too much on a day."""

    found_on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Debt:
    """未納: an overdue instalment of the same person, of whichever year."""

    fiscal_year: int
    number: int
    municipality_code: str
    due_on: date
    unpaid: int
    kind: DebtKind = DebtKind.PREMIUM


@dataclass(frozen=True, slots=True)
class Overpayment:
    """過誤納: the facts of a case. `overpaid`: yen that nothing was decided of; `payments`, `lowerings` in the order of the ledger;
    `lost_on`: first day without qualification, of somebody who `has_died` the day after the death."""

    overpaid: int
    lost_on: date | None
    has_died: bool
    payments: Sequence[Payment]
    lowerings: Sequence[Lowering]
    debts: Sequence[Debt] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A payment, or some yen of it, that is given back: why, what it becomes, and the first day on which it can be claimed no more."""

    payment: Payment
    amount: int
    ground: RefundGround
    occasion: Occasion
    arose_on: date
    limit_on: date | None
    kind: RefundKind


@dataclass(frozen=True, slots=True)
class Use:
    """充当: `amount` yen for a debt, taken as paid on `as_of` (充当適状日)."""

    debt: Debt
    amount: int
    as_of: date


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: the parts that it gives back (each with its yen) and, of an appropriation, the debts that it is used for."""

    kind: RefundKind
    parts: Sequence[tuple[Part, int]]
    uses: Sequence[Use] = ()
    refund_addition: int = 0
    provisional: frozenset[str] = frozenset()

    @property
    def amount(self) -> int:
        return sum(amount for _, amount in self.parts)
