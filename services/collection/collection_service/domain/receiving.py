"""収納: what becomes of money that has come in. A deciding function of rows: no database, no clock.

Money settles the instalment that it was paid for, as far as that is unpaid. What is beyond is overpaid (過誤納) and waits for a decision;
what nobody can be found for is unidentified (不明入金). Nothing is put elsewhere by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

Instalment = tuple[UUID, int, int]
"""An instalment: insured person, fiscal year, number."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """収納: money that has come in, `amount` yen on `paid_on` (領収日).

    `source`: counter, bank, convenience, pension or transfer. `reference`: its identity, given by the source; (source, reference) twice
    is one receipt. `insured_id` is None where nobody knows whose it is; `number` is the instalment that it was paid for.
    """

    source: str
    reference: str
    municipality_code: str
    amount: int
    paid_on: date
    insured_id: UUID | None
    fiscal_year: int | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a receipt, yen: settled + overpaid + unidentified = its amount; all 0 for one that was there already."""

    reference: str
    settled: int
    overpaid: int
    unidentified: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How an instalment stands: which municipality charges it, and what of it is unpaid (yen)."""

    municipality_code: str
    unpaid: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of those whom receipts name: whom we charge in which year, in which municipality, and how instalments stand."""

    years: Mapping[tuple[UUID, int], str]
    instalments: Mapping[Instalment, Standing]


def allocate(receipts: Sequence[Receipt], known: Known) -> list[Taken]:
    """収納の消込: one answer for each receipt, in their order. Of several for one instalment the first paid settles first."""
    unpaid = {key: standing.unpaid for key, standing in known.instalments.items()}
    taken: dict[int, Taken] = {}
    for index in sorted(range(len(receipts)), key=lambda at: (receipts[at].paid_on, receipts[at].source, receipts[at].reference)):
        receipt = receipts[index]
        if not _is_identified(receipt, known):
            taken[index] = Taken(receipt.reference, 0, 0, receipt.amount, False)
            continue
        key = instalment_of(receipt)
        settled = min(receipt.amount, unpaid.get(key, 0)) if key is not None else 0
        if key is not None and settled:
            unpaid[key] -= settled
        taken[index] = Taken(receipt.reference, settled, receipt.amount - settled, 0, False)
    return [taken[index] for index in range(len(receipts))]


def _is_identified(receipt: Receipt, known: Known) -> bool:
    """Whether we charge this person in this year, and the money came to the municipality that charges the instalment.

    Money for an instalment of another municipality is not ours to settle: it waits for a person among what is unidentified.
    """
    if receipt.insured_id is None or receipt.fiscal_year is None:
        return False
    charges = known.years.get((receipt.insured_id, receipt.fiscal_year))
    if charges is None:
        return False
    key = instalment_of(receipt)
    standing = known.instalments.get(key) if key is not None else None
    return receipt.municipality_code == (standing.municipality_code if standing is not None else charges)


def instalment_of(receipt: Receipt) -> Instalment | None:
    """The instalment that a receipt was paid for, where it names one."""
    if receipt.insured_id is None or receipt.fiscal_year is None or receipt.number is None:
        return None
    return receipt.insured_id, receipt.fiscal_year, receipt.number


class ContradictoryReceipt(Exception):
    """One reference of one source stands for two different receipts."""


def new_ones(receipts: Sequence[Receipt], there: Iterable[Receipt]) -> list[Receipt]:
    """Receipts that are not there yet, each once. ContradictoryReceipt where a reference comes again with anything else changed."""
    seen = {(receipt.source, receipt.reference): receipt for receipt in there}
    fresh: list[Receipt] = []
    for receipt in receipts:
        first = seen.get((receipt.source, receipt.reference))
        if first is None:
            seen[receipt.source, receipt.reference] = receipt
            fresh.append(receipt)
        elif first != receipt:
            raise ContradictoryReceipt(
                f"Receipt {receipt.reference} of {receipt.source} came as {first.amount} yen of {first.paid_on}, and again otherwise: "
                f"{receipt.amount} yen of {receipt.paid_on}. Ask its source which is right."
            )
    return fresh


@dataclass(frozen=True, slots=True)
class Settled:
    """How an instalment was settled: `settled` yen in all, of which `moved` were moved to overpaid since, when its charge was lowered."""

    settled: int
    moved: int


class AlreadyGivenBack(Exception):
    """Money of a receipt that is to be taken back was refunded or appropriated in the meantime."""


def brought_back(taken_back: Mapping[Instalment, int], standing: Mapping[Instalment, Settled], *, overpaid: int) -> dict[Instalment, int]:
    """What returns from overpaid to its instalments when a receipt of one person and year is taken back, yen.

    `taken_back`: what the receipt had settled; `overpaid`: what is overpaid without the receipt. A lowered charge had moved money of the
    receipt to overpaid: that was never there. AlreadyGivenBack where it is not overpaid any more.
    """
    if overpaid < 0:
        raise AlreadyGivenBack("What the receipt had paid too much was refunded or appropriated since: undo that first.")
    back: dict[Instalment, int] = {}
    for key, amount in taken_back.items():
        held = standing[key]
        back[key] = max(min(amount, held.moved, overpaid), 0)
        overpaid -= back[key]
        if held.settled + back[key] < amount:
            raise AlreadyGivenBack(
                f"The receipt settled {amount} yen of instalment {key[2]} of {key[0]} for {key[1]}; {held.settled} yen are settled now. "
                "What its charge was lowered by was refunded or appropriated since: undo that first."
            )
    return {key: amount for key, amount in back.items() if amount}
