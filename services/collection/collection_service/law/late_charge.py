"""What the law and a municipality's ordinance say about 延滞金 and 還付加算金, read for a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from chassis.law import Dated, Rate, Value, rate, record, whole, word

from collection_service.law import law_book, name_for
from collection_service.rules.day_rates import YearlyRate
from collection_service.rules.late_charge import DayAmountTerms, Fraction, LateChargeTerms
from collection_service.rules.refund_addition import RefundAdditionTerms, RefundGround


@dataclass(frozen=True, slots=True)
class LateChargeLaw:
    """延滞金の定め of a municipality for instalments due on a day. `provisional`: parameters that are not verified for these days."""

    low_months: int
    terms: LateChargeTerms
    provisional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefundAdditionLaw:
    """還付加算金の定め of a municipality on a day. `provisional`: parameters that are not verified for these days."""

    terms: RefundAdditionTerms
    provisional: tuple[str, ...]


def late_charge_law(municipality_code: str, *, due_on: date, until: date) -> LateChargeLaw:
    """Settings as on the due day, rates as in each calendar year up to `until`."""
    book = law_book()
    rates, months, rounding, fraction, share, days = (
        book[name_for(municipality_code, name)]
        for name in (
            "late_charge_rates",
            "late_charge_low_months",
            "late_charge_rounding",
            "late_charge_fraction",
            "late_charge_deferral_share",
            "rate_year_days",
        )
    )
    return LateChargeLaw(
        low_months=whole(months.on(due_on)),
        terms=LateChargeTerms(
            first=YearlyRate.of(_history(rates, "first")),
            after=YearlyRate.of(_history(rates, "after")),
            rounding=_rounding(rounding.on(due_on), days.on(due_on)),
            fraction=Fraction(word(fraction.on(due_on))),
            deferral_share=rate(share.on(due_on)),
        ),
        provisional=_provisional((months, rounding, fraction, share, days), due_on, rates, (due_on, until)),
    )


def refund_addition_law(municipality_code: str, *, paid_on: date, decided_on: date) -> RefundAdditionLaw:
    """Settings as on the day of the decision, rates as in each calendar year since the payment."""
    book = law_book()
    rates, rounding, months, days = (
        book[name_for(municipality_code, name)]
        for name in ("refund_addition_rate", "refund_addition_rounding", "refund_addition_months", "rate_year_days")
    )
    by_ground = record(months.on(decided_on))
    return RefundAdditionLaw(
        terms=RefundAdditionTerms(
            rate=YearlyRate.of([(entry.start, rate(rates.on(entry.start))) for entry in rates.entries]),
            rounding=_rounding(rounding.on(decided_on), days.on(decided_on)),
            months_before=tuple(whole(by_ground[ground.name.lower()]) for ground in RefundGround),
        ),
        provisional=_provisional((rounding, months, days), decided_on, rates, (paid_on, decided_on)),
    )


def _history(rates: Dated[Value], part: str) -> Sequence[tuple[date, Rate]]:
    return [(entry.start, rate(record(rates.on(entry.start))[part])) for entry in rates.entries]


def _rounding(value: Value, year_days: Value) -> DayAmountTerms:
    found = record(value)
    return DayAmountTerms(
        smallest_base=whole(found["smallest_base"]),
        base_unit=whole(found["base_unit"]),
        smallest_result=whole(found["smallest_result"]),
        result_unit=whole(found["result_unit"]),
        year_days=whole(year_days),
    )


def _provisional(settings: Iterable[Dated[Value]], day: date, rates: Dated[Value], days: tuple[date, date]) -> tuple[str, ...]:
    """Names of the settings that are provisional on `day`, and of the rates where they are on any of `days`."""
    weak = {setting.name for setting in settings if setting.provisional_on(day)}
    first, last = days
    turns = {entry.start for entry in rates.entries if first < entry.start <= last}
    if any(rates.provisional_on(turn) for turn in {first, last, *turns}):
        weak.add(rates.name)
    return tuple(sorted(weak))
