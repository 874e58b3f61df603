"""金融機関・店舗: the site's own list of banks and branches, under which names accounts are shown and written to the banks."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from asyncpg import Connection

COLUMNS: Final = ("bank_code", "branch_code", "bank_name", "bank_kana", "branch_name", "branch_kana")
_KEEP: Final = f"""
INSERT INTO bank_branch ({", ".join(COLUMNS)}) SELECT * FROM unnest({", ".join(f"${n}::text[]" for n in range(1, 7))})
ON CONFLICT (bank_code, branch_code) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])}
"""


async def keep(raw: Connection[Any], branches: pl.DataFrame) -> None:
    """Keep branches (COLUMNS); one that is there already takes the new names. None is removed: mandates may still name it."""
    await raw.execute(_KEEP, *(branches[name].to_list() for name in COLUMNS))


async def names_of(raw: Connection[Any], bank_code: str, branch_code: str) -> tuple[str, str] | None:
    """Names of a bank and its branch, or None where the list has no such branch."""
    row = await raw.fetchrow(
        "SELECT bank_name, branch_name FROM bank_branch WHERE (bank_code, branch_code) = ($1, $2)", bank_code, branch_code
    )
    return (row["bank_name"], row["branch_name"]) if row else None


async def kana_of(raw: Connection[Any]) -> pl.DataFrame:
    """bank_code, branch_code, bank_kana, branch_kana of every branch."""
    rows = await raw.fetch("SELECT bank_code, branch_code, bank_kana, branch_kana FROM bank_branch")
    schema = dict.fromkeys(("bank_code", "branch_code", "bank_kana", "branch_kana"), pl.String())
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
