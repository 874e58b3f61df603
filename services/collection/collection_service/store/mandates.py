"""口座振替の登録: made for a resident by two officers, ended, never changed. Accounts leave here whole only towards a bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection, Range
from chassis.clock import uuid7

from collection_service.domain.mandates import Account

_ADD: Final = """
INSERT INTO bank_mandate (mandate_id, municipality_code, resident_number, bank_code, branch_code, account_kind, account_number, holder_kana,
                          valid_during, applied_on, origin, approval_id, run_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, daterange($9, NULL), $10, $11, $12, $13)
"""
_END: Final = """
UPDATE bank_mandate SET valid_during = valid_during * daterange(NULL, $3), ended_because = $4
WHERE (municipality_code, resident_number) = ($1, $2) AND lower(valid_during) < $3
  AND (upper_inf(valid_during) OR upper(valid_during) > $3) RETURNING mandate_id
"""
_LATER: Final = """
SELECT lower(valid_during) FROM bank_mandate
WHERE (municipality_code, resident_number) = ($1, $2) AND NOT isempty(valid_during) AND lower(valid_during) >= $3 LIMIT 1
"""
_OF_PERSON: Final = """
SELECT m.mandate_id, m.bank_code, m.branch_code, m.account_kind, m.account_number, m.holder_kana, m.valid_during, m.applied_on, m.origin,
       p.asked_by, p.decided_by, m.ended_because, b.bank_name, b.branch_name
FROM bank_mandate m LEFT JOIN bank_branch b USING (bank_code, branch_code) LEFT JOIN approval p USING (approval_id)
WHERE (m.municipality_code, m.resident_number) = ($1, $2) ORDER BY lower(m.valid_during) DESC NULLS LAST, m.mandate_id DESC
"""
_ACTIVE: Final = """
SELECT DISTINCT m.municipality_code, m.resident_number FROM bank_mandate m
JOIN unnest($1::text[], $2::text[]) AS k(municipality_code, resident_number)
    ON (m.municipality_code, m.resident_number) = (k.municipality_code, k.resident_number)
WHERE m.valid_during @> $3::date
"""


@dataclass(frozen=True, slots=True)
class Mandate:
    """One mandate as it stands. `until` is the last day (None: until further notice); names are None where no branch is known by the codes,
    officers where a run has carried the mandate over."""

    mandate_id: UUID
    account: Account
    since: date | None
    until: date | None
    applied_on: date
    origin: str
    asked_by: str | None
    confirmed_by: str | None
    ended_because: str | None
    bank_name: str | None
    branch_name: str | None


class MandateLater(Exception):
    """Another mandate begins on that day or later: nobody can know which is meant to hold."""


async def lock(raw: Connection[Any], municipality_code: str, resident_number: str) -> None:
    """Until the transaction ends nobody else gives or ends a mandate of this resident."""
    await raw.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('mandate:' || $1 || ':' || $2, 0))", municipality_code, resident_number
    )


async def give(
    raw: Connection[Any],
    municipality_code: str,
    resident_number: str,
    account: Account,
    *,
    since: date,
    applied_on: date,
    approval_id: UUID | None = None,
    run_id: UUID | None = None,
) -> UUID:
    """A mandate from `since` on, by an approval or by a run that carries mandates over; the one before it ends the day before.

    MandateLater where another begins then or later.
    """
    await lock(raw, municipality_code, resident_number)
    if await raw.fetchval(_LATER, municipality_code, resident_number, since) is not None:
        raise MandateLater(f"A mandate of {municipality_code}:{resident_number} begins on {since} or later.")
    await raw.execute(_END, municipality_code, resident_number, since, "別の口座への変更")
    mandate_id = uuid7()
    await raw.execute(
        _ADD, mandate_id, municipality_code, resident_number, account.bank_code, account.branch_code, account.account_kind,
        account.account_number, account.holder_kana, since, applied_on, "carried_over" if run_id else "application", approval_id, run_id,
    )  # fmt: skip
    return mandate_id


async def end(raw: Connection[Any], municipality_code: str, resident_number: str, *, last_day: date, because: str) -> bool:
    """The mandate that holds on `last_day` ends with it; False where none does."""
    await lock(raw, municipality_code, resident_number)
    ended = await raw.fetchval(_END, municipality_code, resident_number, last_day + timedelta(days=1), because)
    return ended is not None


async def of_person(raw: Connection[Any], municipality_code: str, resident_number: str) -> list[Mandate]:
    """Every mandate of a resident, the newest first."""
    return [_mandate(row) for row in await raw.fetch(_OF_PERSON, municipality_code, resident_number)]


async def active(raw: Connection[Any], people: Sequence[tuple[str, str]], *, on: date) -> set[tuple[str, str]]:
    """Of these residents (municipality code and 宛名番号), those from whose account the premium is taken on a day."""
    rows = await raw.fetch(_ACTIVE, [code for code, _ in people], [number for _, number in people], on)
    return {(row["municipality_code"], row["resident_number"]) for row in rows}


def _mandate(row: Any) -> Mandate:
    span: Range = row["valid_during"]
    return Mandate(
        mandate_id=row["mandate_id"],
        account=Account(row["bank_code"], row["branch_code"], row["account_kind"], row["account_number"], row["holder_kana"]),
        since=span.lower,
        until=span.upper - timedelta(days=1) if span.upper is not None else None,
        applied_on=row["applied_on"],
        origin=row["origin"],
        asked_by=row["asked_by"],
        confirmed_by=row["decided_by"],
        ended_because=row["ended_because"],
        bank_name=row["bank_name"],
        branch_name=row["branch_name"],
    )
