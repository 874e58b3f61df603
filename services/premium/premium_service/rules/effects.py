"""影響: what other rates or another law mean for whom, by income band, reduction tier and municipality. Whole yen throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from chassis.law import Yen

from premium_service.rules.parameters import Parameters
from premium_service.rules.profiles import Profiles, assess_profiles

BANDS: tuple[int, ...] = (0, 300_000, 580_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000, 7_000_000)
"""Upper ends of the bands of the levy base (yen); the last band is open. Only for showing: no rule goes by them."""
TIERS: tuple[int, ...] = (7, 5, 2, 0)
TIER_OF_CODE = np.array([0, 2, 5, 7, 7, 0], np.int16)


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of a table: how many people, what they pay before and after (yen a year), how many pay more and less."""

    name: str
    people: int
    before: int
    after: int
    up: int
    down: int

    @property
    def difference(self) -> int:
        return self.after - self.before

    @property
    def average(self) -> tuple[int, int]:
        """Yen a head before and after, a fraction dropped."""
        return (self.before // self.people, self.after // self.people) if self.people else (0, 0)


def annual_amounts(profiles: Profiles, law: Parameters) -> Yen:
    """年間保険料額 of each profile, all parts together."""
    made = np.zeros(profiles.rows, np.int64)
    for part in law.parts:
        for here, out in assess_profiles(profiles, law, part):
            made[here] += out["amount"]
    return made


def by_band(levy_base: Yen, count: npt.NDArray[np.int64], before: Yen, after: Yen) -> list[Effect]:
    """Effects by band of the levy base; `count` people stand behind each row."""
    band = np.searchsorted(np.array(BANDS), levy_base, side="left")
    return [_effect(str(number), count * (band == number), before, after) for number in range(len(BANDS) + 1)]


def by_tier(tier: npt.NDArray[np.int16], count: npt.NDArray[np.int64], before: Yen, after: Yen) -> list[Effect]:
    """Effects by tier of the reduction (tenths), the largest first."""
    return [_effect(str(tenths), count * (tier == tenths), before, after) for tenths in TIERS]


def by_group(group: npt.NDArray[np.int16], names: Sequence[str], before: Yen, after: Yen) -> list[Effect]:
    """Effects by municipality; rows are people, sorted by `group` (a number into `names`)."""
    starts = np.searchsorted(group, np.arange(len(names) + 1))
    return [
        _effect(name, np.ones(end - start, np.int64), before[start:end], after[start:end])
        for name, start, end in zip(names, starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    ]


def whole(count: npt.NDArray[np.int64], before: Yen, after: Yen) -> Effect:
    """Everybody in one line."""
    return _effect("", count, before, after)


def _effect(name: str, count: npt.NDArray[np.int64], before: Yen, after: Yen) -> Effect:
    return Effect(
        name,
        int(count.sum()),
        int((count * before).sum()),
        int((count * after).sum()),
        int((count * (after > before)).sum()),
        int((count * (after < before)).sum()),
    )
