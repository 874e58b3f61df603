"""年金原簿: the pensions of the people of the sample union, deterministic by seed. Everybody and every number is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import jaconv
import numpy as np
from contracts.layouts.jis import encode_pairs

from tests.simulators.municipality.chance import pick, stream
from tests.simulators.municipality.population import Population

RESIDENT: Final = "1"
KANA_BYTES: Final = 25
KANJI: Final = 25
ADDRESS_KANJI: Final = 80
SHARES: Final = {
    ("000", "1150"): 0.80,
    ("000", "0120"): 0.03,
    ("000", "0130"): 0.03,
    ("000", "1450"): 0.04,
    ("100", "1170"): 0.04,
    ("300", "1170"): 0.01,
    ("200", "1170"): 0.05,
}
"""(payer, pension code) → share of the pensions; made to look right, no statistics."""
LOW_SHARE: Final = 0.08
"""Pensions below what a premium may be taken from; they are in no list."""
_WIDE: Final = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {" ": "　"})
_SMALL: Final = str.maketrans("ァィゥェォヵヶッャュョヮ", "アイウエオカケツヤユヨワ")


@dataclass(frozen=True, slots=True)
class Pension:
    """One pension as its payer keeps it: whose, of what kind, yen a year and at a payment, and what care takes at a payment."""

    municipality_number: str
    resident_number: str
    collector_code: str
    basic_pension_number: str
    pension_code: str
    name_kana: str
    name: str
    born_on: date
    sex: str
    postal_code: str
    address: str
    year_amount: int
    payment_amount: int
    care_payment: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.collector_code, self.basic_pension_number, self.pension_code


def pensions_of(population: Population, seed: int) -> list[Pension]:
    """A pension for everybody who lives in the union and is 65 or older on the day of the population, in order of the register."""
    found = []
    for register in population.registers:
        code = register.municipality.code
        people = [row for row in register.residents.to_dicts() if row["status"] == RESIDENT and _age(row["born_on"], population.on) >= 65]
        chance = stream(seed, code, "pensions")
        kinds = pick(chance, list(SHARES.values()), len(people))
        is_low = chance.random(len(people)) < LOW_SHARE
        years = np.where(is_low, chance.integers(60_000, 180_000, len(people)), chance.integers(180_000, 2_600_000, len(people)))
        care = chance.integers(20, 120, len(people)) * 100
        found += [
            _pension(code[:5], number, row, list(SHARES)[kinds[number]], int(years[number]) // 6 * 6, int(care[number]))
            for number, row in enumerate(people)
        ]
    return found


def _pension(town: str, number: int, row: dict[str, Any], kind: tuple[str, str], year_amount: int, care: int) -> Pension:
    collector_code, pension_code = kind
    return Pension(
        municipality_number=town,
        resident_number=row["resident_number"],
        collector_code=collector_code,
        basic_pension_number=f"{town}{number:05}",
        pension_code=pension_code,
        name_kana=half_width(row["name_kana"]),
        name=in_pairs(row["name"])[:KANJI],
        born_on=row["born_on"],
        sex=row["sex"],
        postal_code=row["postal_code"],
        address=in_pairs(row["address_municipality"] + row["address_town"] + row["address_number"])[:ADDRESS_KANJI],
        year_amount=year_amount,
        payment_amount=year_amount // 6,
        care_payment=care,
    )


def half_width(name: str) -> str:
    """カナ氏名 of the records: half-width, no small letters, cut to its bytes."""
    wide = jaconv.h2z(name, kana=True, ascii=False, digit=False).translate(_SMALL)
    return jaconv.z2h(wide, kana=True, ascii=True, digit=True).replace("　", " ").upper()[:KANA_BYTES]


def in_pairs(text: str) -> str:
    """A text that JIS X 0208 can hold; what it lacks becomes 〓, as a payer prints it."""
    return "".join(character if _has(character) else "〓" for character in text.translate(_WIDE))


def _has(character: str) -> bool:
    try:
        encode_pairs(character)
    except UnicodeEncodeError:
        return False
    return True


def _age(born_on: date, on: date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
