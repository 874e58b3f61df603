"""名簿 on the desk: which lists there are, what each asks for, and the days a form begins with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A list: its kind at the service, its title, whether it asks for one day or a period, and the months from now it begins with."""

    kind: str
    title: str
    has_period: bool
    months_ahead: int = 0


LISTS: Final = {
    found.kind: found
    for found in (
        PeopleList("ledger", "被保険者台帳", has_period=False),
        PeopleList("changes", "被保険者異動整理簿", has_period=True),
        PeopleList("reached", "75歳到達者リスト", has_period=True),
        PeopleList("expected", "75歳到達予定者リスト", has_period=True, months_ahead=1),
    )
}
FORMS: Final = {"pdf": "PDF", "csv": "CSV（UTF-8）", "csv_cp932": "CSV（CP932）"}
STATES: Final = {"ready": ("完成", "good"), "making": ("作成中", "quiet"), "failed": ("停止", "bad")}


def first_period(found: PeopleList, today: date) -> tuple[date, date]:
    """The month that the form of a list begins with."""
    return month_of(today, ahead=found.months_ahead)


def month_of(today: date, *, ahead: int = 0) -> tuple[date, date]:
    """First and last day of the month of `today`, or of one `ahead` of it."""
    months = today.year * 12 + today.month - 1 + ahead
    first = date(months // 12, months % 12 + 1, 1)
    following = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return first, following - timedelta(days=1)
