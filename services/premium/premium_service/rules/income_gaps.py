"""所得把握: in which state the income of a resident is, and who must be asked for at another municipality (他市課税者).

The municipality taxes who lives in it on 1 January (賦課期日); of whoever came later it can know nothing, and what it says of them is no
answer. Every resident gets exactly one reason, so that those extracted and those left out add up to all.
Law: 地方税法 第318条 (賦課期日), 高齢者の医療の確保に関する法律 第138条 (資料の提供等).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from chassis.law import DayNumbers, day_number

from premium_service.rules.columns import DECLARED, INQUIRING, UNDECLARED, Codes, Flags

NO_RECORD = 0
"""Beside the codes of `income_status`: nothing has been handed over at all."""
SINCE_UNKNOWN = -(2**31)
"""`resident_since` where the record does not say it: `-infinity` of a PostgreSQL date."""
OF_AGE = 20
"""Nobody looks for the income of the young: 地方税法 第295条 does not tax minors of ordinary income; 20 covers every age of majority."""


class Reason(IntEnum):
    """Why somebody is extracted for an inquiry, or is left out; `EXTRACTED` names those that are."""

    HERE_ON_TAX_DAY = 1
    DETERMINED = 2
    BEING_INQUIRED = 3
    YOUNG = 4
    CAME_LATER = 5
    CAME_LATER_UNDECLARED = 6
    SINCE_UNKNOWN = 7


EXTRACTED = frozenset({Reason.CAME_LATER, Reason.CAME_LATER_UNDECLARED, Reason.SINCE_UNKNOWN})


class Gap(IntEnum):
    """所得の状態 of somebody whose income is not known: states, never zero."""

    NONE = 0
    UNDECLARED = 1
    INQUIRING = 2
    OTHER_MUNICIPALITY = 3
    MISSING = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """One entry a resident: codes of Reason and of Gap."""

    reason: Codes
    gap: Codes

    @property
    def is_extracted(self) -> Flags:
        return np.isin(self.reason, sorted(EXTRACTED))


def tax_day(income_year: int) -> date:
    """賦課期日 of the tax on the incomes of a year: 1 January after it."""
    return date(income_year + 1, 1, 1)


def judge(*, income_year: int, income_status: Codes, resident_since: DayNumbers, born_on: DayNumbers) -> Judged:
    """Reason and gap of each resident for the incomes of one year. `income_status`: its codes, or NO_RECORD."""
    day = tax_day(income_year)
    unknown = resident_since == SINCE_UNKNOWN
    conditions = [
        (income_status == DECLARED, Reason.DETERMINED),
        (income_status == INQUIRING, Reason.BEING_INQUIRED),
        (born_on > day_number(day.replace(year=day.year - OF_AGE)), Reason.YOUNG),
        (unknown, Reason.SINCE_UNKNOWN),
        (resident_since <= day_number(day), Reason.HERE_ON_TAX_DAY),
        (income_status == UNDECLARED, Reason.CAME_LATER_UNDECLARED),
    ]
    reason = np.select([found for found, _ in conditions], [code for _, code in conditions], Reason.CAME_LATER).astype(np.int16)
    here = reason == Reason.HERE_ON_TAX_DAY
    gap = np.select(
        [np.isin(reason, sorted(EXTRACTED)), reason == Reason.BEING_INQUIRED, here & (income_status == UNDECLARED), here],
        [Gap.OTHER_MUNICIPALITY, Gap.INQUIRING, Gap.UNDECLARED, Gap.MISSING],
        Gap.NONE,
    ).astype(np.int16)
    return Judged(reason, gap)
