"""月割: the months of the fiscal year that are charged."""

from __future__ import annotations

import numpy as np
from chassis.law import NEVER, DayNumbers, FiscalYear, day_number

from premium_service.rules.columns import Codes, Flags
from premium_service.rules.parameters import DependantSpan

ARTICLE = "後期高齢者医療に関する条例（賦課期日後の異動に伴う月割賦課）"


def month_index(days: DayNumbers, fiscal_year: FiscalYear) -> Codes:
    """The month of each day counted from April: 0 to 11 inside the year, 0 before it, 12 after it."""
    first, end = day_number(fiscal_year.start), day_number(fiscal_year.end)
    months = np.zeros(end - first + 1, np.int16)
    for start in fiscal_year.month_starts[1:]:
        months[day_number(start) - first :] += 1
    months[-1] = 12
    found: Codes = months[np.clip(days, first, end) - np.int32(first)]
    return found


def charged_months(*, acquired_on: DayNumbers, lost_on: DayNumbers, is_assessed: Flags, fiscal_year: FiscalYear) -> Codes:
    """賦課月数: from the month of acquisition to the month before the month of loss, 0 to 12.

    Acquired and lost in one month is 0. Law: `ARTICLE`.
    """
    months = np.where(is_assessed, np.int16(12), np.int16(0))
    first, end = day_number(fiscal_year.start), day_number(fiscal_year.end)
    some = np.flatnonzero(is_assessed & ((acquired_on >= first) | (lost_on < end)))
    if len(some):
        counted = month_index(lost_on[some], fiscal_year) - month_index(acquired_on[some], fiscal_year)
        months[some] = np.maximum(counted, 0)
    return months


def dependant_months(
    *, acquired_on: DayNumbers, lost_on: DayNumbers, since: DayNumbers, span: DependantSpan, fiscal_year: FiscalYear
) -> Codes:
    """Charged months that fall into a span of months with a reduction for former dependants, and into its limit of time.

    The limit runs from the month of `since` for `span.months` months. Law: 法 第99条; 施行令 第18条 (資格取得の月以後2年を経過する月まで).
    """
    begin = np.maximum(month_index(acquired_on, fiscal_year), span.first).astype(np.int64)
    end = np.minimum(month_index(lost_on, fiscal_year), span.end).astype(np.int64)
    joined = _months_since_year_zero(since) - fiscal_year.year * 12 - 3
    begin = np.maximum(begin, joined)
    if span.months is not None:
        end = np.minimum(end, joined + span.months)
    counted: Codes = np.maximum(end - begin, 0).astype(np.int16)
    return counted


def _months_since_year_zero(days: DayNumbers) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Year x 12 + month - 1 of each day; NEVER stays far in the future."""
    zero = np.datetime64("2000-01-01", "D")
    found = (zero + np.minimum(days, NEVER - 1).astype(np.int64)).astype("datetime64[M]").astype(np.int64)
    return found + 1970 * 12
