"""情報交換の状況: the boundaries of each cycle in lines and yen, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from asyncpg import Connection

CYCLES_SHOWN: Final = 6
_CYCLES: Final = f"SELECT * FROM exchange_cycle ORDER BY captured_on DESC LIMIT {CYCLES_SHOWN}"
_LISTED: Final = """
SELECT captured_on, municipality_code, count(*) AS listed, count(*) FILTER (WHERE state = 'identified') AS identified,
       count(*) FILTER (WHERE state = 'not_insured') AS not_insured, count(*) FILTER (WHERE state = 'unknown') AS unknown,
       count(*) FILTER (WHERE state = 'doubtful') AS doubtful, count(*) FILTER (WHERE state = 'waiting') AS without_verdict
FROM candidate WHERE captured_on = ANY ($1) GROUP BY 1, 2
"""
_SENT: Final = """
SELECT l.captured_on, l.municipality_code, count(*) AS sent, count(*) FILTER (WHERE l.request_kind <> '03') AS collected,
       coalesce(sum(l.amount_1), 0)::bigint AS sent_yen,
       count(*) FILTER (WHERE l.state = 'accepted') AS accepted, count(*) FILTER (WHERE l.state = 'rejected') AS rejected,
       count(*) FILTER (WHERE l.state = 'timed_out') AS timed_out, count(*) FILTER (WHERE l.state = 'sent') AS unanswered,
       coalesce(sum(l.amount_1) FILTER (WHERE l.state = 'accepted'), 0)::bigint AS accepted_yen
FROM request_line l JOIN exchange_cycle c ON (c.captured_on, c.request) = (l.captured_on, l.notice)
WHERE l.captured_on = ANY ($1) GROUP BY 1, 2
"""
_PAID: Final = """
SELECT d.paid_month, d.municipality_code, count(*) AS lines, sum(d.expected)::bigint AS expected_yen,
       sum(d.deducted)::bigint AS deducted_yen,
       count(*) FILTER (WHERE d.difference <> '') AS differing,
       (SELECT coalesce(sum(f.stated_amount - f.repeated), 0)::bigint FROM receipt_file f JOIN exchange_file e ON e.sha256 = f.sha256
        WHERE e.captured_on = d.paid_month AND f.municipality_code = d.municipality_code AND f.kind = 'pension') AS paid_in_yen
FROM pension_deduction d GROUP BY 1, 2 ORDER BY 1 DESC, 2 LIMIT 200
"""
_REFUSED: Final = """
SELECT captured_on, municipality_code, notice, refusal, on_day FROM exchange_file WHERE state = 'refused' ORDER BY file_id DESC LIMIT 20
"""
_MUNICIPALITIES: Final = "SELECT DISTINCT municipality_code FROM insured WHERE lost_on IS NULL ORDER BY 1"
# What a person must look at: who could not be identified, and lines that ended otherwise than accepted.
_WORK: Final = """
SELECT 'candidate' AS kind, c.municipality_code, c.captured_on, c.collector_code, c.basic_pension_number, c.pension_code, c.insured_id,
       coalesce(c.doubt, 'この方に当たる住民が見つかりません。') AS why, f.on_day AS since, NULL::uuid AS line_id
FROM candidate c JOIN exchange_file f USING (file_id) WHERE c.state IN ('doubtful', 'unknown') AND c.linked_by IS NULL
UNION ALL
SELECT l.state, l.municipality_code, l.captured_on, l.collector_code, l.basic_pension_number, l.pension_code, l.insured_id,
       coalesce(l.outcome, ''), l.ended_on, l.line_id
FROM request_line l WHERE l.state IN ('rejected', 'timed_out') AND l.settled_by IS NULL
ORDER BY 9, 2, 5 LIMIT 500
"""
_SETTLE: Final = """
UPDATE request_line SET settled_by = $2, settled_as = $3 WHERE line_id = $1 AND state IN ('rejected', 'timed_out') AND settled_by IS NULL
RETURNING line_id
"""


async def cycles(raw: Connection[Any]) -> list[dict[str, Any]]:
    """The latest cycles, each with `towns`: municipality → counts and yen at each boundary; those without a list too."""
    found = [dict(row) for row in await raw.fetch(_CYCLES)]
    captures = [cycle["captured_on"] for cycle in found]
    everybody = [row[0] for row in await raw.fetch(_MUNICIPALITIES)]
    listed = _by_key(await raw.fetch(_LISTED, captures))
    sent = _by_key(await raw.fetch(_SENT, captures))
    for cycle in found:
        cycle["towns"] = {
            code: {**_NOTHING, **listed.get((cycle["captured_on"], code), {}), **sent.get((cycle["captured_on"], code), {})}
            for code in everybody
        }
    return found


async def payments(raw: Connection[Any]) -> list[dict[str, Any]]:
    """The latest payments of pensions by municipality: lines, yen expected, taken and paid in."""
    return [dict(row) for row in await raw.fetch(_PAID)]


async def refused(raw: Connection[Any]) -> list[dict[str, Any]]:
    """The files that were refused last, with the reason."""
    return [dict(row) for row in await raw.fetch(_REFUSED)]


async def work(raw: Connection[Any]) -> list[dict[str, Any]]:
    """What waits for a person, the longest waiting first."""
    return [dict(row) for row in await raw.fetch(_WORK)]


async def settle(raw: Connection[Any], line_id: Any, *, by: str, settled_as: str) -> bool:
    """A person has dealt with a line that was rejected or timed out; False where there is none that is open."""
    return await raw.fetchval(_SETTLE, line_id, by, settled_as) is not None


def days_left(due_on: date, today: date) -> int:
    """Days until a cut-off; below zero once it has passed."""
    return (due_on - today).days


_NOTHING: Final = dict.fromkeys(
    ("listed", "identified", "not_insured", "unknown", "doubtful", "without_verdict", "sent", "collected", "sent_yen", "accepted",
     "rejected", "timed_out", "unanswered", "accepted_yen"),
    0,
)  # fmt: skip


def _by_key(rows: Sequence[Any]) -> dict[tuple[date, str], dict[str, Any]]:
    return {(row["captured_on"], row["municipality_code"]): dict(list(row.items())[2:]) for row in rows}
