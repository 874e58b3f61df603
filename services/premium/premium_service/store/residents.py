"""Copies of residents and of who lived in which household when; written from municipal events and sealed batches alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from asyncpg import Connection
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.municipal import ResidentStatus

HEAD = "02"
"""続柄コード of the head of a household in our municipal layout."""
ALWAYS, NEVER = date.min, date.max

POSITIONS = """
SELECT municipality_code || ':' || resident_number AS position, sequence FROM resident
WHERE (municipality_code, resident_number) IN (SELECT split_part(k, ':', 1), split_part(k, ':', 2) FROM unnest($1::text[]) AS k)
ORDER BY number FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class ResidentRecord:
    """What premium keeps of a resident record."""

    municipality_code: str
    resident_number: str
    sequence: int
    household_number: str
    is_head: bool
    status: ResidentStatus
    born_on: date
    changed_on: date
    ended_on: date | None
    name: str
    postal_code: str
    address: tuple[str, ...]
    resident_since: date

    @property
    def gone_from(self) -> date | None:
        """The first day on which the person is in no household here; None while resident. On the day of death one still is."""
        if self.status == ResidentStatus.RESIDENT:
            return None
        left = self.ended_on or self.changed_on
        return left + timedelta(days=1) if self.status == ResidentStatus.DIED else left


Key = tuple[str, str]


async def numbers_of(raw: Connection[Any], keys: Sequence[Key]) -> dict[Key, int]:
    """The number of each resident; residents not known yet get one and wait for their record."""
    unique = sorted(set(keys))
    rows = await raw.fetch(_NUMBERS, [key[0] for key in unique], [key[1] for key in unique])
    found = {(row["municipality_code"], row["resident_number"]): row["number"] for row in rows}
    missing = [key for key in unique if key not in found]
    if missing:
        rows = await raw.fetch(_PLACEHOLDERS, [key[0] for key in missing], [key[1] for key in missing])
        found |= {(row["municipality_code"], row["resident_number"]): row["number"] for row in rows}
        still = [key for key in missing if key not in found]
        if still:  # another replica made them in the meantime
            found |= await numbers_of(raw, still)
    return found


_NUMBERS = """
SELECT r.municipality_code, r.resident_number, r.number FROM resident r
JOIN unnest($1::text[], $2::text[]) AS k(municipality_code, resident_number) USING (municipality_code, resident_number)
"""
_PLACEHOLDERS = """
INSERT INTO resident (municipality_code, resident_number) SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT DO NOTHING RETURNING municipality_code, resident_number, number
"""


Changed = tuple[set[int], date]
"""The households that a record touches (those left and the one joined), and the first day on which it says something else than before."""


async def apply_residents(records: Sequence[ResidentRecord], uow: UnitOfWork) -> list[Changed]:
    """Write the records, in order; returns for each what it changes."""
    raw = await driver(uow.connection)
    touched: list[Changed] = [(set(), NEVER) for _ in records]
    waiting = list(range(len(records)))
    while waiting:  # usually one round; a second record about the same person goes into the next
        seen: set[Key] = set()
        turn: list[int] = []
        later: list[int] = []
        for index in waiting:
            key = (records[index].municipality_code, records[index].resident_number)
            (later if key in seen else turn).append(index)
            seen.add(key)
        for index, changed in zip(turn, await _apply_round(raw, [records[index] for index in turn]), strict=True):
            touched[index] = changed
        waiting = later
    return touched


async def _apply_round(raw: Connection[Any], records: Sequence[ResidentRecord]) -> list[Changed]:
    keys = [record.municipality_code for record in records], [record.resident_number for record in records]
    born = {(row["municipality_code"], row["resident_number"]): row["born_on"] for row in await raw.fetch(_BORN, *keys)}
    rows = await raw.fetch(
        _UPSERT,
        [record.municipality_code for record in records],
        [record.resident_number for record in records],
        [record.born_on for record in records],
        [record.sequence for record in records],
        [record.name for record in records],
        [record.postal_code for record in records],
        ["\n".join(record.address) for record in records],
        [record.resident_since for record in records],
    )
    number = {(row["municipality_code"], row["resident_number"]): row["number"] for row in rows}
    numbers = [number[record.municipality_code, record.resident_number] for record in records]
    joined = await _households(raw, records)
    rows = await raw.fetch(
        "SELECT resident, valid_from, valid_until, household_id, is_head FROM membership WHERE resident = ANY($1::bigint[])", numbers
    )
    spans: dict[int, list[Any]] = {}
    for row in rows:
        spans.setdefault(row["resident"], []).append(row)

    touched: list[Changed] = []
    cuts: list[tuple[int, date]] = []
    new: list[tuple[int, date, date, int, bool]] = []
    for resident, household, record in zip(numbers, joined, records, strict=True):
        before = spans.get(resident, [])
        last = max(before, key=lambda span: span["valid_from"], default=None)
        gone = record.gone_from
        households = {household, *(span["household_id"] for span in before)}
        changed_from = NEVER if born.get((record.municipality_code, record.resident_number)) == record.born_on else ALWAYS
        if last is None:
            changed_from = ALWAYS
            new.append((resident, ALWAYS, gone or NEVER, household, record.is_head))
        elif gone is not None:
            cuts.append((resident, gone))
            changed_from = min(gone, changed_from)
        elif (last["household_id"], last["is_head"], last["valid_until"]) != (household, record.is_head, NEVER):
            cuts.append((resident, record.changed_on))
            new.append((resident, record.changed_on, NEVER, household, record.is_head))
            changed_from = min(record.changed_on, changed_from)
        touched.append((households, changed_from))
    if cuts:
        arrays = [cut[0] for cut in cuts], [cut[1] for cut in cuts]
        await raw.execute(_FORGET_LATER, *arrays)
        await raw.execute(_CUT, *arrays)
    if new:
        columns = ["resident", "valid_from", "valid_until", "household_id", "is_head"]
        await raw.copy_records_to_table("membership", records=new, columns=columns)
    return touched


async def _households(raw: Connection[Any], records: Sequence[ResidentRecord]) -> list[int]:
    keys = sorted({(record.municipality_code, record.household_number) for record in records})
    arrays = [key[0] for key in keys], [key[1] for key in keys]
    await raw.execute(_NEW_HOUSEHOLDS, *arrays)
    rows = await raw.fetch(_HOUSEHOLDS, *arrays)
    found = {(row["municipality_code"], row["household_number"]): row["id"] for row in rows}
    return [found[record.municipality_code, record.household_number] for record in records]


_BORN = """
SELECT r.municipality_code, r.resident_number, r.born_on FROM resident r
JOIN unnest($1::text[], $2::text[]) AS k(municipality_code, resident_number) USING (municipality_code, resident_number)
"""
_UPSERT = """
INSERT INTO resident (municipality_code, resident_number, born_on, sequence, name, postal_code, address, resident_since)
SELECT m, r, b, s, n, p, string_to_array(a, E'\\n'), d
FROM unnest($1::text[], $2::text[], $3::date[], $4::int[], $5::text[], $6::text[], $7::text[], $8::date[]) AS k(m, r, b, s, n, p, a, d)
ON CONFLICT (municipality_code, resident_number) DO UPDATE SET born_on = excluded.born_on, sequence = excluded.sequence,
    name = excluded.name, postal_code = excluded.postal_code, address = excluded.address,
    resident_since = excluded.resident_since
RETURNING municipality_code, resident_number, number
"""
_NEW_HOUSEHOLDS = """
INSERT INTO household (municipality_code, household_number)
SELECT k.* FROM unnest($1::text[], $2::text[]) AS k(municipality_code, household_number)
WHERE NOT EXISTS (
    SELECT 1 FROM household h WHERE (h.municipality_code, h.household_number) = (k.municipality_code, k.household_number)
) ON CONFLICT DO NOTHING
"""
_HOUSEHOLDS = """
SELECT h.municipality_code, h.household_number, h.id FROM household h
JOIN unnest($1::text[], $2::text[]) AS k(municipality_code, household_number) USING (municipality_code, household_number)
"""
_FORGET_LATER = """
DELETE FROM membership m USING unnest($1::bigint[], $2::date[]) AS k(resident, day)
WHERE m.resident = k.resident AND m.valid_from >= k.day
"""
_CUT = """
UPDATE membership m SET valid_until = k.day FROM unnest($1::bigint[], $2::date[]) AS k(resident, day)
WHERE m.resident = k.resident AND m.valid_until > k.day
"""
