"""賦課の型: a population as its distinct profiles, so that rates can be tried on 1.7 million people in a fraction of a second.

A profile is everything about a person that the rates and the cap work on: levy base, tier, months, what there is of a former dependant.
The amounts are made by the same functions as a decision (`parts.assess_part`), on profiles instead of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from chassis.law import NEVER, Rate, day_number

from premium_service.rules.assessment import CHUNK_ROWS
from premium_service.rules.columns import ASSESSMENT_DTYPE, DECIDED, DECIDED_UNDECLARED, GAP, Assessments, Households
from premium_service.rules.parameters import Parameters
from premium_service.rules.parts import Columns, assess_part, tier_codes

KEY_COLUMNS: dict[str, Any] = {
    "tier": np.int16, "months": np.int16, "dependant_months": np.int16, "rate_area": np.int16, "is_former_dependant": np.bool_,
    "born_on": np.int32, "by_disability": np.bool_, "acquired_on": np.int32, "lost_on": np.int32, "former_dependant_since": np.int32,
}  # fmt: skip
"""Columns of a profile beside `levy_base`. `tier` is the code of `parts.tier_codes`."""
NO_TIER, TWO, FIVE, SEVEN, SEVEN_LOW_PENSION = range(5)


@dataclass(frozen=True, slots=True)
class Profiles:
    """Distinct profiles by rising levy base, how many people have each, and of every person the profile and a group.

    `index` is sorted by `group` (a number for each municipality, named in `groups`); `undecided` people have no amount yet.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    count: npt.NDArray[np.int64]
    index: npt.NDArray[np.int32]
    group: npt.NDArray[np.int16]
    groups: tuple[str, ...]
    undecided: int

    @property
    def rows(self) -> int:
        return len(self.count)

    @property
    def people(self) -> int:
        return len(self.index)

    @property
    def person_months(self) -> int:
        return int((self.count * self.columns["months"]).sum())

    def grown(self, growth: Rate) -> Profiles:
        """The same people with levy bases that have grown (or shrunk) by a rate; their tiers stay."""
        return replace(self, columns={**self.columns, "levy_base": growth.of(self.columns["levy_base"])})


def profile_columns(result: Assessments) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64], int]:
    """The columns of everybody assessed, their rows, and how many have no decision yet (所得を照会中).

    What does not move an amount is made the same for everybody: days count for former dependants alone, birth and disability
    only where the cap goes by them.
    """
    members, law = result.households, result.parameters
    outcome = result["outcome"]
    decided = (outcome == DECIDED) | (outcome == DECIDED_UNDECLARED) | (outcome == GAP)
    rows = np.flatnonzero(members.is_assessed & decided)
    tiers = tier_codes(members, dict(result.columns))
    made = {"levy_base": result["levy_base"][rows], "tier": tiers[rows]}
    made |= {name: result[name][rows] for name in ("months", "dependant_months", "is_former_dependant")}
    made["rate_area"] = members.rate_area[rows]
    dated = made["dependant_months"] > 0
    for name in ("acquired_on", "lost_on", "former_dependant_since"):
        made[name] = np.where(dated, getattr(members, name)[rows], np.int32(NEVER))
    if law.cap_transition is None:
        made["born_on"], made["by_disability"] = np.zeros(len(rows), np.int32), np.zeros(len(rows), np.bool_)
    else:
        through = np.int32(day_number(law.cap_transition.born_through))
        made["born_on"] = np.where(members.born_on[rows] <= through, through, through + np.int32(1))
        made["by_disability"] = members.by_disability[rows]
    return made, rows, int((members.is_assessed & ~decided).sum())


def profiles_of(columns: Mapping[str, npt.NDArray[Any]], municipality: npt.NDArray[np.bytes_], undecided: int) -> Profiles:
    """Profiles of people given as columns (`levy_base` and KEY_COLUMNS). OverflowError where a levy base does not fit beside the rest."""
    kinds = np.zeros(len(municipality), np.int64)
    for name in KEY_COLUMNS:
        values, number = np.unique(columns[name], return_inverse=True)
        kinds = np.unique(kinds * len(values) + number, return_inverse=True)[1] if len(values) > 1 else kinds
    of_kind = int(kinds.max()) + 1 if len(kinds) else 1
    base = columns["levy_base"].astype(np.int64)
    if len(base) and int(base.max()) > (2**63 - 1) // of_kind - 1:
        raise OverflowError(f"A levy base of {int(base.max())} yen does not fit beside {of_kind} kinds of profiles.")
    _, first, index, count = np.unique(base * of_kind + kinds, return_index=True, return_inverse=True, return_counts=True)
    groups, group = np.unique(municipality, return_inverse=True)
    order = np.argsort(group, kind="stable")
    distinct = {name: columns[name][first] for name in ("levy_base", *KEY_COLUMNS)}
    names = tuple(value.decode().strip() for value in groups.tolist())
    return Profiles(distinct, count.astype(np.int64), index.astype(np.int32)[order], group.astype(np.int16)[order], names, undecided)


def with_rates(law: Parameters, part: str, *, per_capita: int, income_rate: Rate, cap: int | None = None) -> Parameters:
    """The law with other rates of one part, the same in every rate area; the cap stays where none is given."""
    areas = len(law.rate_areas)
    rates = replace(law.parts[part], per_capita=(per_capita,) * areas, income_rate=(income_rate,) * areas, low_income_rate=None)
    rates = rates if cap is None else replace(rates, cap=cap)
    return replace(law, parts={**law.parts, part: rates})


def assess_profiles(profiles: Profiles, law: Parameters, part: str) -> Iterator[tuple[slice, Columns]]:
    """The columns of one part for all profiles, a slice of them at a time (what fits into the processor's cache)."""
    fields = [name.removeprefix(f"{part}_") for name in ASSESSMENT_DTYPE.names or () if name.startswith(f"{part}_")]
    for start in range(0, profiles.rows, CHUNK_ROWS):
        here = slice(start, min(start + CHUNK_ROWS, profiles.rows))
        of = {name: column[here] for name, column in profiles.columns.items()}
        members = Households.of(
            {
                "household": np.arange(here.stop - here.start),
                "is_assessed": True,
                **{
                    name: of[name] for name in ("rate_area", "born_on", "by_disability", "acquired_on", "lost_on", "former_dependant_since")
                },
            }
        )
        out: Columns = {name: of[name] for name in ("levy_base", "months", "dependant_months", "is_former_dependant")}
        out |= {f"{part}_{name}": np.empty(members.rows, ASSESSMENT_DTYPE[f"{part}_{name}"]) for name in fields}
        assess_part(part, of["tier"], members, law, out)
        yield here, {name: out[f"{part}_{name}"] for name in fields} | {"months": of["months"], "dependant_months": of["dependant_months"]}
