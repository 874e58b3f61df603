"""情報交換: the cycles of the exchange with the pension payers, and every file that came or was made, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7
from contracts.layouts.site_codes import Notice

from collection_service.law.pension_exchange import Cycle

TAKEN, REFUSED, SENT = "taken", "refused", "sent"
_KEEP_CYCLE: Final = """
INSERT INTO exchange_cycle (captured_on, candidates, request, arrives_by, due_on, starts_on) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (captured_on) DO NOTHING
"""
_KEEP_FILE: Final = """
INSERT INTO exchange_file (file_id, municipality_code, captured_on, notice, is_ours, sha256, state, lines, amount, refusal, on_day, run_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_KNOWN: Final = "SELECT file_id FROM exchange_file WHERE sha256 = $1 AND state <> 'refused'"
_EXPLAIN: Final = """
INSERT INTO exchange_explanation (captured_on, municipality_code, kind, cases, reason, explained_by, explained_on)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
"""
_EXPLAINED: Final = "SELECT municipality_code, kind, cases FROM exchange_explanation WHERE captured_on = $1"


@dataclass(frozen=True, slots=True)
class ExchangeFile:
    """One file of the exchange: whose, of which cycle, what it tells; `lines` data records, `amount` yen of the first amount.

    `refusal` says why nothing of a file was taken (Japanese). `is_ours`: we have made it.
    """

    municipality_code: str
    captured_on: date
    notice: Notice
    sha256: str
    state: str
    lines: int
    amount: int
    refusal: str | None = None

    @property
    def is_ours(self) -> bool:
        return self.state == SENT


async def keep_cycle(raw: Connection[Any], cycle: Cycle) -> None:
    """A cycle begins; its days stay as they were when it began."""
    await raw.execute(
        _KEEP_CYCLE, cycle.captured_on, cycle.candidates, cycle.request, cycle.arrives_by, cycle.due_on, cycle.starts_on
    )  # fmt: skip


async def keep_file(raw: Connection[Any], file: ExchangeFile, *, run_id: UUID, today: date) -> UUID:
    """Keep what came or was made. UniqueViolationError for a file that was taken before: ask `known` first."""
    file_id = uuid7()
    await raw.execute(
        _KEEP_FILE, file_id, file.municipality_code, file.captured_on, file.notice, file.is_ours, file.sha256, file.state, file.lines,
        file.amount, file.refusal, today, run_id,
    )  # fmt: skip
    return file_id


async def known(raw: Connection[Any], sha256: str) -> UUID | None:
    """The file with this content that was taken or sent before; None for a new one. Taken alone until the transaction ends."""
    await raw.execute("SELECT pg_advisory_xact_lock(hashtextextended('exchange:' || $1, 0))", sha256)
    found = await raw.fetchval(_KNOWN, sha256)
    return found if isinstance(found, UUID) else None


async def explain(
    raw: Connection[Any], captured_on: date, municipality_code: str, kind: str, cases: int, *, reason: str, by: str, today: date
) -> None:
    """An officer says why a request may leave although so many cases of a kind do not agree; one case more is blocked again."""
    await raw.execute(_EXPLAIN, captured_on, municipality_code, kind, cases, reason, by, today)


async def explained(raw: Connection[Any], captured_on: date) -> set[tuple[str, str, int]]:
    """(municipality, kind, number of cases) that an officer has explained."""
    return {tuple(row) for row in await raw.fetch(_EXPLAINED, captured_on)}


def key_of(sha256: str) -> str:
    """Where the store keeps a file of the exchange."""
    return f"pension-exchange/{sha256}"


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows as one array a column, for unnest."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
