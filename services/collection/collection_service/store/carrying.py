"""口座振替の引継ぎ: which rows of a file can become mandates, and giving them, each by one statement."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from asyncpg import Connection
from chassis.clock import derived_id

from collection_service.domain.mandates import HolderUnwritable, holder_kana

COLUMNS: Final = (
    "municipality_code",
    "resident_number",
    "bank_code",
    "branch_code",
    "account_kind",
    "account_number",
    "holder_kana",
    "applied_on",
)
# Who has a mandate on the first day or later keeps it: what a resident has told this office stands before what another scheme knows.
_JUDGED: Final = """
SELECT k.row, CASE
    WHEN NOT EXISTS (SELECT FROM addressee a WHERE (a.municipality_code, a.resident_number) = (k.municipality_code, k.resident_number))
        THEN 'unknown_resident'
    WHEN NOT EXISTS (SELECT FROM bank_branch b WHERE (b.bank_code, b.branch_code) = (k.bank_code, k.branch_code)) THEN 'unknown_branch'
    WHEN EXISTS (
        SELECT FROM bank_mandate m WHERE (m.municipality_code, m.resident_number) = (k.municipality_code, k.resident_number)
        AND m.valid_during && daterange($5, NULL)
    ) THEN 'has_mandate'
    ELSE '' END AS left
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
    AS k(municipality_code, resident_number, bank_code, branch_code, row) ORDER BY k.row
"""
_GIVE: Final = """
INSERT INTO bank_mandate (mandate_id, municipality_code, resident_number, bank_code, branch_code, account_kind, account_number, holder_kana,
                          applied_on, valid_during, origin, run_id)
SELECT k.*, daterange($10, NULL), 'carried_over', $11
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::date[]) AS k
ON CONFLICT DO NOTHING
"""
_OWN: Final = "SELECT started_by = approved_by FROM job_run WHERE id = $1"


async def judged(raw: Connection[Any], frame: pl.DataFrame, *, since: date) -> pl.DataFrame:
    """The rows with `left`: empty where a mandate can be given, else why not."""
    columns = [frame[name].to_list() for name in ("municipality_code", "resident_number", "bank_code", "branch_code")]
    reasons = [row["left"] for row in await raw.fetch(_JUDGED, *columns, since)]
    written = [_is_written(kana) for kana in frame["holder_kana"].to_list()]
    left = [reason or ("" if good else "holder_unwritable") for reason, good in zip(reasons, written, strict=True)]
    return frame.with_columns(left=pl.Series(left, dtype=pl.String))


async def give(raw: Connection[Any], run_id: UUID, rows: pl.DataFrame, *, since: date) -> int:
    """Give these mandates, those that the run has given before once; how many there are now."""
    ids = [derived_id("mandate", str(run_id), *key) for key in rows.select("municipality_code", "resident_number").iter_rows()]
    await raw.execute(_GIVE, ids, *(rows[name].to_list() for name in COLUMNS), since, run_id)
    return int(await raw.fetchval("SELECT count(*) FROM bank_mandate WHERE run_id = $1", run_id))


async def of_run(raw: Connection[Any], run_id: UUID) -> pl.DataFrame:
    """What a run has given (COLUMNS)."""
    rows = await raw.fetch(f"SELECT {', '.join(COLUMNS)} FROM bank_mandate WHERE run_id = $1", run_id)
    schema = {name: pl.Date() if name == "applied_on" else pl.String() for name in COLUMNS}
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


async def is_own_approval(raw: Connection[Any], run_id: UUID) -> bool:
    """Whether the run was approved by whoever started it."""
    return bool(await raw.fetchval(_OWN, run_id))


def _is_written(kana: str) -> bool:
    try:
        return holder_kana(kana) == kana
    except HolderUnwritable:
        return False
