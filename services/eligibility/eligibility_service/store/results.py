"""創設結果表 in the database: its inputs, municipality by municipality, and its lines."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.ledger import begun_by
from eligibility_service.domain.records import KEY, RECORD
from eligibility_service.domain.result_table import Result
from eligibility_service.store import ledger
from eligibility_service.store.bulk import frame_of

_MIRROR: Final = f"SELECT {', '.join(RECORD)} FROM resident WHERE municipality_code = $1"
_HELD: Final = """
SELECT municipality_code, resident_number, acquisition_ground FROM qualification
WHERE municipality_code = $1 AND acquired_on <= $2 AND (lost_on IS NULL OR lost_on > $2) ORDER BY 2, acquired_on
"""
_KEEP: Final = """
INSERT INTO creation_result (run_id, municipality_code, batch_id, cut_off_on, sent, accepted, rejected, parked, residents, birth_unknown,
                             insured, not_insured, differences, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_LATEST: Final = """
SELECT DISTINCT ON (r.municipality_code) r.*, r.insured::text AS insured, r.not_insured::text AS not_insured,
       r.differences::text AS differences
FROM creation_result r ORDER BY r.municipality_code, r.made_at DESC
"""
_GROUND: Final[dict[str, pl.DataType]] = {**dict.fromkeys(KEY, pl.String()), "acquisition_ground": pl.String()}


async def mirror(uow: UnitOfWork, municipality_code: str) -> pl.DataFrame:
    """Everybody known of a municipality, as RECORD."""
    return frame_of(await (await driver(uow.connection)).fetch(_MIRROR, municipality_code), RECORD)


async def held(uow: UnitOfWork, municipality_code: str, *, on: date) -> pl.DataFrame:
    """KEY and ground of every qualification that the ledger holds for a day."""
    return frame_of(await (await driver(uow.connection)).fetch(_HELD, municipality_code, on), _GROUND)


async def wanted(uow: UnitOfWork, people: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """KEY and ground of the qualifications that follow from the records for a day."""
    found = (await ledger.wanted_of(uow, people)).periods
    return found.filter(begun_by(on) & (pl.col("lost_on").is_null() | (pl.col("lost_on") > on))).select(*KEY, "acquisition_ground")


async def keep(uow: UnitOfWork, run_id: UUID, extract: dict[str, Any], cut_off_on: date, result: Result) -> None:
    """The line of one municipality; `extract` is a row of municipal_batch."""
    counts = [extract["sent"] if extract["sent"] is not None else extract["accepted"], extract["accepted"]]
    counts += [extract["rejected"] or 0, extract["parked"] or 0]
    await (await driver(uow.connection)).execute(
        _KEEP,
        run_id,
        extract["municipality_code"],
        extract["batch_id"],
        cut_off_on,
        *counts,
        result.residents,
        result.birth_unknown,
        *(json.dumps(found) for found in (result.insured, result.not_insured, result.differences)),
        uow.now,
    )


async def latest(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The latest line of each municipality that the reader may see."""
    rows = [dict(row) for row in await (await driver(uow.connection)).fetch(_LATEST)]
    return [{**row, **{name: json.loads(row[name]) for name in ("insured", "not_insured", "differences")}} for row in rows]
