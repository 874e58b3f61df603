"""What the law and an ordinance say about what was paid too much (過誤納), read for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.law import UnknownParameter, record, table, word

from collection_service.law import law_book, name_for, provisional_parameters
from collection_service.rules.overpayments import DebtKind, RefundLimitStart
from collection_service.rules.refund_addition import RefundGround


@dataclass(frozen=True, slots=True)
class RefundLaw:
    """過誤納の定め of a municipality on a day. `limit_starts` by `RefundGround`; `special_basis`: 特別返還金の定め of the union, None where
    it has none that is known; `provisional`: parameters that are not verified."""

    order: tuple[DebtKind, ...]
    limit_starts: tuple[RefundLimitStart, ...]
    special_basis: str | None
    provisional: tuple[str, ...]


def refund_law(municipality_code: str, union: str, on: date) -> RefundLaw:
    """The law of refunds on a day. ValueError where the order names a kind of debt twice, or not at all."""
    book = law_book()
    order, starts = (name_for(municipality_code, name) for name in ("appropriation_order", "refund_limitation_start"))
    kinds = tuple(DebtKind[word(row["kind"]).upper()] for row in table(book[order].on(on)))
    if sorted(kinds) != sorted(DebtKind):
        raise ValueError(f"{order} must name each kind of debt once: {kinds}.")
    by_ground = record(book[starts].on(on))
    special = book["special_refund_rules"]
    rules = table(special.on(on)) if special.entries[0].start <= on else ()
    return RefundLaw(
        order=kinds,
        limit_starts=tuple(RefundLimitStart[word(by_ground[ground.name.lower()]).upper()] for ground in RefundGround),
        special_basis=next((word(row["basis"]) for row in rules if row["union"] == union), None),
        provisional=provisional_parameters((order, starts), on, frozenset()),
    )


def review_board(union: str, on: date) -> str:
    """審査会 of a union. UnknownParameter where its name is not registered: no notice sends anybody to a board of another prefecture."""
    boards = table(law_book()["review_boards"].on(on))
    found = next((word(row["board"]) for row in boards if row["union"] == union), None)
    if found is None:
        raise UnknownParameter(
            f"There is no review board for union {union}.",
            f"広域連合「{union}」の審査会の名称が登録されていません。徴収の法定数値(review_boards)に登録してください。",
        )
    return found
