"""月末被保険者数: the insured of the last day of a month, as facts (Parquet) and as a table (CSV)."""

from __future__ import annotations

import hashlib
import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import obstore
import polars as pl
from asyncpg import Connection
from chassis.batches import SealBroken
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from statistics_service.rules.age_bands import YOUNGEST_FIRST, band_of
from statistics_service.store.counts import bounds

_FACTS = ("insured_id", "municipality_code", "sex", "born_on", "acquired_on", "acquisition_ground")
_COUNTED = ("municipality_code", "sex", "age_band")
HEADINGS = {"municipality_code": "市区町村コード", "sex": "性別", "age_band": "年齢階級", "insured": "被保険者数"}
SEXES = {"0": "不明", "1": "男", "2": "女"}


class MonthlyInsured:
    """Parameter `month` (YYYY-MM): the month whose last day counts; without it, the month before the business day."""

    name = "monthly-insured"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Freeze the insured of the day: what comes later does not change this run."""
        raw, on = await driver(uow.connection), counted_on(parameters, uow.today)
        await raw.execute(_FREEZE, run_id, on)
        rows = await raw.fetch(_BY_MUNICIPALITY, run_id)
        last = await raw.fetchrow(_LAST_RUN)
        preview = {
            "counted_on": on.isoformat(),
            "insured": sum(row["insured"] for row in rows),
            "municipalities": {row["municipality_code"]: row["insured"] for row in rows},
            "last_run": {"counted_on": last["counted_on"].isoformat(), "insured": last["insured"]} if last else None,
        }
        return Plan([Chunk(1, rows[0]["municipality_code"], rows[-1]["municipality_code"], preview["insured"])] if rows else [], preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Write the facts, count them, write the table."""
        raw = await driver(uow.connection)
        on = await _day_of(raw, run_id)
        facts = await _frozen(raw, run_id)
        counts = counted(facts, on)
        buffer = io.BytesIO()
        facts.write_parquet(buffer, compression="zstd")
        await _store(uow, run_id, on, "facts", "parquet", buffer.getvalue(), facts.height)
        await _store(uow, run_id, on, "table", "csv", table(counts), counts.height)
        await raw.copy_records_to_table(
            "monthly_count",
            records=[(run_id, on, *row) for row in counts.select(*_COUNTED, "insured").iter_rows()],
            columns=["run_id", "counted_on", *_COUNTED, "insured"],
        )
        return {"insured": facts.height, "rows": counts.height}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """The files as they lie in the store, the counts and the frozen facts must name the same number of people."""
        raw = await driver(uow.connection)
        frozen = await raw.fetchval("SELECT count(*) FROM monthly_fact WHERE run_id = $1", run_id)
        counted_sum = await raw.fetchval("SELECT coalesce(sum(insured), 0)::bigint FROM monthly_count WHERE run_id = $1", run_id)
        found = {"frozen": frozen, "done": totals.get("insured", 0), "counted": counted_sum}
        for row in await raw.fetch("SELECT kind, key, sha256 FROM monthly_file WHERE run_id = $1", run_id):
            content = await _stored(uow, row["key"], row["sha256"])
            found[row["kind"]] = _people_in(row["kind"], content)
        return found if len(set(found.values())) > 1 else {}


def counted_on(parameters: dict[str, Any], today: date) -> date:
    """The last day of the month asked for. Problem KOKI-T001 where it is not a month."""
    asked = str(parameters.get("month", ""))
    if not asked:
        return today.replace(day=1) - timedelta(days=1)
    try:
        first = date.fromisoformat(f"{asked}-01")
    except ValueError as error:
        raise Problem(422, "KOKI-T001", f"月「{asked}」を読めません。", "2026-06 の形で指定してください。") from error
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def counted(facts: pl.DataFrame, on: date) -> pl.DataFrame:
    """Facts → number of insured by municipality, sex and age band, youngest first."""
    place = pl.Series(bounds(on)).search_sorted(facts["born_on"], side="right")
    bands = pl.Enum(YOUNGEST_FIRST)
    named = facts.with_columns(age_band=pl.Series([band_of(number) for number in place.to_list()], dtype=bands))
    return named.group_by(_COUNTED).agg(insured=pl.len().cast(pl.Int64)).sort(_COUNTED).with_columns(pl.col("age_band").cast(pl.String))


def table(counts: pl.DataFrame) -> bytes:
    """The table as people open it: Japanese headings, UTF-8 with the mark that spreadsheets need."""
    shown = counts.with_columns(pl.col("sex").replace(SEXES)).rename(HEADINGS).select(HEADINGS.values())
    return shown.write_csv(include_bom=True).encode()


def _people_in(kind: str, content: bytes) -> int:
    if kind == "facts":
        return pl.read_parquet(io.BytesIO(content)).height
    return int(pl.read_csv(io.BytesIO(content), schema_overrides={HEADINGS["municipality_code"]: pl.String})[HEADINGS["insured"]].sum())


async def _frozen(raw: Connection[Any], run_id: UUID) -> pl.DataFrame:
    """The facts of a run, without the run."""
    buffer = io.BytesIO()
    query = f"SELECT {', '.join(_FACTS)} FROM monthly_fact WHERE run_id = $1 ORDER BY municipality_code, insured_id"
    await raw.copy_from_query(query, run_id, output=buffer, format="csv", header=True)
    buffer.seek(0)
    dates = {"born_on": pl.Date, "acquired_on": pl.Date}
    return pl.read_csv(buffer, schema_overrides={**dict.fromkeys(_FACTS, pl.String), **dates})


async def _day_of(raw: Connection[Any], run_id: UUID) -> date:
    day = await raw.fetchval("SELECT preview->>'counted_on' FROM job_run WHERE id = $1", run_id)
    return date.fromisoformat(day)


async def _store(uow: UnitOfWork, run_id: UUID, on: date, kind: str, ending: str, content: bytes, rows: int) -> None:
    key = f"statistics/monthly-insured/{on:%Y-%m}/{run_id}.{ending}"
    await obstore.put_async(uow.store, key, content)
    digest = hashlib.sha256(content).hexdigest()
    raw = await driver(uow.connection)
    await raw.execute(
        "INSERT INTO monthly_file (run_id, kind, counted_on, key, rows, sha256) VALUES ($1, $2, $3, $4, $5, $6)",
        *(run_id, kind, on, key, rows, digest),
    )


async def _stored(uow: UnitOfWork, key: str, sha256: str) -> bytes:
    content = bytes(await (await obstore.get_async(uow.store, key)).bytes_async())
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise SealBroken(f"{key}: SHA-256 is {found}, {sha256} was written.")
    return content


_FREEZE = f"""
INSERT INTO monthly_fact (run_id, {", ".join(_FACTS)})
SELECT $1, {", ".join(_FACTS)} FROM insured WHERE acquired_on <= $2 AND (lost_on IS NULL OR lost_on > $2)
"""
_BY_MUNICIPALITY = """
SELECT municipality_code, count(*) AS insured FROM monthly_fact WHERE run_id = $1 GROUP BY 1 ORDER BY 1
"""
_LAST_RUN = """
SELECT counted_on, sum(insured)::bigint AS insured FROM monthly_count WHERE run_id = (
    SELECT run_id FROM monthly_file WHERE kind = 'facts' ORDER BY run_id DESC LIMIT 1
) GROUP BY 1
"""
