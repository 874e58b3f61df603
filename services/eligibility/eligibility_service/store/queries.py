"""Reads for screens, under row-level security: search, and everything about one person in one statement."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Final

import asyncpg
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from pydantic_core import from_json

from eligibility_service.domain.words import WITHHELD

_HIGHEST: Final = "\U0010ffff"
_MUNICIPALITIES = """
WITH RECURSIVE code(m) AS (
    (SELECT municipality_code FROM resident_search ORDER BY 1 LIMIT 1)
    UNION ALL
    SELECT (SELECT municipality_code FROM resident_search WHERE municipality_code > m ORDER BY 1 LIMIT 1) FROM code WHERE m IS NOT NULL
) SELECT m FROM code WHERE m IS NOT NULL
"""
_BY_NUMBER = f"""
SELECT municipality_code, resident_number, '' AS kana_key FROM insured_number_holder WHERE insured_number = $1
UNION
SELECT municipality_code, resident_number, '' FROM resident_search
WHERE municipality_code IN ({_MUNICIPALITIES}) AND resident_number IN ($1, lpad($1, 15, '0'))
"""
_BY_BIRTH = """
SELECT municipality_code, resident_number, kana_key FROM resident_search
WHERE born_on = $1 AND kana_key >= kana_key($2) AND kana_key < kana_key($2) || $3 ORDER BY kana_key LIMIT $4
"""
_BY_KANA = """
SELECT s.* FROM ({codes}) AS code(m) CROSS JOIN LATERAL (
    SELECT municipality_code, resident_number, kana_key FROM resident_search
    WHERE municipality_code = code.m AND kana_key >= kana_key($1) AND kana_key < kana_key($1) || $2 ORDER BY kana_key LIMIT $3
) AS s ORDER BY s.kana_key LIMIT $3
"""
_FOUND = """
SELECT r.municipality_code, r.resident_number, q.insured_number, r.name, r.name_kana, r.born_on, r.sex, r.status, q.acquired_on, q.lost_on,
       r.address_withheld,
       concat(r.address_prefecture, r.address_municipality, r.address_town, r.address_number, r.address_building) AS address
FROM ({keys}) AS k JOIN resident_shown r USING (municipality_code, resident_number)
LEFT JOIN LATERAL (
    SELECT insured_number, acquired_on, lost_on FROM qualification q
    WHERE (q.municipality_code, q.resident_number) = (r.municipality_code, r.resident_number)
      AND (q.lost_on IS NULL OR q.lost_on > q.acquired_on)
    ORDER BY ordinal DESC LIMIT 1
) AS q ON true
ORDER BY k.kana_key, r.municipality_code, r.resident_number
"""
_PERSON = """
SELECT (jsonb_build_object(
    'person', to_jsonb(r),
    'qualifications', (
        SELECT COALESCE(jsonb_agg(to_jsonb(q) ORDER BY q.ordinal), '[]') FROM qualification q
        WHERE (q.municipality_code, q.resident_number) = (r.municipality_code, r.resident_number)),
    'household', (
        SELECT COALESCE(jsonb_agg(jsonb_build_object('resident_number', m.resident_number, 'name', m.name, 'relationship', m.relationship,
            'born_on', m.born_on, 'insured', EXISTS (
                SELECT FROM qualification i
                WHERE (i.municipality_code, i.resident_number) = (m.municipality_code, m.resident_number)
                  AND i.acquired_on <= $3 AND (i.lost_on IS NULL OR i.lost_on > $3))) ORDER BY m.relationship, m.born_on), '[]')
        FROM resident_search s JOIN resident m USING (municipality_code, resident_number)
        WHERE (s.municipality_code, s.household_number) = (r.municipality_code, r.household_number) AND m.status = '1'),
    'certificates', (
        SELECT COALESCE(jsonb_agg(to_jsonb(c) ORDER BY c.made_due_at DESC), '[]') FROM certificate c
        WHERE (c.municipality_code, c.resident_number) = (r.municipality_code, r.resident_number)),
    'records', (
        SELECT COALESCE(jsonb_agg(to_jsonb(h) || jsonb_build_object(
            'valid_from', lower(h.valid_during), 'valid_until', upper(h.valid_during),
            'recorded_from', lower(h.recorded_during), 'recorded_until', upper(h.recorded_during))
            ORDER BY h.sequence, lower(h.recorded_during)), '[]')
        FROM resident_as_known h WHERE (h.municipality_code, h.resident_number) = (r.municipality_code, r.resident_number)),
    'revisions', (
        SELECT COALESCE(jsonb_agg(to_jsonb(h) || jsonb_build_object(
            'recorded_from', lower(h.recorded_during), 'recorded_until', upper(h.recorded_during)) ORDER BY h.ordinal, h.revision), '[]')
        FROM qualification_as_known h WHERE (h.municipality_code, h.resident_number) = (r.municipality_code, r.resident_number))
))::text AS found
FROM resident_shown r WHERE (r.municipality_code, r.resident_number) = ($1, $2)
"""
_CERTIFICATE = """
SELECT c.document_key, c.document_sha256, c.document_page, r.address_withheld AND NOT c.address_withheld AS shows_withheld_address
FROM certificate c JOIN resident_shown r USING (municipality_code, resident_number) WHERE c.certificate_id = $1
"""
_HOLDER = """
SELECT h.municipality_code, h.resident_number FROM insured_number_holder h
JOIN qualification q USING (municipality_code, resident_number, ordinal)
WHERE h.insured_number = $1 ORDER BY (q.insured_number = $1) DESC, q.acquired_on DESC LIMIT 1
"""


async def search(
    uow: UnitOfWork, *, number: str, kana: str, born_on: date | None, municipalities: Collection[str] | None, limit: int
) -> list[dict[str, Any]]:
    """People by 被保険者番号 or 宛名番号, else by the beginning of the reading, the day of birth, or both.

    `municipalities`: those the reader may see, None for all. The database lets through no others, whatever is asked here.
    """
    raw = await driver(uow.connection)
    if number:
        return await _found(raw, _BY_NUMBER, number)
    if born_on is not None:
        return await _found(raw, _BY_BIRTH, born_on, kana, _HIGHEST, limit)
    if municipalities is None:
        return await _found(raw, _BY_KANA.replace("{codes}", _MUNICIPALITIES), kana, _HIGHEST, limit)
    return await _found(raw, _BY_KANA.replace("{codes}", "SELECT unnest($4::text[])"), kana, _HIGHEST, limit, sorted(municipalities))


async def _found(raw: asyncpg.Connection[Any], keys: str, *arguments: object) -> list[dict[str, Any]]:
    found = [dict(row) for row in await raw.fetch(_FOUND.replace("{keys}", keys), *arguments)]
    return [{**row, "address": WITHHELD if row["address_withheld"] else row["address"]} for row in found]


async def person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> dict[str, Any] | None:
    """Everything about one resident, as JSON values; None where there is none, or none that the reader may see."""
    found = await (await driver(uow.connection)).fetchval(_PERSON, municipality_code, resident_number, uow.today)
    return from_json(found) if found else None


async def certificate(uow: UnitOfWork, certificate_id: Any) -> dict[str, Any] | None:
    """Where the document of a certificate lies: key, SHA-256, page, and whether it shows an address that is withheld now.

    None where there is none that the reader may see.
    """
    row = await (await driver(uow.connection)).fetchrow(_CERTIFICATE, certificate_id)
    return dict(row) if row else None


async def holder_of(uow: UnitOfWork, insured_number: str) -> dict[str, str] | None:
    """Municipality code and 宛名番号 of whoever holds a 被保険者番号."""
    row = await (await driver(uow.connection)).fetchrow(_HOLDER, insured_number)
    return dict(row) if row else None
