"""創設結果表: who of a municipality is insured on the cut-off day (基準日), who is not and why, and what does not agree. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from eligibility_service.domain.history import GROUND
from eligibility_service.domain.ledger import day_numbers, days_of
from eligibility_service.domain.records import KEY
from eligibility_service.rules.acquisition import reaches_75_on

UNDER_75: Final = "under_75"
CAME_LATER: Final = "came_later"
EXCEPTED: Final = "excepted"
REASON_OF_STATUS: Final = {"2": "moved_out", "3": "died", "4": "removed"}
NOT_INSURED: Final = {
    UNDER_75: "75歳未満",
    CAME_LATER: "基準日より後に転入",
    EXCEPTED: "適用除外・他の広域連合の被保険者（届出・決定による）",
    "moved_out": "転出",
    "died": "死亡",
    "removed": "職権消除",
}
"""Why a resident of the mirror is not insured on the cut-off day, in the order of the table."""
DIFFERENCES: Final = {
    "not_loaded": "全件データにいるのに、住民として取り込まれていない人",
    "insured_twice": "被保険者台帳に二重に載っている人",
    "not_acquired": "75歳以上の住民なのに、被保険者台帳に載っていない人",
    "without_ground": "住民の記録からは資格がないのに、被保険者台帳に載っている人",
}
SHORT: Final = {"not_loaded": "未取込", "insured_twice": "二重", "not_acquired": "台帳になし", "without_ground": "資格なし"}
"""The same in a word, for a narrow column."""


@dataclass(frozen=True, slots=True)
class Result:
    """One municipality: `insured` by ground and `not_insured` by reason are people, `differences` by kind (only those there are)."""

    residents: int
    birth_unknown: int
    insured: dict[str, int]
    not_insured: dict[str, int]
    differences: dict[str, int]


def in_words(insured: Mapping[str, int], not_insured: Mapping[str, int]) -> tuple[str, str]:
    """The two columns of counts as people read them: by ground, and by reason."""
    return _told(insured, GROUND), _told(not_insured, NOT_INSURED)


def _told(counts: Mapping[str, int], terms: Mapping[str, str]) -> str:
    return "・".join(f"{term} {counts[kind]:,}" for kind, term in terms.items() if counts.get(kind))


def compare(*, extract: pl.DataFrame, mirror: pl.DataFrame, wanted: pl.DataFrame, held: pl.DataFrame, cut_off_on: date) -> Result:
    """The line of one municipality.

    `extract`: KEY, sequence: everybody of the complete extract, as it was sealed. `mirror`: KEY, sequence, born_on,
    born_on_unknown_text, status, resident_since: everybody who is known now. `wanted`: KEY, acquisition_ground of the qualifications
    that follow from the records for the cut-off day; `held`: the same of the ledger, as many rows as it holds.
    """
    last_said = extract.group_by(KEY).agg(pl.col("sequence").max())
    known = mirror.select(*KEY, known="sequence")
    not_loaded = last_said.join(known, on=KEY, how="left").filter(pl.col("known").is_null() | (pl.col("known") < pl.col("sequence")))
    once = held.unique(KEY, keep="first", maintain_order=True)
    not_acquired = wanted.join(once, on=KEY, how="anti")
    without_ground = once.join(wanted, on=KEY, how="anti")
    others = mirror.join(once, on=KEY, how="anti").join(not_acquired, on=KEY, how="anti")
    found = {
        "not_loaded": not_loaded.height,
        "insured_twice": held.height - once.height,
        "not_acquired": not_acquired.height,
        "without_ground": without_ground.height,
    }
    return Result(
        residents=mirror.height,
        birth_unknown=int(mirror["born_on_unknown_text"].is_not_null().sum()),
        insured=_counts(once["acquisition_ground"]),
        not_insured=_counts(_reasons(others, cut_off_on)),
        differences={kind: count for kind, count in found.items() if count},
    )


def _reasons(others: pl.DataFrame, cut_off_on: date) -> pl.Series:
    """Why each of `others` is not insured on the cut-off day: age first, then where the person was."""
    return others.select(
        pl.when(days_of(reaches_75_on(born_on=day_numbers(others["born_on"]))) > cut_off_on)
        .then(pl.lit(UNDER_75))
        .when(pl.col("resident_since") > cut_off_on)
        .then(pl.lit(CAME_LATER))
        .otherwise(pl.col("status").replace_strict(REASON_OF_STATUS, default=EXCEPTED, return_dtype=pl.String))
        .alias("reason")
    ).to_series()


def _counts(values: pl.Series) -> dict[str, int]:
    return {str(value): count for value, count in values.value_counts(sort=False).sort(values.name).iter_rows()}
