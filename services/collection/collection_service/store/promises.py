"""納付誓約 as they are kept: made, and ended when they were kept, broken or withdrawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7
from chassis.commands import Person
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.arrears import Claim
from collection_service.domain.promises import Plan, PlannedPayment, PromiseState
from collection_service.store import arrears

FOLDER: Final = "collection/promises"
_RUNNING: Final = "SELECT promise_id FROM promise WHERE state = 'running' ORDER BY promise_id"
_PLANS: Final = """
SELECT p.promise_id, p.municipality_code, p.resident_number, p.promised_on, p.state,
       (SELECT array_agg(i.insured_id ORDER BY i.insured_id, i.fiscal_year, i.number) FROM promise_instalment i
        WHERE i.promise_id = p.promise_id) AS insured,
       (SELECT array_agg(i.fiscal_year ORDER BY i.insured_id, i.fiscal_year, i.number) FROM promise_instalment i
        WHERE i.promise_id = p.promise_id) AS years,
       (SELECT array_agg(i.number ORDER BY i.insured_id, i.fiscal_year, i.number) FROM promise_instalment i
        WHERE i.promise_id = p.promise_id) AS numbers,
       (SELECT array_agg(i.unpaid ORDER BY i.insured_id, i.fiscal_year, i.number) FROM promise_instalment i
        WHERE i.promise_id = p.promise_id) AS unpaid,
       coalesce((SELECT array_agg(r.due_on ORDER BY r.position) FROM promise_part r WHERE r.promise_id = p.promise_id), '{}') AS days,
       coalesce((SELECT array_agg(r.amount ORDER BY r.position) FROM promise_part r WHERE r.promise_id = p.promise_id), '{}') AS amounts
FROM promise p WHERE p.promise_id = ANY ($1::uuid[]) ORDER BY p.promise_id FOR UPDATE OF p
"""
_END: Final = "UPDATE promise SET state = $2, ended_on = $3 WHERE promise_id = $1 AND state = 'running' RETURNING promise_id"


async def keep(
    uow: UnitOfWork, person: Person, claims: Sequence[Claim], payments: Sequence[PlannedPayment], *, by_whom: str, remark: str,
    sha256: str, by: str,
) -> UUID:  # fmt: skip
    """A promise with its plan; without payments the debt is recognised alone."""
    raw, identifier = await driver(uow.connection), uuid7()
    state = PromiseState.RUNNING if payments else PromiseState.RECOGNISED
    row = (identifier, *person, uow.today, by_whom, state.value, None, remark, sha256, by)
    await raw.execute("INSERT INTO promise VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", *row)
    await raw.executemany(
        "INSERT INTO promise_instalment VALUES ($1, $2, $3, $4, $5, $6)",
        [(identifier, *claim.key, person[0], claim.unpaid_on(uow.today)) for claim in claims],
    )
    await raw.executemany(
        "INSERT INTO promise_part VALUES ($1, $2, $3, $4, $5)",
        [(identifier, position, person[0], payment.due_on, payment.amount) for position, payment in enumerate(payments, start=1)],
    )
    return identifier


async def running(raw: Connection[Any]) -> list[UUID]:
    """Every promise that runs, in order."""
    return [row["promise_id"] for row in await raw.fetch(_RUNNING)]


async def runs_for(raw: Connection[Any], person: Person) -> bool:
    """Whether a promise of a person runs."""
    query = "SELECT EXISTS (SELECT FROM promise WHERE (municipality_code, resident_number, state) = ($1, $2, 'running'))"
    return bool(await raw.fetchval(query, *person))


async def plans(raw: Connection[Any], promises: Sequence[UUID]) -> dict[UUID, tuple[Plan, list[Claim]]]:
    """The plans of promises, locked, and the instalments that they are about as they stand."""
    found = {row["promise_id"]: _plan(row) for row in await raw.fetch(_PLANS, list(promises))}
    claims = await arrears.of_keys(raw, [key for plan in found.values() for key in plan.unpaid])
    return {identifier: (plan, [claims[key] for key in plan.unpaid if key in claims]) for identifier, plan in found.items()}


async def end(raw: Connection[Any], promise_id: UUID, state: PromiseState, on: date) -> bool:
    """The promise was kept, broken or withdrawn on a day. False where it does not run."""
    return await raw.fetchval(_END, promise_id, state.value, on) is not None


async def of_person(raw: Connection[Any], person: Person) -> list[dict[str, Any]]:
    """The promises of a person, the newest first, each with its `payments`."""
    rows = await raw.fetch(
        """SELECT promise_id, promised_on, promised_by, state, ended_on, remark, document_sha256, written_by,
        (SELECT sum(unpaid)::bigint FROM promise_instalment i WHERE i.promise_id = p.promise_id) AS unpaid FROM promise p
        WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY promise_id DESC""",
        *person,
    )
    parts: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for part in await raw.fetch(
        "SELECT promise_id, due_on, amount FROM promise_part WHERE promise_id = ANY ($1::uuid[]) ORDER BY promise_id, position",
        [row["promise_id"] for row in rows],
    ):
        parts[part["promise_id"]].append({"due_on": part["due_on"], "amount": part["amount"]})
    return [dict(row) | {"payments": parts[row["promise_id"]]} for row in rows]


def _plan(row: Mapping[str, Any]) -> Plan:
    keys = zip(row["insured"], row["years"], row["numbers"], strict=True)
    payments = tuple(PlannedPayment(*payment) for payment in zip(row["days"], row["amounts"], strict=True))
    return Plan(row["promised_on"], dict(zip(keys, row["unpaid"], strict=True)), payments)
