"""徴収依頼: what may be answered, every line that was sent, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.clock import derived_id
from contracts.layouts.site_codes import Notice

from collection_service.domain.requesting import Answerable
from collection_service.law.pension_exchange import Cycle, payment_number
from collection_service.store.exchange import columns

ACCEPTED, REJECTED, TIMED_OUT = "accepted", "rejected", "timed_out"
_MUNICIPALITIES: Final = """
SELECT municipality_code FROM candidate WHERE captured_on = $1
UNION SELECT municipality_code FROM collection_method WHERE (fiscal_year, month, method) = ($2, $3, 'special') AND reason IN (21, 22)
ORDER BY 1
"""
# A year that is not assessed yet (仮徴収 of the next year) has no charges to compare with: what was decided stands alone then.
_ANSWERABLE: Final = """
SELECT c.collector_code, c.basic_pension_number, c.pension_code, c.state, c.insured_id,
       i.insured_id IS NOT NULL AND (i.lost_on IS NULL OR i.lost_on > $3) AS is_insured,
       m.method, coalesce((m.basic_pension_number, m.pension_code) = (c.basic_pension_number, c.pension_code), false) AS is_chosen,
       coalesce(m.request_kind, 0) AS request_kind, coalesce(m.reason, 0) AS reason, p.decided,
       CASE WHEN y.insured_id IS NULL THEN p.decided ELSE p.charged END AS charged,
       EXISTS (SELECT FROM request_line l WHERE (l.notice, l.collector_code, l.basic_pension_number, l.pension_code, l.state)
               = ($7, c.collector_code, c.basic_pension_number, c.pension_code, 'sent')) AS waits
FROM candidate c
LEFT JOIN insured i ON i.insured_id = c.insured_id
LEFT JOIN collection_method m ON (m.insured_id, m.fiscal_year, m.month) = (c.insured_id, $4, extract(month FROM $3::date)::int)
LEFT JOIN assessment y ON (y.insured_id, y.fiscal_year) = (c.insured_id, $4)
CROSS JOIN LATERAL (
    SELECT array_agg(coalesce(d.premium_payment, 0) ORDER BY k.place) AS decided,
           array_agg(coalesce(e.charged, 0) ORDER BY k.place) AS charged
    FROM unnest($5::int[], $6::int[]) WITH ORDINALITY AS k(month, number, place)
    LEFT JOIN collection_method d ON (d.insured_id, d.fiscal_year, d.month, d.method) = (c.insured_id, $4, k.month, 'special')
    LEFT JOIN LATERAL (
        SELECT sum(e.amount)::bigint AS charged FROM charge_entry e
        WHERE (e.insured_id, e.fiscal_year, e.number) = (c.insured_id, $4, k.number)
    ) AS e ON true
) AS p
WHERE c.captured_on = $1 AND c.municipality_code = $2
ORDER BY c.collector_code, c.basic_pension_number, c.pension_code
"""
_MISSED: Final = """
SELECT count(*) FROM collection_method m
WHERE (m.municipality_code, m.fiscal_year, m.month, m.method) = ($1, $2, $3, 'special') AND m.reason IN (21, 22)
  AND NOT EXISTS (SELECT FROM candidate c WHERE c.captured_on = $4 AND c.insured_id = m.insured_id
                  AND (c.basic_pension_number, c.pension_code) = (m.basic_pension_number, m.pension_code))
"""
_RECORDS: Final = """
SELECT collector_code, basic_pension_number, pension_code, born_on, sex, name_kana, name, postal_code, address_kana, address, amount_3,
       mutual_aid_number
FROM candidate WHERE captured_on = $1 AND municipality_code = $2 ORDER BY 1, 2, 3
"""
_COLUMNS: Final = (
    "line_id", "municipality_code", "captured_on", "notice", "collector_code", "basic_pension_number", "pension_code", "insured_id",
    "request_kind", "reason", "amount_1", "amount_2", "heeded_on",
)  # fmt: skip
_SEND: Final = f"""
INSERT INTO request_line ({", ".join(_COLUMNS)}, file_id, sent_on, answer_by, state)
SELECT l.*, $14, $15, $16, 'sent' FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::uuid[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::date[]) AS l
"""
_OPEN: Final = """
SELECT l.line_id, l.collector_code, l.basic_pension_number, l.pension_code, l.amount_1, l.amount_2, l.request_kind FROM request_line l
JOIN unnest($3::text[], $4::text[], $5::text[]) AS k(collector_code, basic_pension_number, pension_code)
    ON (l.collector_code, l.basic_pension_number, l.pension_code) = (k.collector_code, k.basic_pension_number, k.pension_code)
WHERE (l.municipality_code, l.notice, l.state) = ($1, $2, 'sent') ORDER BY l.line_id FOR UPDATE OF l
"""
_END: Final = """
UPDATE request_line l SET state = v.state, outcome = v.outcome, ended_on = $4 FROM unnest($1::uuid[], $2::text[], $3::text[])
    AS v(line_id, state, outcome) WHERE l.line_id = v.line_id
"""
_TIME_OUT: Final = """
UPDATE request_line SET state = 'timed_out', ended_on = $1 WHERE state = 'sent' AND answer_by < $1
RETURNING municipality_code, notice, captured_on
"""
_SUMMARY: Final = """
SELECT municipality_code, request_kind, count(*) AS lines, sum(amount_1)::bigint AS amount FROM request_line
WHERE notice = $1 AND captured_on = (SELECT max(captured_on) FROM request_line WHERE notice = $1 AND captured_on < $2)
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A line as it leaves; amounts in yen, `heeded_on`: first day of the month of the first pension payment that heeds it."""

    municipality_code: str
    captured_on: date
    notice: Notice
    collector_code: str
    basic_pension_number: str
    pension_code: str
    insured_id: UUID | None
    request_kind: str
    reason: str
    amount_1: int
    amount_2: int
    heeded_on: date

    @property
    def line_id(self) -> UUID:
        """Follows from what the line is, so that a second attempt meets the first."""
        pension = (self.collector_code, self.basic_pension_number, self.pension_code)
        return derived_id("request line", self.notice, self.captured_on, *pension, self.heeded_on)


async def municipalities(raw: Connection[Any], cycle: Cycle) -> list[str]:
    """Those with candidates in a cycle, or with people to be collected from that no candidate tells of."""
    return [row[0] for row in await raw.fetch(_MUNICIPALITIES, cycle.captured_on, cycle.fiscal_year, cycle.starts_on.month)]


async def answerable(raw: Connection[Any], cycle: Cycle, municipality_code: str) -> list[Answerable]:
    """Every candidate of a municipality with all that is known of it, by payer and pension."""
    months = list(cycle.months)
    rows = await raw.fetch(
        _ANSWERABLE, cycle.captured_on, municipality_code, cycle.starts_on, cycle.fiscal_year, months,
        [payment_number(month) for month in months], cycle.request,
    )  # fmt: skip
    return [Answerable(**{**dict(row), "decided": tuple(row["decided"]), "charged": tuple(row["charged"])}) for row in rows]


async def missed(raw: Connection[Any], cycle: Cycle, municipality_code: str) -> int:
    """How many people are decided to be collected from anew, of whom no candidate tells."""
    found = await raw.fetchval(_MISSED, municipality_code, cycle.fiscal_year, cycle.starts_on.month, cycle.captured_on)
    return int(found)


async def records(raw: Connection[Any], captured_on: date, municipality_code: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Pension (payer, number, code) → what the payer said of the person, which goes back unchanged."""
    rows = await raw.fetch(_RECORDS, captured_on, municipality_code)
    return {(row[0], row[1], row[2]): dict(row) for row in rows}


async def send(raw: Connection[Any], lines: Sequence[Sent], file_id: UUID, *, today: date, answer_by: date) -> None:
    """Lines leave in a file; UniqueViolationError where one of the same kind is still open."""
    rows = [tuple(getattr(line, name) for name in _COLUMNS) for line in lines]
    await raw.execute(_SEND, *columns(rows, len(_COLUMNS)), file_id, today, answer_by)


async def open_lines(
    raw: Connection[Any], municipality_code: str, notice: Notice, pensions: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Pension → the line about it that waits for an answer, locked."""
    rows = await raw.fetch(_OPEN, municipality_code, notice, *columns(pensions, 3))
    return {(row["collector_code"], row["basic_pension_number"], row["pension_code"]): dict(row) for row in rows}


async def end(raw: Connection[Any], ended: Sequence[tuple[UUID, str, str | None]], *, today: date) -> None:
    """Lines (id, state, outcome) have reached their final state; the database refuses one that had one."""
    await raw.execute(_END, *columns(ended, 3), today)


async def time_out(raw: Connection[Any], today: date) -> int:
    """I-07: lines that were not answered in time end; they are on the worklist from now on."""
    return len(await raw.fetch(_TIME_OUT, today))


async def last_request(raw: Connection[Any], notice: Notice, before: date) -> list[dict[str, Any]]:
    """Lines and yen of the cycle before, by municipality and kind of request."""
    return [dict(row) for row in await raw.fetch(_SUMMARY, notice, before)]
