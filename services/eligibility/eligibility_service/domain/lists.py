"""名簿: what stands on the lists of the insured, column by column. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

import polars as pl
from chassis.lists import PAGES_A_VOLUME, PDF, ROWS_A_PAGE, Column
from contracts.eras import format_day

WHOLE_UNION: Final = "*"


class ListKind(StrEnum):
    """帳票 of people."""

    LEDGER = "ledger"
    CHANGES = "changes"
    REACHED = "reached"
    EXPECTED = "expected"


class Order(StrEnum):
    """Of the ledger's list: by 被保険者番号, or by reading."""

    NUMBER = "number"
    NAME = "name"


_NUMBER = Column("insured_number", "被保険者番号", 56)
_RESIDENT = Column("resident_number", "宛名番号", 68)
_NAME = Column("name", "氏名", 84, is_name=True)
_KANA = Column("name_kana", "フリガナ", 88)
_BORN = Column("born_on", "生年月日", 66)
_SEX = Column("sex", "性別", 22)
_ADDRESS = Column("address", "住所", 158, is_name=True)
TITLES: Final = {
    ListKind.LEDGER: "被保険者台帳",
    ListKind.CHANGES: "被保険者異動整理簿",
    ListKind.REACHED: "75歳到達者リスト",
    ListKind.EXPECTED: "75歳到達予定者リスト",
}
COLUMNS: Final[dict[ListKind, tuple[Column, ...]]] = {
    ListKind.LEDGER: (
        _NUMBER, _RESIDENT, _NAME, _KANA, _BORN, _SEX, _ADDRESS,
        Column("acquired_on", "資格取得日", 46), Column("acquisition_ground", "取得事由", 46),
        Column("lost_on", "資格喪失日", 46), Column("loss_reason", "喪失事由", 42),
    ),
    ListKind.CHANGES: (
        Column("recorded_on", "処理日", 50), Column("effective_on", "異動日", 50), Column("event", "異動の種類", 66), _NUMBER, _NAME,
        Column("before", "異動前", 160, is_name=True), Column("after", "異動後", 160, is_name=True), Column("reason", "事由", 66),
        Column("cancelled", "取消", 44),
    ),
    ListKind.REACHED: (
        Column("group", "区分", 108), Column("reached_on", "75歳到達日", 58), _NUMBER, _RESIDENT, _NAME, _KANA, _BORN, _SEX, _ADDRESS,
    ),
    ListKind.EXPECTED: (
        Column("group", "区分", 108), Column("reached_on", "75歳到達予定日", 70), _RESIDENT, _NAME, _KANA, _BORN, _SEX,
        Column("postal_code", "郵便番号", 44), _ADDRESS,
    ),
}  # fmt: skip


class NotAsked(ValueError):
    """A list was asked for without what it needs; the text says in Japanese what is missing."""


@dataclass(frozen=True, slots=True)
class ListAsked:
    """What a list shows. `municipality_code` '*' is the whole union. `valid_on`: whose qualification holds on that day (ledger);
    `known_on`: as it was known at the end of that day (None: now); `first_day` to `last_day`: the period (changes), or the days of
    reaching 75."""

    kind: ListKind
    municipality_code: str
    order: Order = Order.NUMBER
    valid_on: date | None = None
    known_on: date | None = None
    first_day: date | None = None
    last_day: date | None = None

    def __post_init__(self) -> None:
        if self.kind is ListKind.LEDGER and self.valid_on is None:
            raise NotAsked("台帳の基準日がありません。日付を入れてください。")
        if self.kind is not ListKind.LEDGER and (self.first_day is None or self.last_day is None or self.last_day < self.first_day):
            raise NotAsked("期間の初日と末日を、この順に入れてください。")

    @property
    def days(self) -> tuple[date, date]:
        """The period, of a list that has one."""
        assert self.first_day is not None, "a list with a period has its first day"
        assert self.last_day is not None, "and its last"
        return self.first_day, self.last_day

    def lines(self, *, today: date) -> tuple[str, ...]:
        """Of which days the list is, as it stands under the title."""
        known = f"{format_day(self.known_on)}に知られていた内容" if self.known_on else f"{format_day(today)}現在の記録による"
        if self.kind is ListKind.LEDGER:
            assert self.valid_on is not None
            order = "カナ氏名順" if self.order is Order.NAME else "被保険者番号順"
            return f"{format_day(self.valid_on)}に資格のある人", known, order
        first, last = self.days
        what = {ListKind.CHANGES: "処理した異動", ListKind.REACHED: "75歳に達した人", ListKind.EXPECTED: "75歳に達する人"}[self.kind]
        return f"{format_day(first)}から{format_day(last)}までに{what}", known

    def as_json(self) -> dict[str, Any]:
        """For the database: days as ISO text."""
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(self).items()}

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> Self:
        days = {
            name: date.fromisoformat(found[name]) if found[name] else None for name in ("valid_on", "known_on", "first_day", "last_day")
        }
        kinds = {"kind": ListKind(found["kind"]), "order": Order(found["order"])}
        return cls(**{**found, **kinds, **days})


def month_of(day: date, *, after: int = 0) -> tuple[date, date]:
    """First and last day of the month `after` months from that of `day`."""
    months = day.year * 12 + day.month - 1 + after
    first = date(months // 12, months % 12 + 1, 1)
    following = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return first, following - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A list whose rows are fixed."""

    list_id: UUID
    asked: ListAsked
    form: str
    place: str
    rows: pl.DataFrame
    asked_by: str

    @property
    def rows_a_part(self) -> int:
        """A CSV is one file; a PDF has volumes of a bounded number of pages."""
        return ROWS_A_PAGE * PAGES_A_VOLUME if self.form == PDF else max(1, self.rows.height)
