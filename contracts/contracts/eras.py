# SPDX-License-Identifier: Apache-2.0
"""和暦: Japanese eras and western days, in both directions.

Strict at the boundaries: 昭和64年1月7日 is followed by 平成元年1月8日, and neither 昭和64年1月8日 nor 平成元年1月7日 exists.
Before 明治6年1月1日 Japan counted by the moon; days of 明治元年 to 5年 are written here as days of today's calendar.
Law: 元号法 (昭和54年法律第43号) and the orders that named each era. `UnreadableDay` carries Japanese text for the clerk.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

EXAMPLES: Final = "例: 昭和20年6月1日、S20.6.1、S200601、3200601、1945-06-01"


class UnreadableDay(ValueError):
    """What was typed is no day; the text says in Japanese what is wrong and what to type."""


@dataclass(frozen=True, slots=True)
class Era:
    """元号: one era. `code` is the digit used in data (1 明治 … 5 令和); `last_day` is None for the present era."""

    code: str
    name: str
    letter: str
    first_day: date
    last_day: date | None

    def year_of(self, year: int) -> int:
        """The year of the era (元年 is 1) for a western `year`."""
        return year - self.first_day.year + 1

    def contains(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


ERAS: Final = (
    Era("1", "明治", "M", date(1868, 1, 25), date(1912, 7, 29)),
    Era("2", "大正", "T", date(1912, 7, 30), date(1926, 12, 24)),
    Era("3", "昭和", "S", date(1926, 12, 25), date(1989, 1, 7)),
    Era("4", "平成", "H", date(1989, 1, 8), date(2019, 4, 30)),
    Era("5", "令和", "R", date(2019, 5, 1), None),
)
FIRST_DAY: Final = ERAS[0].first_day

_BY_MARK: Final = {mark: era for era in ERAS for mark in (era.code, era.name, era.name[0], era.letter)}
_SEPARATOR = r"[-./・。ー―‐]"
_ERA = r"(?P<era>明治|大正|昭和|平成|令和|[明大昭平令MTSHR])"
_FORMS: Final = (
    re.compile(
        rf"(?:{_ERA}|(?P<digit>[1-5]){_SEPARATOR})(?P<year>元|\d{{1,2}})(?:年|{_SEPARATOR})(?P<month>\d{{1,2}})(?:月|{_SEPARATOR})(?P<day>\d{{1,2}})日?",
        re.ASCII,
    ),
    re.compile(rf"(?:{_ERA}|(?P<digit>[1-5]))(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)", re.ASCII),
    re.compile(rf"(?P<year>\d{{4}})(?:年|{_SEPARATOR})(?P<month>\d{{1,2}})(?:月|{_SEPARATOR})(?P<day>\d{{1,2}})日?", re.ASCII),
    re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)", re.ASCII),
)


def era_of(day: date) -> Era:
    """The era that `day` belongs to. Raises `UnreadableDay` before 明治."""
    for era in ERAS:
        if era.contains(day):
            return era
    raise UnreadableDay(f"{day.year}年{day.month}月{day.day}日は明治より前の日です。和暦にできるのは{FIRST_DAY.isoformat()}以後の日です。")


def parse_day(text: str) -> date:
    """The day that a clerk typed: an era date or a western one, full-width or half-width.

    Raises `UnreadableDay` where the form is not known, the calendar has no such day, or the era did not reach that day.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if not plain:
        raise UnreadableDay(f"日付が空です。日付を入力してください。{EXAMPLES}")
    for form in _FORMS:
        if found := form.fullmatch(plain):
            parts = found.groupdict()
            mark = parts.get("era") or parts.get("digit")
            if mark:
                return day_in_era(
                    _BY_MARK[mark], 1 if parts["year"] == "元" else int(parts["year"]), int(parts["month"]), int(parts["day"])
                )
            return _western(int(parts["year"]), int(parts["month"]), int(parts["day"]))
    raise UnreadableDay(f"「{text}」は日付として読めません。元号か西暦4桁から始めてください。{EXAMPLES}")


def day_in_era(era: Era, year: int, month: int, day: int) -> date:
    """The western day of a year (元年 = 1), month and day of `era`; refuses days outside the era, naming the right one."""
    if year < 1:
        raise UnreadableDay(f"{era.name}{year}年はありません。最初の年は「元年」または1年です。")
    found = _western(era.first_day.year + year - 1, month, day, shown=f"{era.name}{_year_text(year)}年")
    if era.contains(found):
        return found
    edge = era.first_day if found < era.first_day else era.last_day
    assert edge is not None, "a day after the first day of the present era is in it"
    limit = f"{era.name}{_year_text(era.year_of(edge.year))}年{edge.month}月{edge.day}日"
    limit += "から" if found < era.first_day else "まで"
    proposal = f"この日は{format_day(found)}です。" if found >= FIRST_DAY else ""
    raise UnreadableDay(f"{era.name}{_year_text(year)}年{month}月{day}日はありません。{limit}です。{proposal}元号を確かめてください。")


def format_day(day: date) -> str:
    """昭和20年6月1日; the first year of an era is 元年."""
    era = era_of(day)
    return f"{era.name}{_year_text(era.year_of(day.year))}年{day.month}月{day.day}日"


def format_day_short(day: date) -> str:
    """S20.6.1: for narrow columns on screen."""
    era = era_of(day)
    return f"{era.letter}{era.year_of(day.year)}.{day.month}.{day.day}"


def era_digits(day: date) -> str:
    """3200601: era digit, year, month, day; the form of the files of 国保連合会."""
    era = era_of(day)
    return f"{era.code}{era.year_of(day.year):02d}{day.month:02d}{day.day:02d}"


def format_year(year: int) -> str:
    """令和7年 for a calendar year (an income year); a year of two eras takes the one of its last day."""
    era = era_of(date(year, 12, 31))
    return f"{era.name}{_year_text(era.year_of(year))}年"


def format_fiscal_year(fiscal_year: int) -> str:
    """令和8年度 for the fiscal year that begins on 1 April of `fiscal_year`.

    FY2019 began in 平成31年 and is called 令和元年度 throughout (関係省庁連絡会議申合せ 2019-04-01): the era of 31 December decides.
    """
    return f"{format_year(fiscal_year)}度"


def last_day_of(era: Era) -> date:
    """The last day of `era`, or the last day a two-digit year of the present era can name."""
    return era.last_day or date(era.first_day.year + 99, 1, 1) - timedelta(days=1)


def _western(year: int, month: int, day: int, shown: str = "") -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise UnreadableDay(f"{shown or f'{year}年'}{month}月{day}日は暦にありません。年月日を確かめてください。") from None


def _year_text(year: int) -> str:
    return "元" if year == 1 else str(year)
