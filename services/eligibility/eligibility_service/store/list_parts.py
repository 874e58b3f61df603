"""What the queries of lists share: whose, the record of a day as it was known, and how a person is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import polars as pl
from chassis.clock import JAPAN
from chassis.unit_of_work import UnitOfWork
from contracts.primitives import Sex

from eligibility_service.domain.lists import COLUMNS, WHOLE_UNION, ListAsked, ListKind
from eligibility_service.domain.records import KEY

OF: Final = f"($1 = '{WHOLE_UNION}' OR {{q}}.municipality_code = $1)"
ADDRESS: Final = "concat(r.address_prefecture, r.address_municipality, r.address_town, r.address_number, r.address_building)"
PERSON: Final = f"r.name, r.name_kana, r.born_on, r.born_on_unknown_text, r.sex, r.postal_code, {ADDRESS} AS address"
# The record that held on the day as it was known; where the first one known begins later, that one.
RECORD: Final = """
JOIN LATERAL (
    SELECT * FROM resident_as_known v WHERE (v.municipality_code, v.resident_number) = (q.municipality_code, q.resident_number)
      AND v.recorded_during @> $3::timestamptz ORDER BY v.valid_during @> $2::date DESC, lower(v.valid_during) LIMIT 1
) AS r ON true
"""
HOLDS: Final = f"{OF.format(q='q')} AND q.acquired_on <= $2 AND (q.lost_on IS NULL OR q.lost_on > $2)"
SOURCE: Final = {True: "qualification q", False: "qualification_as_known q"}
KNOWN: Final = {True: "q.recorded_from <= $3", False: "q.recorded_during @> $3::timestamptz"}
TEXTS: Final = ("name", "name_kana", "born_on_unknown_text", "sex", "postal_code", "address")
KEYS: Final = dict.fromkeys((*KEY, "insured_number"), pl.String())
SHOWN: Final[dict[str, pl.DataType]] = {
    **KEYS, "name": pl.String(), "name_kana": pl.String(), "born_on": pl.Date(), **dict.fromkeys(TEXTS[2:], pl.String()),
}  # fmt: skip
"""Columns of PERSON with KEY and the number, as frames take them."""
_SEXES: Final = {sex.value: sex.term for sex in Sex}


def shown(found: pl.DataFrame, kind: ListKind, **more: Any) -> pl.DataFrame:
    """KEY and the columns of a kind; a birthday that is not fully known is what the municipality wrote of it."""
    names = dict.fromkeys((*KEY, *(column.name for column in COLUMNS[kind])))
    born_on = pl.when(pl.col("born_on_unknown_text").fill_null("") != "").then(pl.format("{}（不詳）", "born_on_unknown_text"))
    born = born_on.otherwise(pl.col("born_on").dt.to_string("%Y-%m-%d"))
    return found.with_columns(born_on=born, sex=pl.col("sex").replace(_SEXES), **more).select(*names)


def known_at(uow: UnitOfWork, asked: ListAsked) -> datetime:
    """The moment whose knowledge the list shows: the end of `known_on` in Japan, or now."""
    if asked.known_on is None or asked.known_on >= uow.now.astimezone(JAPAN).date():
        return uow.now
    return midnight_after(asked.known_on) - timedelta(microseconds=1)


def midnight_after(day: date) -> datetime:
    """The moment at which a day in Japan is over."""
    return datetime.combine(day + timedelta(days=1), time(), JAPAN).astimezone(UTC)
