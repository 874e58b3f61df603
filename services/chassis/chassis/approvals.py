"""二人目の確認: acts that a second officer decides. What was asked, why, by whom, and what came of it is kept for good.

A service that needs it has the table (TABLE, in a migration), its own table "act → what is done when it is approved", and the routes
of `approval_routes`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Protocol
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

TABLE: Final = (
    # content is what will be done, word for word as the second officer sees it; outcome is what came of it. Nobody decides their own.
    """
    CREATE TABLE approval (
        approval_id uuid PRIMARY KEY,
        act text NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C",
        content jsonb NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        state text NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'withdrawn')),
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        remark text,
        outcome jsonb,
        CHECK ((state = 'asked') = (decided_by IS NULL)),
        CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
        CONSTRAINT approval_by_another CHECK (state NOT IN ('approved', 'declined') OR decided_by <> asked_by)
    )""",
    "CREATE INDEX approval_open ON approval (municipality_code, asked_at) WHERE state = 'asked'",
    "CREATE INDEX approval_person ON approval (municipality_code, resident_number)",
)
"""Statements for a migration, which lets each municipality see its own (`seen_by_municipality`)."""
_COLUMNS: Final = (
    "approval_id, act, municipality_code, resident_number, content::text, reason, state, asked_by, asked_at, decided_by, decided_at, "
    "remark, outcome::text"
)
_ASK: Final = """
INSERT INTO approval (approval_id, act, municipality_code, resident_number, content, reason, state, asked_by, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, 'asked', $7, $8)
"""
_TAKE: Final = f"SELECT {_COLUMNS} FROM approval WHERE approval_id = $1 FOR UPDATE"
_DECIDE: Final = """
UPDATE approval SET state = $2, decided_by = $3, decided_at = $4, remark = $5, outcome = $6 WHERE approval_id = $1
"""


@dataclass(frozen=True, slots=True)
class Approval:
    """One act that was asked for. `content` is what will be done; `resident_number` is None where it concerns no single person."""

    approval_id: UUID
    act: str
    municipality_code: str
    resident_number: str | None
    content: dict[str, Any]
    reason: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    remark: str | None
    outcome: dict[str, Any] | None


def its_resident(asked: Approval) -> list[tuple[str, str]]:
    """Whom most acts are about: the one resident (municipality code and 宛名番号), or nobody."""
    return [(asked.municipality_code, asked.resident_number)] if asked.resident_number is not None else []


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of act: its Japanese term, who may decide it, its content as the second officer reads it (Japanese term → text), and
    what its approval does; the answer is kept as its outcome. `about`: whom it is about, for the log of who looked at whom."""

    term: str
    deciders: frozenset[str]
    shown: Callable[[Approval], dict[str, str]]
    carry_out: Callable[[Approval, UnitOfWork], Awaitable[dict[str, Any]]]
    about: Callable[[Approval], list[tuple[str, str]]] = its_resident


class WithheldFrom(Protocol):
    """Those of some people (municipality code and 宛名番号) whose address is withheld on a day (支援措置)."""

    async def __call__(self, uow: UnitOfWork, people: Iterable[tuple[str, str]], *, on: date) -> set[tuple[str, str]]: ...


class NotOpen(Exception):
    """The act is not waiting for a decision any more, or was never asked."""


class OwnAct(Exception):
    """Whoever asked may not decide; the table refuses it too."""


async def ask(
    uow: UnitOfWork, *, act: str, municipality_code: str, resident_number: str | None, content: dict[str, Any], reason: str, by: str
) -> UUID:
    """Put an act before a second officer; nothing of it is done yet."""
    approval_id = uuid7()
    raw = await driver(uow.connection)
    await raw.execute(
        _ASK, approval_id, act, municipality_code, resident_number, json.dumps(content, ensure_ascii=False), reason, by, uow.now
    )
    return approval_id


async def take(uow: UnitOfWork, approval_id: UUID, *, by: str) -> Approval:
    """The act, locked for a decision by `by`. NotOpen when it is decided or unknown, OwnAct when `by` asked for it."""
    row = await (await driver(uow.connection)).fetchrow(_TAKE, approval_id)
    if row is None or row["state"] != "asked":
        raise NotOpen(f"{approval_id} does not wait for a decision.")
    if row["asked_by"] == by:
        raise OwnAct(f"{by} asked for {approval_id}.")
    return _approval(row)


async def decide(
    uow: UnitOfWork, approval_id: UUID, *, approved: bool, by: str, remark: str = "", outcome: dict[str, Any] | None = None
) -> None:
    """Keep the decision on an act that `take` has locked."""
    kept = None if outcome is None else json.dumps(outcome, ensure_ascii=False, default=str)
    state = "approved" if approved else "declined"
    await (await driver(uow.connection)).execute(_DECIDE, approval_id, state, by, uow.now, remark or None, kept)


async def listing(uow: UnitOfWork, withheld: WithheldFrom, *, state: str, limit: int = 200) -> list[Approval]:
    """Acts in a state that the reader may see, the longest waiting first. Addresses of protected people are left out of their content."""
    query = f"SELECT {_COLUMNS} FROM approval WHERE state = $1 ORDER BY asked_at LIMIT $2"
    found = [_approval(row) for row in await (await driver(uow.connection)).fetch(query, state, limit)]
    people = {(one.municipality_code, one.resident_number) for one in found if one.resident_number is not None}
    protected = await withheld(uow, people, on=uow.today)
    return [_without_addresses(one) if (one.municipality_code, one.resident_number) in protected else one for one in found]


def _without_addresses(one: Approval) -> Approval:
    return replace(one, content={name: value for name, value in one.content.items() if name != "addresses"})


def _approval(row: Any) -> Approval:
    found = dict(row)
    return Approval(
        **found | {"content": json.loads(found["content"]), "outcome": json.loads(found["outcome"]) if found["outcome"] else None}
    )
