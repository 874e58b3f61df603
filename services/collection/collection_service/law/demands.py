"""What the law and a municipality's ordinance say about 督促 and 催告, read for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.law import UnknownParameter, whole, word

from collection_service.law import law_book, name_for, provisional_parameters


@dataclass(frozen=True, slots=True)
class DemandLaw:
    """督促・催告の定め of a municipality on a day. Days; `fee` in yen a demand. `provisional`: parameters that nobody has confirmed."""

    days: int
    quiet_days: int
    grace_days: int
    fee: int
    reminder_quiet_days: int
    reminder_grace_days: int
    review_board: str
    provisional: tuple[str, ...]


def demand_law(municipality_code: str, on: date, confirmed: frozenset[str] = frozenset()) -> DemandLaw:
    """The settings of a day. UnknownParameter where the municipality has not said what a demand costs: nobody pays a fee of another."""
    book = law_book()
    days = ("demand_days", "demand_quiet_days", "demand_grace_days", "reminder_quiet_days", "reminder_grace_days")
    names = {name: name_for(municipality_code, name) for name in days}
    for name in ("demand_fee", "review_board"):
        names[name] = f"{municipality_code}.{name}"
        if names[name] not in book:
            raise UnknownParameter(
                f"Municipality {municipality_code} has no {name}.",
                f"市町村コード「{municipality_code}」の督促手数料か審査会が登録されていません。"
                "市町村の条例で確かめ、徴収の法定数値(law/municipalities)に登録してください。",
            )
    return DemandLaw(
        days=whole(book[names["demand_days"]].on(on)),
        quiet_days=whole(book[names["demand_quiet_days"]].on(on)),
        grace_days=whole(book[names["demand_grace_days"]].on(on)),
        fee=whole(book[names["demand_fee"]].on(on)),
        reminder_quiet_days=whole(book[names["reminder_quiet_days"]].on(on)),
        reminder_grace_days=whole(book[names["reminder_grace_days"]].on(on)),
        review_board=word(book[names["review_board"]].on(on)),
        provisional=provisional_parameters(tuple(names[name] for name in (*days, "demand_fee")), on, confirmed),
    )
