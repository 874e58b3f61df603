"""証の有効期間: from when until when a certificate of the regular issue, a short-term card and a printed class are valid."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta


def certificate_period(day: date, *, begins: date, years: int, issued_anew: Sequence[date] = ()) -> tuple[date, date]:
    """有効期間: first and last day of the regular certificate that is valid on `day`.

    `begins`: a 1 August on which a certificate began; one follows another every `years` years. On a day of `issued_anew` within the
    period everybody got a new one (令和4年10月1日). Law: 施行規則; the years are a setting of the union.
    """
    whole = (day.year - begins.year - (day < begins.replace(year=day.year))) // years
    first = begins.replace(year=begins.year + whole * years)
    last = begins.replace(year=first.year + years) - timedelta(days=1)
    for anew in issued_anew:
        if first < anew <= last:
            first, last = (anew, last) if day >= anew else (first, anew - timedelta(days=1))
    return first, last


def short_term_end(valid_from: date, *, months: int, regular_end: date) -> date:
    """短期被保険者証の有効期限: so many months, never beyond the end of the regular one. Law: 法54条(令和6年12月1日まで)."""
    return min(months_after(valid_from, months) - timedelta(days=1), regular_end)


def effective_on(applied_on: date, *, acquired_on: date) -> date:
    """発効期日: a class, or a specific disease, counts from the first day of the month of application, not before the acquisition."""
    return max(applied_on.replace(day=1), acquired_on)


def long_stay_shown_from(applied_on: date) -> date:
    """長期入院該当年月日: the first day of the month after the application; the days until then are paid back (差額支給)."""
    return months_after(applied_on.replace(day=1), 1)


def is_long_stay(days: int, *, more_than: int) -> bool:
    """長期入院該当: days in hospital within the 12 months before the application, while 区分Ⅱ was certified."""
    return days > more_than


def has_lasted(oldest_due_on: date | None, *, on: date, months: int) -> bool:
    """滞納期間の経過: whether the oldest unpaid premium has stayed unpaid for `months` after its due day. Law: 法54条, 法82条."""
    return oldest_due_on is not None and on > months_after(oldest_due_on, months)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
