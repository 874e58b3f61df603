"""年齢階級: the age bands of the reports on the scheme.

65-69, 70-74 … 95-99, 100 and over. Source: 後期高齢者医療事業状況報告, tables by age. A person reaches an age on the birthday
itself, as the scheme counts 75 (高齢者の医療の確保に関する法律 第50条, 第52条); who was born on 29 February reaches it on 1 March of
a common year.
"""

from __future__ import annotations

from datetime import date, timedelta

FIRST_AGE, LAST_AGE, WIDTH = 65, 100, 5
STARTS = tuple(range(FIRST_AGE, LAST_AGE + 1, WIDTH))
UNDER_65 = f"0-{FIRST_AGE - 1}"
BANDS = (*(f"{age}-{age + WIDTH - 1}" for age in STARTS[:-1]), f"{LAST_AGE}+")
"""From the youngest band to the oldest; whoever is younger than 65 (which the law does not know) stands in UNDER_65."""
YOUNGEST_FIRST = (UNDER_65, *BANDS)


def latest_birthdays(on: date) -> list[date]:
    """For each band from the oldest to the youngest, the last birthday with which one has reached its first age on `on`; ascending."""
    return [_born(on, age) for age in reversed(STARTS)]


def band_of(place: int) -> str:
    """The band of a birthday that lies after `place` of the `latest_birthdays` (0: on or before the first)."""
    return BANDS[-1 - place] if place < len(BANDS) else UNDER_65


def _born(on: date, age: int) -> date:
    try:
        return on.replace(year=on.year - age)
    except ValueError:  # 29 February, and no such day in that year: whoever was born on the day before it has reached the age
        return (on - timedelta(days=1)).replace(year=on.year - age)
