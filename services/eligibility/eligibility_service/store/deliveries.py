"""送付先: asked for, approved by a second officer, kept in two times; the letters that tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from chassis.clock import JAPAN, uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.delivery import ACT
from eligibility_service.store.cases import Person

_INSURED: Final = """
SELECT r.name, r.name_kana, r.born_on, r.sex, r.household_number, r.address_withheld, r.postal_code,
       concat(r.address_prefecture, r.address_municipality, r.address_town, r.address_number) AS place, r.address_building,
       (SELECT q.insured_number FROM qualification q
        WHERE (q.municipality_code, q.resident_number) = (r.municipality_code, r.resident_number) ORDER BY q.ordinal DESC LIMIT 1)
FROM resident_shown r WHERE (r.municipality_code, r.resident_number) = ($1, $2)
"""
_NOW: Final = """
SELECT recipient, postal_code, address FROM delivery_address
WHERE (municipality_code, resident_number, purpose) = ($1, $2, $3) AND valid_during @> $4::date AND upper_inf(recorded_during)
"""
# The same day by the same person or at the same terminal, for somebody else; or whenever, for the same address.
_ALIKE: Final = """
SELECT DISTINCT a.municipality_code, a.resident_number, a.content->'insured'->>'name' AS name,
       a.content->'addresses'->>'key' = $6 AS same_address
FROM approval a
WHERE a.act = $1 AND a.state IN ('asked', 'approved') AND (a.municipality_code, a.resident_number) <> ($2, $3)
  AND (a.asked_at >= $4 AND (a.asked_by = $5 OR a.content->>'terminal' = $7) OR a.content->'addresses'->>'key' = $6)
ORDER BY 4 DESC, 1, 2 LIMIT 5
"""
# What was known about the days of the new period is known no more; the days before and after it stay as they were.
_CUT: Final = """
WITH cut AS (
    UPDATE delivery_address SET recorded_during = tstzrange(lower(recorded_during), $5)
    WHERE (municipality_code, resident_number, purpose) = ($1, $2, $3) AND upper_inf(recorded_during) AND valid_during && daterange($4, $6)
    RETURNING *
)
INSERT INTO delivery_address (delivery_id, municipality_code, resident_number, purpose, applicant, relationship, recipient, postal_code,
    address, approval_id, valid_during, recorded_during)
SELECT delivery_id, municipality_code, resident_number, purpose, applicant, relationship, recipient, postal_code, address, approval_id,
       part, tstzrange($5, NULL)
FROM cut CROSS JOIN LATERAL (VALUES (daterange(lower(valid_during), GREATEST(lower(valid_during), $4))),
    (CASE WHEN $6::date IS NULL THEN 'empty'::daterange
     ELSE daterange(LEAST($6, COALESCE(upper(valid_during), $6)), upper(valid_during)) END)) AS parts(part)
WHERE NOT isempty(part)
"""
_ADD: Final = """
INSERT INTO delivery_address (delivery_id, municipality_code, resident_number, purpose, applicant, relationship, recipient, postal_code,
    address, approval_id, valid_during, recorded_during)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, daterange($11, $12), tstzrange($13, NULL))
"""
_LISTED: Final = """
SELECT d.delivery_id, d.municipality_code, d.resident_number, d.purpose, d.applicant, d.relationship, r.name, r.name_kana,
       r.address_withheld,
       CASE WHEN NOT r.address_withheld THEN d.recipient END AS recipient,
       CASE WHEN NOT r.address_withheld THEN d.postal_code END AS postal_code,
       CASE WHEN NOT r.address_withheld THEN d.address END AS address,
       lower(d.valid_during) AS valid_from, upper(d.valid_during) AS valid_until, lower(d.recorded_during) AS recorded_from
FROM delivery_address d JOIN resident_shown r USING (municipality_code, resident_number)
WHERE upper_inf(d.recorded_during) AND CASE WHEN $1::text IS NULL THEN d.valid_during @> $3::date
    ELSE (d.municipality_code, d.resident_number) = ($1, $2) END
ORDER BY d.municipality_code, r.name_kana, d.resident_number, lower(d.valid_during) DESC LIMIT 1000
"""
_LETTER: Final = """
INSERT INTO delivery_letter (
    letter_id, approval_id, municipality_code, resident_number, recipient, document_key, document_sha256, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LETTERS: Final = """
SELECT letter_id, recipient, made_at FROM delivery_letter
WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY made_at DESC, recipient
"""
_LETTER_FILE: Final = """
SELECT l.document_key, l.document_sha256, r.address_withheld FROM delivery_letter l
JOIN resident_shown r USING (municipality_code, resident_number) WHERE l.letter_id = $1
"""


async def insured(uow: UnitOfWork, person: Person) -> dict[str, Any] | None:
    """Who it is about: name, number, birth and the registered address where it may be shown; None where there is nobody."""
    row = await (await driver(uow.connection)).fetchrow(_INSURED, *person)
    return dict(row) if row else None


async def now_going_to(uow: UnitOfWork, person: Person, known: Mapping[str, Any], *, purpose: str) -> dict[str, Any]:
    """Where letters of a purpose go today: the delivery address in force, else the address in the register (`known`: as `insured`)."""
    row = await (await driver(uow.connection)).fetchrow(_NOW, *person, purpose, uow.today)
    return {**dict(row), "address": list(row["address"])} if row is not None else registered(known)


def registered(known: Mapping[str, Any]) -> dict[str, Any]:
    """Where letters go without a delivery address: to the address in the register."""
    lines = [known["place"], known["address_building"]] if known["address_building"] else [known["place"]]
    return {"recipient": known["name"], "postal_code": known["postal_code"], "address": lines}


async def alike(uow: UnitOfWork, person: Person, *, key: str, by: str, terminal: str) -> list[dict[str, Any]]:
    """Entries for other people that this one may have been mixed up with."""
    day = datetime.combine(uow.now.astimezone(JAPAN), time(), JAPAN)
    raw = await driver(uow.connection)
    return [dict(row) for row in await raw.fetch(_ALIKE, ACT, *person, day, by, key, terminal or None)]


async def keep(uow: UnitOfWork, person: Person, content: Mapping[str, Any], approval_id: UUID) -> UUID:
    """Write an approved delivery address; what was known about its days before gives way."""
    entry, new = content["entry"], content["addresses"]["new"]
    first, until = _days(entry)
    raw = await driver(uow.connection)
    await raw.execute(_CUT, *person, entry["purpose"], first, uow.now, until)
    delivery_id = uuid7()
    await raw.execute(
        _ADD, delivery_id, *person, entry["purpose"], entry["applicant"], entry["relationship"], new["recipient"], new["postal_code"],
        new["address"], approval_id, first, until, uow.now,
    )  # fmt: skip
    return delivery_id


async def end(uow: UnitOfWork, person: Person, *, purpose: str, ends_on: date) -> None:
    """From `ends_on` on letters of the purpose go to the registered address again."""
    await (await driver(uow.connection)).execute(_CUT, *person, purpose, ends_on, uow.now, None)


async def listing(uow: UnitOfWork, person: Person | None = None) -> list[dict[str, Any]]:
    """登録一覧 of what holds today for the reader's municipalities, or everything of one person; withheld addresses are left out."""
    raw = await driver(uow.connection)
    return [dict(row) for row in await raw.fetch(_LISTED, *(person or (None, None)), uow.today)]


async def keep_letter(uow: UnitOfWork, person: Person, approval_id: UUID, recipient: str, key: str, sha256: str) -> UUID:
    """A letter to the old or the new address that was read back and stored."""
    letter_id = uuid7()
    await (await driver(uow.connection)).execute(_LETTER, letter_id, approval_id, *person, recipient, key, sha256, uow.now)
    return letter_id


async def letters(uow: UnitOfWork, person: Person) -> list[dict[str, Any]]:
    """The letters about a person's delivery addresses, newest first."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_LETTERS, *person)]


async def letter_file(uow: UnitOfWork, letter_id: UUID) -> dict[str, Any] | None:
    """Where a letter lies, and whether the person's address is withheld now."""
    row = await (await driver(uow.connection)).fetchrow(_LETTER_FILE, letter_id)
    return dict(row) if row else None


def _days(entry: Mapping[str, Any]) -> tuple[date, date | None]:
    until = entry["valid_until"]
    return date.fromisoformat(entry["valid_from"]), date.fromisoformat(until) if until else None
