"""宛名: to whom a notice goes. A copy of the resident records, the last one of each person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.municipal import ResidentStatus

from collection_service.domain.notices import Addressee

HEAD: Final = "02"
"""続柄コード of the head of a household in our municipal layout."""

RECORD: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "sequence": pl.Int32(),
    "household_number": pl.String(),
    "relationship": pl.String(),
    "status": pl.String(),
    "name": pl.String(),
    "name_kana": pl.String(),
    "postal_code": pl.String(),
    "address_prefecture": pl.String(),
    "address_municipality": pl.String(),
    "address_town": pl.String(),
    "address_number": pl.String(),
    "address_building": pl.String(),
}
"""What collection takes over of a resident record."""

POSITIONS = """
SELECT municipality_code || ':' || resident_number AS position, sequence FROM addressee
WHERE (municipality_code, resident_number) IN (SELECT split_part(k, ':', 1), split_part(k, ':', 2) FROM unnest($1::text[]) AS k)
ORDER BY municipality_code, resident_number FOR UPDATE
"""
_COLUMNS = ["is_head" if name == "relationship" else name for name in RECORD]
_TYPES = {"sequence": "int", "is_head": "boolean"}
_KEEP = f"""
INSERT INTO addressee ({", ".join(_COLUMNS)})
SELECT * FROM unnest({", ".join(f"${n}::{_TYPES.get(name, 'text')}[]" for n, name in enumerate(_COLUMNS, 1))})
ON CONFLICT (municipality_code, resident_number) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])}
WHERE excluded.sequence > addressee.sequence
"""


async def keep_addressees(records: pl.DataFrame, uow: UnitOfWork) -> None:
    """Keep records (RECORD); of several about one person, and of what is kept already, the one with the highest sequence."""
    key = ["municipality_code", "resident_number"]
    latest = records.sort(*key, "sequence").unique(key, keep="last", maintain_order=True)
    latest = latest.with_columns(is_head=pl.col("relationship").str.starts_with(HEAD))
    raw: Any = await driver(uow.connection)
    await raw.execute(_KEEP, *(latest[name].to_list() for name in _COLUMNS))


def addressee_of(row: Mapping[str, Any]) -> Addressee | None:
    """To whom a paper goes, from a row joined to `addressee_shown`; None where the resident record has not come."""
    if row["name"] is None:
        return None
    if row["address_withheld"]:
        return Addressee(ResidentStatus(row["status"]), row["name"], None, ())
    place = "".join(row[name] for name in ("address_prefecture", "address_municipality", "address_town", "address_number"))
    lines = (place, row["address_building"]) if row["address_building"] else (place,)
    return Addressee(ResidentStatus(row["status"]), row["name"], row["postal_code"], lines)
