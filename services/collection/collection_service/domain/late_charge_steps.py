"""延滞金の計算書: every step from what was unpaid to the late charge, in Japanese or English. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction as Exact
from itertools import pairwise
from typing import Literal

from chassis.law import day_number
from chassis.law.steps import Input, Shown, Step
from contracts.eras import format_day

from collection_service.domain.arrears import CountedSpan, LateCharge
from collection_service.law.late_charge import LateChargeLaw
from collection_service.rules.day_rates import YearlyRate
from collection_service.rules.late_charge import ARTICLE, LEAP_YEARS, Fraction

Language = Literal["ja", "en"]
DAY = timedelta(days=1)
DEFERRAL = "市町村の後期高齢者医療に関する条例（延滞金の減免）; 地方税法 第15条の9"


@dataclass(frozen=True, slots=True)
class _Words:
    """One language: how amounts, days and rates are written."""

    language: Language

    def say(self, ja: str, en: str) -> str:
        return ja if self.language == "ja" else en

    def yen(self, amount: int) -> str:
        return self.say(f"{amount:,}円", f"{amount:,} yen")

    def span(self, first: date, last: date) -> str:
        return self.say(f"{format_day(first)}から{format_day(last)}まで", f"{first} to {last}")


def steps_of(charge: LateCharge, language: Language = "ja") -> list[Step]:
    """The base and the amount by days of each span, their sum, and the rounded late charge. The last step is the late charge in yen."""
    words, law = _Words(language), charge.law
    parts: list[Exact] = []
    steps: list[Step] = []
    for span in charge.spans:
        steps.append(_base_step(span, law, words))
        for step, value in _by_days(span, law, words):
            steps.append(step)
            parts.append(value)
    steps.append(_sum(charge, parts, words))
    steps.append(_amount(charge, words))
    return steps


def _base_step(span: CountedSpan, law: LateChargeLaw, words: _Words) -> Step:
    rounding = law.terms.rounding
    when = words.span(span.first, span.last)
    return _step(
        "late_charge_base",
        words.say("計算の基礎となる額", "base"),
        span.base,
        words.say(f"{when} 未納額 {words.yen(span.unpaid)}", f"{when}: unpaid {words.yen(span.unpaid)}"),
        inputs=(Input("unpaid_amount", words.say("未納額", "unpaid"), span.unpaid),),
        rounding=words.say(
            f"{rounding.base_unit:,}円未満切捨て。{rounding.smallest_base:,}円未満は0円",
            f"floored to {rounding.base_unit:,} yen; nothing below {rounding.smallest_base:,} yen",
        ),
        law=ARTICLE,
        parameters=("late_charge_rounding",),
        weak=law.provisional,
    )


def _by_days(span: CountedSpan, law: LateChargeLaw, words: _Words) -> Iterator[tuple[Step, Exact]]:
    """The low and the high part of a span: base × (rate × days of each calendar year) ÷ days of a year, less what a deferral takes off."""
    share = law.terms.deferral_share
    kept = Exact(share.denominator - share.numerator, share.denominator) if span.is_deferred else Exact(1)
    for is_low, rate, first, last in (
        (True, law.terms.first, span.first, min(span.last, span.low_until)),
        (False, law.terms.after, max(span.first, span.low_until + DAY), span.last),
    ):
        if first > last:
            continue
        pieces = list(_pieces(rate, first, last))
        yearly = sum((one * days for one, days in pieces), Exact(0))
        value = span.base * yearly * kept / law.terms.rounding.year_days
        if law.terms.fraction is Fraction.EACH:
            value = Exact(int(value))
        yield _part(span, law, words, is_low=is_low, first=first, last=last, pieces=pieces, kept=kept, value=value), value


def _part(
    span: CountedSpan,
    law: LateChargeLaw,
    words: _Words,
    *,
    is_low: bool,
    first: date,
    last: date,
    pieces: Sequence[tuple[Exact, int]],
    kept: Exact,
    value: Exact,
) -> Step:
    when = words.span(first, last)
    name = words.say("低率期間", "low rate") if is_low else words.say("低率期間の後", "after the low rate")
    by_year = " + ".join(f"{_percent(rate)} × {days}{words.say('日', ' days')}" for rate, days in pieces)
    formula = f"{when}{words.say('', ':')} {words.yen(span.base)} × ({by_year}) ÷ {law.terms.rounding.year_days}"
    if span.is_deferred:
        formula += f" × {kept.numerator}/{kept.denominator}" if kept.denominator > 1 else f" × {kept.numerator}"
        formula += words.say("（徴収猶予の期間）", " (deferred)")
    each = law.terms.fraction is Fraction.EACH
    return _step(
        "late_charge_low_days" if is_low else "late_charge_high_days",
        words.say(f"{name}の額", name),
        int(value) if each else _cents(value),
        formula,
        inputs=(
            Input("late_charge_base", words.say("計算の基礎となる額", "base"), span.base),
            Input("days", words.say("日数", "days"), sum(days for _, days in pieces)),
        ),
        rounding=words.say("1円未満切捨て", "a fraction of a yen dropped") if each else None,
        law=f"{LEAP_YEARS}; {DEFERRAL}" if span.is_deferred else LEAP_YEARS,
        parameters=("late_charge_rates", "late_charge_low_months", "late_charge_fraction", "rate_year_days")
        + (("late_charge_deferral_share",) if span.is_deferred else ()),
        weak=law.provisional,
    )


def _sum(charge: LateCharge, parts: Sequence[Exact], words: _Words) -> Step:
    whole = all(part.denominator == 1 for part in parts)
    shown = " + ".join(f"{int(part):,}" if whole else _cents(part) for part in parts)
    return _step(
        "late_charge_exact",
        words.say("日割りの額の合計", "sum by days"),
        charge.exact,
        shown or words.say("納期限の後に未納の日はない", "nothing was unpaid after the due day"),
        rounding=words.say("1円未満切捨て", "a fraction of a yen dropped"),
        law=ARTICLE,
        parameters=("late_charge_fraction",),
        weak=charge.law.provisional,
    )


def _amount(charge: LateCharge, words: _Words) -> Step:
    rounding = charge.law.terms.rounding
    return _step(
        "late_charge",
        words.say("延滞金", "late charge"),
        charge.amount,
        words.yen(charge.exact),
        inputs=(Input("late_charge_exact", words.say("日割りの額の合計", "sum by days"), charge.exact),),
        rounding=words.say(
            f"{rounding.result_unit:,}円未満切捨て。{rounding.smallest_result:,}円未満は0円",
            f"floored to {rounding.result_unit:,} yen; nothing below {rounding.smallest_result:,} yen",
        ),
        law=ARTICLE,
        parameters=("late_charge_rounding",),
        weak=charge.law.provisional,
    )


def _step(
    name: str,
    term: str,
    value: Shown,
    formula: str,
    *,
    law: str,
    rounding: str | None,
    parameters: tuple[str, ...],
    weak: Sequence[str],
    inputs: tuple[Input, ...] = (),
) -> Step:
    """`weak`: parameters of this charge that are provisional; a municipality's own carry its code before the name."""
    provisional = tuple(name for name in weak if name.rpartition(".")[2] in parameters)
    return Step(name, term, value, "yen", inputs, formula, rounding, law, parameters, provisional, 0, None)


def _pieces(rate: YearlyRate, first: date, last: date) -> Iterator[tuple[Exact, int]]:
    """(yearly rate, days) of the days `first` to `last`, cut where the rate changes."""
    begin, end = day_number(first), day_number(last)
    for (start, following), numerator in zip(pairwise((*rate.starts, end + 1)), rate.numerators, strict=True):
        days = min(end, following - 1) - max(begin, start) + 1
        if days > 0:
            yield Exact(numerator, rate.denominator), days


def _percent(rate: Exact) -> str:
    """A rate of whole hundredths of a percent: 2.4%."""
    hundredths = rate * 10_000
    assert hundredths.denominator == 1, "the files give rates in tenths of a percent"
    text = f"{int(hundredths) // 100}.{int(hundredths) % 100:02}"
    return f"{text.rstrip('0').rstrip('.')}%"


def _cents(value: Exact) -> str:
    """Yen with two digits after the point, what comes after them dropped."""
    hundredths = int(value * 100)
    return f"{hundredths // 100:,}.{hundredths % 100:02}"
