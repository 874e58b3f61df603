"""滞納処分 as it is kept: cases, their steps with the officer who took each, and who is an officer (徴税吏員)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7
from chassis.commands import Person
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.arrears import ClaimKey
from collection_service.domain.enforcements import State, Step

_OFFICER: Final = """
SELECT name, certificate_number FROM collection_officer
WHERE (municipality_code, user_name) = ($1, $2) AND valid_from <= $3 AND (valid_until IS NULL OR valid_until >= $3)
ORDER BY valid_from DESC LIMIT 1
"""
_APPOINT: Final = """
INSERT INTO collection_officer (municipality_code, user_name, valid_from, valid_until, name, certificate_number)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (municipality_code, user_name, valid_from) DO UPDATE SET valid_until = excluded.valid_until, name = excluded.name,
    certificate_number = excluded.certificate_number
"""
_STEP: Final = """
INSERT INTO enforcement_step (enforcement_id, position, municipality_code, step, taken_on, officer, officer_name, certificate_number, what,
                              amount, document_title, document_reference, written_at)
SELECT $1, coalesce(max(position), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM enforcement_step WHERE enforcement_id = $1
"""


@dataclass(frozen=True, slots=True)
class Officer:
    """徴税吏員: who may seize in the name of a municipality on a day."""

    user: str
    name: str
    certificate_number: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A step as an officer takes it: on which day, what (in words), yen where it is about money, and the paper that was made."""

    step: Step
    on: date
    what: str
    amount: int | None
    document_title: str
    document_reference: str


async def officer(raw: Connection[Any], municipality_code: str, user: str, on: date) -> Officer | None:
    """The appointment of a user that holds on a day; None for somebody who has none."""
    row = await raw.fetchrow(_OFFICER, municipality_code, user, on)
    return Officer(user, row["name"], row["certificate_number"]) if row else None


async def appoint(
    raw: Connection[Any], municipality_code: str, user: str, *, name: str, certificate_number: str, first: date, last: date | None
) -> None:
    """徴税吏員の任命: from when, until when (None: without end)."""
    await raw.execute(_APPOINT, municipality_code, user, first, last, name, certificate_number)


async def officers(raw: Connection[Any], municipality_code: str) -> list[dict[str, Any]]:
    """Everybody who was appointed, the last first."""
    query = "SELECT * FROM collection_officer WHERE municipality_code = $1 ORDER BY valid_from DESC, user_name"
    return [dict(row) for row in await raw.fetch(query, municipality_code)]


async def open_case(uow: UnitOfWork, person: Person, keys: Sequence[ClaimKey], by: Officer, taken: Taken) -> UUID:
    """滞納処分の開始 about instalments of a person."""
    raw, identifier = await driver(uow.connection), uuid7()
    await raw.execute("INSERT INTO enforcement VALUES ($1, $2, $3, $4, $5)", identifier, *person, State.INVESTIGATING.value, taken.on)
    await raw.executemany("INSERT INTO enforcement_instalment VALUES ($1, $2, $3, $4, $5)", [(identifier, *key, person[0]) for key in keys])
    await keep(uow, identifier, person[0], by, taken, State.INVESTIGATING)
    return identifier


async def keep(uow: UnitOfWork, case: UUID, municipality_code: str, by: Officer, taken: Taken, state: State) -> None:
    """A step was taken, and the case is in the state after it."""
    raw = await driver(uow.connection)
    await raw.execute(
        _STEP, case, municipality_code, taken.step.value, taken.on, by.user, by.name, by.certificate_number, taken.what, taken.amount,
        taken.document_title, taken.document_reference, uow.now,
    )  # fmt: skip
    await raw.execute("UPDATE enforcement SET state = $2 WHERE enforcement_id = $1", case, state.value)


async def find(raw: Connection[Any], case: UUID, person: Person) -> tuple[State, list[ClaimKey], int, date] | None:
    """A case of a person, locked: its state, its instalments, the yen that were converted, and the day of its last step."""
    query = "SELECT state FROM enforcement WHERE enforcement_id = $1 AND (municipality_code, resident_number) = ($2, $3) FOR UPDATE"
    state = await raw.fetchval(query, case, *person)
    if state is None:
        return None
    keys = await raw.fetch(
        "SELECT insured_id, fiscal_year, number FROM enforcement_instalment WHERE enforcement_id = $1 ORDER BY 1, 2, 3", case
    )
    sums = await raw.fetchrow(
        """SELECT coalesce(sum(amount) FILTER (WHERE step = 'convert'), 0)::bigint AS converted, max(taken_on) AS last
        FROM enforcement_step WHERE enforcement_id = $1""",
        case,
    )
    return State(state), [tuple(row) for row in keys], sums["converted"], sums["last"]


async def of_person(raw: Connection[Any], person: Person) -> list[dict[str, Any]]:
    """The cases of a person, the newest first, each with its `instalments` and its `steps` in order."""
    cases = await raw.fetch(
        "SELECT * FROM enforcement WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY enforcement_id DESC", *person
    )
    identifiers = [case["enforcement_id"] for case in cases]
    parts: dict[str, dict[UUID, list[dict[str, Any]]]] = {}
    for name, query in (
        ("instalments", "SELECT * FROM enforcement_instalment WHERE enforcement_id = ANY ($1::uuid[]) ORDER BY fiscal_year, number"),
        ("steps", "SELECT * FROM enforcement_step WHERE enforcement_id = ANY ($1::uuid[]) ORDER BY position"),
    ):
        parts[name] = defaultdict(list)
        for row in await raw.fetch(query, identifiers):
            kept = dict(row)
            parts[name][kept.pop("enforcement_id")].append(kept)
    return [dict(case) | {name: found[case["enforcement_id"]] for name, found in parts.items()} for case in cases]
