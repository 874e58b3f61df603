"""The sample union 13 (東京都) and its three municipalities."""

from __future__ import annotations

from dataclasses import dataclass

UNION = "13"


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality of the sample union.

    `code` is the 全国地方公共団体コード with its check digit, `weight` the rough number of people of 75 and over that live there
    (orders of magnitude; they only divide the invented residents). `flats` is the share of households in flats, `wealth` the factor
    on the share of very high incomes. `numbers_from` is where its resident numbers begin: those of 千代田区 and 八王子市 overlap, because
    only code and number together name a person.
    """

    code: str
    name: str
    weight: int
    flats: float
    wealth: float
    numbers_from: int
    uninhabited: frozenset[str] = frozenset()

    @property
    def jisx0402(self) -> str:
        """The code without its check digit, as postal data names a municipality."""
        return self.code[:5]


CHIYODA = Municipality(
    code="131016",
    name="千代田区",
    weight=6_500,
    flats=0.75,
    wealth=5.0,
    numbers_from=0,
    uninhabited=frozenset(
        ["千代田", "皇居外苑", "北の丸公園", "日比谷公園", "丸の内", "大手町", "霞が関", "有楽町", "内幸町", "永田町"],
    ),
)
HACHIOJI = Municipality(code="132012", name="八王子市", weight=88_000, flats=0.3, wealth=1.0, numbers_from=5)
OKUTAMA = Municipality(code="133086", name="奥多摩町", weight=1_500, flats=0.04, wealth=0.3, numbers_from=50_000_000)
MUNICIPALITIES = (CHIYODA, HACHIOJI, OKUTAMA)


def check_digit(five_digits: str) -> int:
    """The check digit of a municipality code: weights 6 to 2, eleven less the remainder by eleven, last digit (JIS X 0402 codes)."""
    total = sum(weight * int(digit) for weight, digit in zip((6, 5, 4, 3, 2), five_digits, strict=True))
    return (11 - total % 11) % 10


def divide(residents: int) -> dict[Municipality, int]:
    """How many of the residents live where: by weight, but nowhere fewer than a sixth of a small sample or 500 people."""
    least = min(500, residents // 6)
    rest = residents - least * len(MUNICIPALITIES)
    total = sum(m.weight for m in MUNICIPALITIES)
    counts = {m: least + rest * m.weight // total for m in MUNICIPALITIES}
    counts[HACHIOJI] += residents - sum(counts.values())
    return counts
