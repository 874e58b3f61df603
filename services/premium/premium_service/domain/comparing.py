"""比較: the same people as decided (or under one law) and under another; who differs, or who meets a condition, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

from premium_service.domain.effect_tables import band_term, effect, provisional_terms, tier_term
from premium_service.domain.law_sets import LawSet
from premium_service.domain.predicate import SHOULD, Predicate, read_predicate
from premium_service.rules import effects
from premium_service.rules.columns import ASSESSMENT_DTYPE, MEMBER_DTYPE, PENDING, Households
from premium_service.rules.parameters import Parameters

DIFFERENT = f"annual_amount != {SHOULD}annual_amount"
"""The condition where none is given: whoever pays more or less."""
Columns = Mapping[str, npt.NDArray[Any]]
PEOPLE: dict[str, Any] = {
    "municipality_code": "S6", "resident_number": "S15", "insured_id": "S16", "assessment_id": "S16", "revision": np.int16,
    "decided_on": np.int32, "levy_base": np.int64, "tier_before": np.int16, "tier_after": np.int16, "months": np.int16,
    "acquired_on": np.int32, "before": np.int64, "after": np.int64,
}  # fmt: skip
"""Columns of the list of people. `before` and `after` are 年間保険料額 (yen)."""


class ComparisonRequest(BaseModel):
    """`before` None: what was decided, as it stands; else the same people under that law. `condition`: whom to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["law_change", "finder"]
    name: str = Field(min_length=1, max_length=60)
    before: LawSet | None
    after: LawSet
    condition: str = DIFFERENT

    @field_validator("condition")
    @classmethod
    def _readable(cls, text: str) -> str:
        return read_predicate(text).text


@dataclass
class Comparison:
    """Takes a population chunk by chunk and keeps of each person what the tables and the list need."""

    condition: Predicate
    of_year: int
    before: tuple[LawSet, Parameters] | None
    after: tuple[LawSet, Parameters]
    undecided: int = 0
    _everybody: list[Columns] = field(default_factory=list)
    _listed: list[Columns] = field(default_factory=list)

    def take(self, columns: Columns, members: Households, decided: Columns) -> None:
        """One chunk: `columns` identify the rows, `decided` are the columns of the decisions in force (ASSESSMENT_DTYPE)."""
        should = self._under(self.after, members)
        was = decided if self.before is None else self._under(self.before, members)
        assessed = columns["is_assessed"]
        both = assessed & (was["outcome"] < PENDING) & (should["outcome"] < PENDING)
        self.undecided += int((assessed & ~both).sum())
        named = {name: getattr(members, name) for name in MEMBER_DTYPE.names or ()}
        named |= {name: was[name] for name in ASSESSMENT_DTYPE.names or ()}
        named |= {f"{SHOULD}{name}": should[name] for name in ASSESSMENT_DTYPE.names or ()}
        named |= {f"{SHOULD}{name}": named[name] for name in MEMBER_DTYPE.names or ()}
        found = both & self.condition.holds({name: named[name] for name in self.condition.names})
        kept = {name: columns[name] for name in PEOPLE if name in columns}
        kept |= {"levy_base": should["levy_base"], "tier_before": was["tier"], "tier_after": should["tier"], "months": should["months"]}
        kept |= {"before": was["annual_amount"], "after": should["annual_amount"], "is_listed": found}
        rows, listed = np.flatnonzero(both), np.flatnonzero(found)
        whole = ("municipality_code", "levy_base", "tier_after", "before", "after", "is_listed")
        self._everybody.append({name: kept[name][rows] for name in whole})
        self._listed.append({name: kept[name][listed] for name in PEOPLE})

    def _under(self, side: tuple[LawSet, Parameters], members: Households) -> Columns:
        law_set, law = side
        return law_set.assess(members, law, of_year=self.of_year).columns

    @property
    def people(self) -> dict[str, npt.NDArray[Any]]:
        """Everybody who is listed, in the order of municipality and 宛名番号."""
        whole = _joined(self._listed, PEOPLE)
        order = np.lexsort((whole["resident_number"], whole["municipality_code"]))
        return {name: column[order] for name, column in whole.items()}

    def result(self) -> dict[str, Any]:
        """The tables, as JSON: of everybody, and of those who are listed."""
        kinds = {name: PEOPLE[name] for name in ("municipality_code", "levy_base", "tier_after", "before", "after")}
        whole = _joined(self._everybody, kinds | {"is_listed": np.bool_})
        listed = {name: column[whole["is_listed"]] for name, column in whole.items()}
        return {
            "undecided": self.undecided,
            "everybody": _tables(whole),
            "listed": _tables(listed),
            "law_before": None if self.before is None else self.before[1].hash,
            "law_after": self.after[1].hash,
            "provisional": provisional_terms(self.after[1]),
        }


def _joined(chunks: list[Columns], kinds: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    return {
        name: np.concatenate([chunk[name] for chunk in chunks]).astype(kind, copy=False) if chunks else np.zeros(0, kind)
        for name, kind in kinds.items()
    }


def _tables(people: Columns) -> dict[str, Any]:
    before, after, one = people["before"], people["after"], np.ones(len(people["before"]), np.int64)
    names, group = np.unique(people["municipality_code"], return_inverse=True)
    order = np.argsort(group, kind="stable")
    codes = [name.decode().strip() for name in names.tolist()]
    return {
        "whole": effect(effects.whole(one, before, after), "全体"),
        "bands": [effect(found, band_term(found.name)) for found in effects.by_band(people["levy_base"], one, before, after)],
        "tiers": [effect(found, tier_term(found.name)) for found in effects.by_tier(people["tier_after"], one, before, after)],
        "municipalities": [
            effect(found, found.name) for found in effects.by_group(group[order].astype(np.int16), codes, before[order], after[order])
        ],
    }
