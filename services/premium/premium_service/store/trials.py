"""What-if runs: what was asked by whom and when, on which people and under which law, and what came of it. Never changed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import obstore
import polars as pl
from obstore.store import ObjectStore
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def add_trial(
    connection: AsyncConnection,
    trial_id: UUID,
    *,
    population_id: UUID,
    request: Mapping[str, Any],
    result: Mapping[str, Any],
    by: str,
    at: datetime,
) -> None:
    """Keep a rate trial with its result."""
    values = {
        "id": trial_id, "name": request["name"], "population": population_id, "request": json.dumps(request), "result": json.dumps(result),
        "law": result["law_hash"], "inputs": result["inputs_hash"], "by": by, "at": at,
    }  # fmt: skip
    await connection.execute(_ADD_TRIAL, values)


async def trials(connection: AsyncConnection) -> list[dict[str, Any]]:
    """The latest hundred trials without their tables, newest first."""
    return [dict(row) for row in (await connection.execute(_TRIALS)).mappings()]


async def find_trial(connection: AsyncConnection, trial_id: UUID) -> dict[str, Any] | None:
    row = (await connection.execute(_TRIAL, {"id": trial_id})).mappings().one_or_none()
    return dict(row) if row else None


async def ask_comparison(
    connection: AsyncConnection,
    comparison_id: UUID,
    *,
    kind: str,
    name: str,
    population_id: UUID,
    request: Mapping[str, Any],
    by: str,
    at: datetime,
    key: str,
) -> None:
    """A comparison of laws or a finder that is about to run; `key` is that of the form."""
    values = {"id": comparison_id, "kind": kind, "name": name, "population": population_id, "request": json.dumps(request)}
    await connection.execute(_ASK_COMPARISON, values | {"by": by, "at": at, "key": key})


async def find_comparison_by_key(connection: AsyncConnection, key: str) -> UUID | None:
    """The comparison that a form has already asked for."""
    found: UUID | None = (await connection.execute(_COMPARISON_BY_KEY, {"key": key})).scalar_one_or_none()
    return found


async def finish_comparison(
    connection: AsyncConnection, comparison_id: UUID, result: Mapping[str, Any], *, law_before: str | None, law_after: str, inputs_hash: str
) -> None:
    """What came of it."""
    values = {"id": comparison_id, "result": json.dumps(result), "before": law_before, "after": law_after, "inputs": inputs_hash}
    await connection.execute(_FINISH_COMPARISON, values)


async def comparisons(connection: AsyncConnection, kind: str) -> list[dict[str, Any]]:
    """The latest hundred of a kind, newest first, with the state of their runs."""
    return [dict(row) for row in (await connection.execute(_COMPARISONS, {"kind": kind})).mappings()]


async def find_comparison(connection: AsyncConnection, comparison_id: UUID) -> dict[str, Any] | None:
    row = (await connection.execute(_COMPARISON, {"id": comparison_id})).mappings().one_or_none()
    return dict(row) if row else None


async def keep_people(store: ObjectStore, comparison_id: UUID, people: pl.DataFrame) -> None:
    """The list of people of a comparison."""
    buffer = io.BytesIO()
    people.write_parquet(buffer, compression="zstd", compression_level=1)
    await obstore.put_async(store, _people_key(comparison_id), buffer.getvalue())


async def people_of(store: ObjectStore, comparison_id: UUID) -> pl.DataFrame:
    """The list of people of a finished comparison."""
    content = await obstore.get_async(store, _people_key(comparison_id))
    return pl.read_parquet(io.BytesIO(bytes(await content.bytes_async())))


def _people_key(comparison_id: UUID) -> str:
    return f"premium/comparisons/{comparison_id}/people.parquet"


_ADD_TRIAL = text("""
INSERT INTO rate_trial (trial_id, name, population_id, request, result, law_hash, inputs_hash, made_by, made_at)
VALUES (:id, :name, :population, cast(:request AS jsonb), cast(:result AS jsonb), :law, :inputs, :by, :at)
""")
_TRIALS = text("""
SELECT t.trial_id, t.name, t.population_id, p.name AS population_name, t.made_by, t.made_at,
       (t.request->>'fiscal_year')::int AS fiscal_year,
       (SELECT jsonb_object_agg(key, jsonb_build_object('per_capita', value->'per_capita', 'income_rate', value->'income_rate'))
        FROM jsonb_each(t.result->'parts')) AS rates
FROM rate_trial t JOIN population p USING (population_id) ORDER BY t.made_at DESC LIMIT 100
""")
_TRIAL = text("""
SELECT t.*, p.name AS population_name, p.fiscal_year AS population_fiscal_year, p.known_on, p.people AS population_people
FROM rate_trial t JOIN population p USING (population_id) WHERE t.trial_id = :id
""")
_ASK_COMPARISON = text("""
INSERT INTO comparison (comparison_id, kind, name, population_id, request, made_by, made_at, request_key)
VALUES (:id, :kind, :name, :population, cast(:request AS jsonb), :by, :at, :key)
""")
_COMPARISON_BY_KEY = text("SELECT comparison_id FROM comparison WHERE request_key = :key")
_FINISH_COMPARISON = text("""
UPDATE comparison SET result = cast(:result AS jsonb), law_hash_before = :before, law_hash_after = :after, inputs_hash = :inputs
WHERE comparison_id = :id AND result IS NULL
""")
_OF_RUN = """c.*, p.name AS population_name, p.fiscal_year AS population_fiscal_year, p.known_on,
       j.state AS run_state, j.result->>'error' AS error"""
_FROM_RUN = "FROM comparison c JOIN population p USING (population_id) LEFT JOIN job_run j ON j.id = c.comparison_id"
_COMPARISONS = text(f"SELECT {_OF_RUN} {_FROM_RUN} WHERE c.kind = :kind ORDER BY c.made_at DESC LIMIT 100")
_COMPARISON = text(f"SELECT {_OF_RUN} {_FROM_RUN} WHERE c.comparison_id = :id")
