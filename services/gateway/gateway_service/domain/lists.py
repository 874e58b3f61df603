"""名簿 on the desk: which lists there are, what each asks for, and the days a form begins with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A list: its kind at the service, its title, what its one day is called (none: it asks for a period), the months from now that its
    form begins with, and whether its order can be chosen.
    """

    kind: str
    title: str
    day: str | None = None
    months_ahead: int = 0
    has_order: bool = False

    @property
    def has_period(self) -> bool:
        return self.day is None


LISTS: Final = {
    found.kind: found
    for found in (
        PeopleList("ledger", "被保険者台帳", day="資格のある日", has_order=True),
        PeopleList("changes", "被保険者異動整理簿"),
        PeopleList("reached", "75歳到達者リスト"),
        PeopleList("expected", "75歳到達予定者リスト", months_ahead=1),
        PeopleList("certified", "障害認定者一覧", day="資格のある日"),
        PeopleList("searched", "居所不明者一覧", day="調査中である日"),
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
