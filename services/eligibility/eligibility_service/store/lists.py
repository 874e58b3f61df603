"""The rows of lists, as of any two days: on which something holds, and on which it was known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Final

import polars as pl
from chassis.clock import JAPAN
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import change_list, ledger
from eligibility_service.domain.entries import TERMS
from eligibility_service.domain.history import GROUND, LOSS
from eligibility_service.domain.lists import COLUMNS, ListAsked, ListKind, Order
from eligibility_service.domain.records import KEY
from eligibility_service.domain.words import WITHHELD
from eligibility_service.rules.acquisition import reaches_75_on
from eligibility_service.store.bulk import frame_of
from eligibility_service.store.day_lists import certified, searched
from eligibility_service.store.list_parts import (
    ADDRESS,
    HOLDS,
    KEYS,
    KNOWN,
    OF,
    PERSON,
    RECORD,
    SHOWN,
    SOURCE,
    TEXTS,
    known_at,
    midnight_after,
    shown,
)
from eligibility_service.store.registers import protected_people

DISABLED: Final = "障害認定により被保険者"
_SORTED: Final = {
    Order.NUMBER: ("", "q.insured_number"),
    Order.NAME: (
        "LEFT JOIN resident_search s USING (municipality_code, resident_number)",
        "s.kana_key, q.municipality_code, q.resident_number",
    ),
}
_REACHING: Final = f"""
SELECT q.municipality_code, q.resident_number, h.insured_number, {PERSON}, h.acquisition_ground AS ground
FROM resident_search q {RECORD}
LEFT JOIN LATERAL (
    SELECT k.insured_number, k.acquisition_ground FROM qualification_as_known k
    WHERE (k.municipality_code, k.resident_number) = (q.municipality_code, q.resident_number) AND k.recorded_during @> $3::timestamptz
      AND (k.lost_on IS NULL OR k.lost_on > k.acquired_on) AND k.acquired_on <= $5
      AND (k.lost_on IS NULL OR k.lost_on > $4)
    ORDER BY k.acquired_on LIMIT 1
) AS h ON true
WHERE {OF.format(q="q")} AND q.born_on BETWEEN $6 AND $7 AND r.status = '1' AND r.resident_since <= $5
ORDER BY q.municipality_code, q.born_on, q.kana_key, q.resident_number
"""
_TOUCHED: Final = f"""
SELECT k.municipality_code, k.resident_number, k.ordinal, k.revision, k.insured_number, k.acquired_on, k.lost_on, k.acquisition_ground,
       k.loss_reason, lower(k.recorded_during) AS recorded_from
FROM qualification_as_known k
WHERE {OF.format(q="k")} AND lower(k.recorded_during) < $4 AND (k.municipality_code, k.resident_number) IN (
    SELECT q.municipality_code, q.resident_number FROM qualification q WHERE {OF.format(q="q")} AND q.recorded_from >= $2
        AND q.recorded_from < $3
    UNION SELECT h.municipality_code, h.resident_number FROM qualification_history h WHERE {OF.format(q="h")}
        AND lower(h.recorded_during) >= $2 AND lower(h.recorded_during) < $3
    UNION SELECT h.municipality_code, h.resident_number FROM resident_history h WHERE {OF.format(q="h")})
"""
_RECORDS: Final = f"""
SELECT r.municipality_code, r.resident_number, r.sequence, min(lower(r.recorded_during)) AS recorded_from, r.changed_on, r.change_reason,
       r.name, {ADDRESS} AS address, r.household_number, r.sex, r.born_on
FROM resident_as_known r JOIN unnest($1::text[], $2::text[]) AS k(m, n) ON (r.municipality_code, r.resident_number) = (k.m, k.n)
WHERE lower(r.recorded_during) < $3
GROUP BY 1, 2, 3, r.changed_on, r.change_reason, r.name, address, r.household_number, r.sex, r.born_on
"""
_ENTERED: Final = """
SELECT e.municipality_code, e.resident_number, e.recorded_at, e.kind, e.reason
FROM ledger_entry e JOIN unnest($1::text[], $2::text[]) AS k(m, n) ON (e.municipality_code, e.resident_number) = (k.m, k.n)
WHERE e.recorded_at < $3
"""
_LEDGER: Final[dict[str, pl.DataType]] = {
    **KEYS, "acquired_on": pl.Date(), "acquisition_ground": pl.String(), "lost_on": pl.Date(), "loss_reason": pl.String(),
    "name": pl.String(), "name_kana": pl.String(), "born_on": pl.Date(), **dict.fromkeys(TEXTS[2:], pl.String()),
}  # fmt: skip
_PEOPLE: Final[dict[str, pl.DataType]] = {
    **SHOWN, "ground": pl.String(),
}  # fmt: skip
_MOMENT: Final = pl.Datetime("us", "UTC")
_VERSIONS: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(KEY, pl.String()), "ordinal": pl.Int16(), "revision": pl.Int32(), "insured_number": pl.String(),
    "acquired_on": pl.Date(), "lost_on": pl.Date(), "acquisition_ground": pl.String(), "loss_reason": pl.String(), "recorded_from": _MOMENT,
}  # fmt: skip
_SAID: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(KEY, pl.String()), "sequence": pl.Int32(), "recorded_from": _MOMENT, "changed_on": pl.Date(),
    "change_reason": pl.String(), "name": pl.String(), "address": pl.String(), "household_number": pl.String(), "sex": pl.String(),
    "born_on": pl.Date(),
}  # fmt: skip
_ENTRIES: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(KEY, pl.String()), "recorded_from": _MOMENT, "kind": pl.String(), "reason": pl.String(),
}  # fmt: skip


async def count(uow: UnitOfWork, asked: ListAsked) -> int:
    """How many rows a list has."""
    if asked.kind is not ListKind.LEDGER:
        return (await rows(uow, asked)).height
    now = asked.known_on is None
    query = f"SELECT count(*) FROM {SOURCE[now]} WHERE {HOLDS} AND {KNOWN[now]}"
    return int(await (await driver(uow.connection)).fetchval(query, asked.municipality_code, asked.valid_on, known_at(uow, asked)))


async def rows(uow: UnitOfWork, asked: ListAsked, *, first: int = 0, most: int | None = None) -> pl.DataFrame:
    """The rows of a list in its order, from row `first` (from 0), at most `most`: KEY and the columns of its kind, days as days."""
    if asked.kind is ListKind.LEDGER:
        return await _withheld(uow, await _ledger(uow, asked, first, most))
    found = await _MADE[asked.kind](uow, asked)
    return await _withheld(uow, found.slice(first, most))


async def _withheld(uow: UnitOfWork, found: pl.DataFrame) -> pl.DataFrame:
    """支援措置: no list shows where a protected person lives, or has lived."""
    protected = await protected_people(uow, found.select(KEY).unique().rows(), on=uow.today)
    if not protected:
        return found
    is_protected = pl.struct(KEY).is_in([dict(zip(KEY, person, strict=True)) for person in protected])
    about_address = pl.col("event") == "住所変更" if "event" in found.columns else pl.lit(True)
    hidden = [name for name in ("address", "postal_code", "before", "after") if name in found.columns]
    texts = [pl.when(is_protected & about_address).then(pl.lit(WITHHELD)).otherwise(pl.col(name)).alias(name) for name in hidden]
    return found.with_columns(texts)


async def _ledger(uow: UnitOfWork, asked: ListAsked, first: int, most: int | None) -> pl.DataFrame:
    now = asked.known_on is None
    joined, order = _SORTED[asked.order]
    query = f"""
    WITH q AS (
        SELECT q.*, row_number() OVER (ORDER BY {order}) AS place FROM {SOURCE[now]} {joined} WHERE {HOLDS} AND {KNOWN[now]}
        ORDER BY {order} OFFSET $4 LIMIT $5
    )
    SELECT q.municipality_code, q.resident_number, q.insured_number, q.acquired_on, q.acquisition_ground, q.lost_on, q.loss_reason,
           {PERSON}
    FROM q {RECORD} ORDER BY q.place
    """
    parameters = asked.municipality_code, asked.valid_on, known_at(uow, asked), first, most
    found = frame_of(await (await driver(uow.connection)).fetch(query, *parameters), _LEDGER)
    words = {"acquisition_ground": GROUND, "loss_reason": LOSS}
    return shown(found, asked.kind, **{name: pl.col(name).replace(terms) for name, terms in words.items()})


async def _reaching(uow: UnitOfWork, asked: ListAsked) -> pl.DataFrame:
    """75歳到達者・到達予定者: whoever is 75 within the days; those insured already by 障害認定 after the others of their municipality."""
    first, last = asked.days
    # A birthday stands 75 years before; 29 February is reached on 1 March.
    births = _years_before(first, 75) - timedelta(days=1), _years_before(last, 75)
    parameters = asked.municipality_code, last, known_at(uow, asked), first, last, *births
    found = frame_of(await (await driver(uow.connection)).fetch(_REACHING, *parameters), _PEOPLE)
    reached = ledger.days_of(reaches_75_on(born_on=ledger.day_numbers(found["born_on"])))
    found = found.with_columns(reached_on=reached).filter(pl.col("reached_on").is_between(first, last))
    certified = pl.col("ground").eq_missing("disability")
    found = found.with_columns(
        insured_number=pl.when(pl.col("ground").is_not_null()).then("insured_number"),
        group=pl.when(certified).then(pl.lit(DISABLED)).otherwise(pl.lit("75歳到達" if asked.kind is ListKind.REACHED else "75歳到達予定")),
    )
    return shown(found.sort("municipality_code", certified, "reached_on", maintain_order=True), asked.kind)


async def _changes(uow: UnitOfWork, asked: ListAsked) -> pl.DataFrame:
    first, last = asked.days
    begins, ends = midnight_after(first - timedelta(days=1)), midnight_after(last)
    raw = await driver(uow.connection)
    known = known_at(uow, asked) + timedelta(microseconds=1)
    versions = frame_of(await raw.fetch(_TOUCHED, asked.municipality_code, begins, ends, known), _VERSIONS)
    people = versions.select(KEY).unique()
    said = await raw.fetch(_RECORDS, people["municipality_code"].to_list(), people["resident_number"].to_list(), known)
    records = frame_of(said, _SAID)
    entered = await raw.fetch(_ENTERED, people["municipality_code"].to_list(), people["resident_number"].to_list(), known)
    entries = frame_of(entered, _ENTRIES).select(
        *KEY, "recorded_from", because=pl.concat_str(pl.col("kind").replace(TERMS), pl.col("reason"), separator=" ").str.strip_chars()
    )
    told = change_list.events(versions, records, entries).filter(pl.col("recorded_from").is_between(begins, ends, closed="left"))
    numbers = versions.sort("ordinal").group_by(KEY).agg(pl.col("insured_number").last())
    names = records.sort("sequence").group_by(KEY).agg(pl.col("name").last())
    found = told.join(numbers, on=KEY, how="left", maintain_order="left").join(names, on=KEY, how="left", maintain_order="left")
    return found.with_columns(recorded_on=pl.col("recorded_from").dt.convert_time_zone(str(JAPAN)).dt.date()).select(
        *KEY, *(column.name for column in COLUMNS[asked.kind] if column.name not in KEY)
    )


def _years_before(day: date, years: int) -> date:
    """The same day of an earlier year; 29 February as 1 March where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


_MADE: Final[dict[ListKind, Callable[[UnitOfWork, ListAsked], Awaitable[pl.DataFrame]]]] = {
    ListKind.CHANGES: _changes,
    ListKind.REACHED: _reaching,
    ListKind.EXPECTED: _reaching,
    ListKind.CERTIFIED: certified,
    ListKind.SEARCHED: searched,
}
"""All but the ledger, which is read a page at a time."""
