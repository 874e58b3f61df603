"""Assessments and the charge ledger: a decision and its entries are written by one statement, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from asyncpg import Connection

from collection_service.domain.charging import KEY, LIVE, Decided

CHARGING_LOCK = 7_265_101
"""Advisory lock: single assessments share it, a sealed batch holds it alone, so that no person is charged on two states at once."""

POSITIONS = """
SELECT insured_id::text || ':' || fiscal_year AS position, sequence FROM assessment
WHERE (insured_id, fiscal_year) IN (SELECT split_part(k, ':', 1)::uuid, split_part(k, ':', 2)::smallint FROM unnest($1::text[]) AS k)
ORDER BY insured_id, fiscal_year FOR UPDATE
"""
_KNOWN = """
SELECT a.insured_id::text, a.fiscal_year, a.sequence AS known_sequence, a.revision AS known_revision FROM assessment a
JOIN unnest($1::uuid[], $2::int[]) AS k(insured_id, fiscal_year) ON (a.insured_id, a.fiscal_year) = (k.insured_id, k.fiscal_year)
ORDER BY a.insured_id, a.fiscal_year FOR UPDATE OF a
"""
_LIVE = """
SELECT e.insured_id::text, e.fiscal_year, e.number, e.month, e.due_on, e.amount, e.revision
FROM unnest($1::uuid[], $2::int[]) AS k(insured_id, fiscal_year)
JOIN charge_entry e ON (e.insured_id, e.fiscal_year) = (k.insured_id, k.fiscal_year)
WHERE e.reverses = 0 AND NOT EXISTS (
    SELECT 1 FROM charge_entry r
    WHERE (r.insured_id, r.fiscal_year, r.number, r.reverses) = (e.insured_id, e.fiscal_year, e.number, e.revision) AND r.reverses > 0
)
"""
_WRITE = """
WITH person AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::boolean[], $8::int[], $9::int[],
                         $10::text[], $11::bigint[])
        WITH ORDINALITY AS p(insured_id, fiscal_year, municipality_code, resident_number, assessment_id, annual_amount, provisional,
                             sequence, revision, calendar_hash, assessed_amount, row)
), decided AS (
    INSERT INTO assessment (insured_id, fiscal_year, municipality_code, resident_number, assessment_id, annual_amount, provisional,
                            sequence, revision, calendar_hash, assessed_amount, decided_on)
    SELECT insured_id, fiscal_year, municipality_code, resident_number, assessment_id, annual_amount, provisional, sequence, revision,
           calendar_hash, assessed_amount, $18::date
    FROM person ORDER BY insured_id, fiscal_year
    ON CONFLICT (insured_id, fiscal_year) DO UPDATE SET municipality_code = excluded.municipality_code,
        resident_number = excluded.resident_number, assessment_id = excluded.assessment_id, annual_amount = excluded.annual_amount,
        provisional = excluded.provisional, sequence = excluded.sequence, revision = excluded.revision,
        calendar_hash = excluded.calendar_hash, assessed_amount = excluded.assessed_amount, decided_on = excluded.decided_on
)
INSERT INTO charge_entry (insured_id, fiscal_year, number, revision, reverses, municipality_code, month, due_on, amount, charged_on)
SELECT p.insured_id, p.fiscal_year, e.number, p.revision, e.reverses, p.municipality_code, e.month, e.due_on, e.amount, $18::date
FROM unnest($12::bigint[], $13::int[], $14::int[], $15::date[], $16::bigint[], $17::int[])
    AS e(person, number, month, due_on, amount, reverses)
JOIN person p ON p.row = e.person + 1
"""
_PEOPLE = (
    "insured_id",
    "fiscal_year",
    "municipality_code",
    "resident_number",
    "assessment_id",
    "annual_amount",
    "provisional",
    "sequence",
    "revision",
    "calendar_hash",
    "assessed_amount",
)
_ENTRIES = ("person", "number", "month", "due_on", "amount", "reverses")


async def share(raw: Connection[Any]) -> None:
    """Until the transaction ends, others may charge single people, but no batch is loaded."""
    await raw.execute(f"SELECT pg_advisory_xact_lock_shared({CHARGING_LOCK})")


async def hold_alone(raw: Connection[Any]) -> None:
    """Until the transaction ends, nobody else charges anybody."""
    await raw.execute(f"SELECT pg_advisory_xact_lock({CHARGING_LOCK})")


async def newer_than_known(raw: Connection[Any], assessed: pl.DataFrame) -> pl.DataFrame:
    """Of ASSESSED rows, those that are newer than what is charged, locked, with the `revision` that they will be."""
    rows = await raw.fetch(_KNOWN, *_keys(assessed))
    schema = {"insured_id": pl.String(), "fiscal_year": pl.Int32(), "known_sequence": pl.Int32(), "known_revision": pl.Int32()}
    known = pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
    joined = assessed.join(known, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("known_sequence", "known_revision").fill_null(0)
    )
    newer = joined.filter(pl.col("sequence") > pl.col("known_sequence")).with_columns(revision=pl.col("known_revision") + 1)
    return newer.drop("known_sequence", "known_revision")


async def live_charges(raw: Connection[Any], assessed: pl.DataFrame) -> pl.DataFrame:
    """The charges (LIVE) that hold for these people and fiscal years."""
    before = assessed.filter(pl.col("revision") > 1)
    rows: Sequence[Any] = await raw.fetch(_LIVE, *_keys(before)) if before.height else []
    return pl.DataFrame([tuple(row) for row in rows], schema=LIVE, orient="row")


async def write(raw: Connection[Any], decided: Decided, today: date) -> None:
    """Write decisions and entries. The database refuses them where the entries of a person do not add up to the annual amount."""
    people, entries = decided.people, decided.entries
    await raw.execute(_WRITE, *(people[name].to_list() for name in _PEOPLE), *(entries[name].to_list() for name in _ENTRIES), today)


def _keys(frame: pl.DataFrame) -> tuple[list[str], list[int]]:
    return frame["insured_id"].to_list(), frame["fiscal_year"].to_list()
