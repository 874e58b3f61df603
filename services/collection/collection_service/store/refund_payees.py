"""還付を受ける者: the account that a claim names, and who stands for the heirs of somebody who has died (相続人代表者)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection

_ACCOUNT: Final = ("bank_code", "bank_name", "branch_code", "branch_name", "account_type", "account_number", "holder_kana")
_REPRESENTATIVE: Final = ("name", "relationship", "postal_code", "address", "documents")


async def keep_account(
    raw: Connection[Any], decision: Mapping[str, Any], account: Mapping[str, Any], approval_id: UUID, today: date
) -> None:
    """The account of a decision's payee; another one before it gives way."""
    columns = ("municipality_code", "payee", *_ACCOUNT, "approval_id", "confirmed_on")
    values = (decision["municipality_code"], decision["payee"], *(account[name] for name in _ACCOUNT), approval_id, today)
    await raw.execute(_upsert("refund_account", "decision_id", columns), decision["decision_id"], *values)


async def keep_representative(
    raw: Connection[Any], insured_id: UUID, municipality_code: str, given: Mapping[str, Any], approval_id: UUID, today: date
) -> None:
    """Who stands for the heirs; what was to be paid to the insured goes to the heirs, unless it is paid, and needs an account anew."""
    columns = ("municipality_code", *_REPRESENTATIVE, "approval_id", "confirmed_on")
    values = (municipality_code, *(given[name] for name in _REPRESENTATIVE), approval_id, today)
    await raw.execute(_upsert("heir_representative", "insured_id", columns), insured_id, *values)
    await raw.execute(_TO_THE_HEIRS, insured_id)


async def representative_of(raw: Connection[Any], insured_id: UUID) -> dict[str, Any] | None:
    """Who stands for the heirs of an insured person, or None."""
    row = await raw.fetchrow("SELECT * FROM heir_representative WHERE insured_id = $1", insured_id)
    return dict(row) if row else None


def _upsert(table: str, key: str, columns: tuple[str, ...]) -> str:
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 2))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return f"INSERT INTO {table} ({key}, {', '.join(columns)}) VALUES ({places}) ON CONFLICT ({key}) DO UPDATE SET {changes}"


_TO_THE_HEIRS: Final = """
UPDATE refund_decision SET payee = 'heirs'
WHERE insured_id = $1 AND payee = 'insured' AND paid_on IS NULL AND taken_back_on IS NULL
"""
