"""特別徴収の候補者: everybody on whom a decision for a pension payment is due, with all that the decision needs, as records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from asyncpg import Connection
from chassis.binary_copy import Records, copy_out

from collection_service.domain.methods import CANDIDATE, PENSION, Payment
from collection_service.law.special_collection import FIRST_NUMBER
from collection_service.rules.collection_method import Reason
from collection_service.rules.special_instalments import MONTHS
from collection_service.store import methods

AT_ONCE: Final = 50_000
LAST_NUMBER: Final = FIRST_NUMBER + len(MONTHS) - 1


@dataclass(frozen=True, slots=True)
class Part:
    """Some candidates of a municipality: those whose `insured_id` lies from `first` to `last`, both included."""

    municipality_code: str
    first: str
    last: str
    people: int


# Whoever has a premium of the year, or had one of the year before and is still insured; whoever a pension payer has named; and whoever
# was collected from at the payment before, whatever has become of them since.
_WHO: Final = """
SELECT insured_id, municipality_code FROM assessment WHERE fiscal_year = {year} {within}
UNION ALL SELECT a.insured_id, a.municipality_code FROM assessment a JOIN insured i USING (insured_id)
WHERE a.fiscal_year = {year} - 1 AND (i.lost_on IS NULL OR i.lost_on > '{start}') {within_a}
UNION ALL SELECT insured_id, municipality_code FROM pension WHERE true {within}
UNION ALL SELECT insured_id, municipality_code FROM collection_method
WHERE method <> 'ordinary' AND fiscal_year = {year_before} AND month = {month_before} {within}
"""
_CANDIDATES: Final = """
SELECT coalesce(i.municipality_code, w.municipality_code) AS municipality_code, w.insured_id
FROM (SELECT insured_id, min(municipality_code) AS municipality_code FROM ({who}) AS w GROUP BY insured_id) AS w
LEFT JOIN insured i USING (insured_id)
"""
_PARTS: Final = """
SELECT municipality_code, min(insured_id::text) AS first, max(insured_id::text) AS last, count(*) AS people FROM (
    SELECT municipality_code, insured_id, row_number() OVER (PARTITION BY municipality_code ORDER BY insured_id) AS place
    FROM ({candidates}) AS c WHERE {of}
) AS p GROUP BY municipality_code, (place - 1) / {at_once} ORDER BY municipality_code, 2
"""
_CHARGED: Final = ", ".join(
    f"coalesce(sum(amount) FILTER (WHERE fiscal_year = {{year}} AND number = {number}), 0)::bigint AS charged_{month}"
    for number, month in enumerate(MONTHS, start=FIRST_NUMBER)
)
_READ: Final = """
SELECT c.insured_id, c.municipality_code::char(6), coalesce(i.acquired_on, 'infinity'), coalesce(i.lost_on, 'infinity'),
       coalesce(a.sequence > 0, false), coalesce(a.revision, 0), coalesce(a.annual_amount, 0), coalesce(b.assessed_amount, 0),
       coalesce(e.february, 0), {charged_columns}, coalesce(e.ordinary_due, 0), coalesce(e.ordinary_before, 0),
       coalesce(m.method_before, -1)::smallint, coalesce(m.ever_special, false), coalesce(m.is_lowered, false),
       p.insured_id IS NOT NULL, coalesce(p.is_ours, false), coalesce(p.is_special, false), p.payment_amount IS NOT NULL,
       coalesce(p.payment_amount, 0), coalesce(p.as_of, 'infinity'), coalesce(t.is_asked, false), coalesce(t.in_group, false),
       coalesce(t.withdrawn_on, '-infinity')
FROM ({candidates}) AS c
LEFT JOIN insured i USING (insured_id)
LEFT JOIN assessment a ON (a.insured_id, a.fiscal_year) = (c.insured_id, {year})
LEFT JOIN assessment b ON (b.insured_id, b.fiscal_year) = (c.insured_id, {year} - 1)
LEFT JOIN (
    SELECT insured_id, {charged},
           coalesce(sum(amount) FILTER (WHERE fiscal_year = {year} - 1 AND number = {last_number}), 0)::bigint AS february,
           coalesce(sum(amount) FILTER (WHERE fiscal_year = {year} AND number < {first_number} AND due_on < '{open_from}'), 0)::bigint
               AS ordinary_due,
           coalesce(sum(amount) FILTER (WHERE fiscal_year = {year} AND number < {first_number} AND due_on < '{pension_day}'), 0)::bigint
               AS ordinary_before
    FROM charge_entry WHERE fiscal_year BETWEEN {year} - 1 AND {year} AND {within_all} GROUP BY insured_id
) AS e ON e.insured_id = c.insured_id
LEFT JOIN (
    SELECT insured_id, max({code}) FILTER (WHERE fiscal_year = {year_before} AND month = {month_before}) AS method_before,
           bool_or(method = 'special' AND (fiscal_year < {year} OR month = ANY ('{{{earlier}}}'))) AS ever_special,
           bool_or(fiscal_year = {year} AND reason = {lowered}) AS is_lowered
    FROM collection_method m WHERE fiscal_year BETWEEN {year} - 1 AND {year} AND {within_all} GROUP BY insured_id
) AS m ON m.insured_id = c.insured_id
LEFT JOIN care_premium p ON p.insured_id = c.insured_id
LEFT JOIN (
    SELECT insured_id, bool_or(withdrawn_on IS NULL) AS is_asked, bool_or(withdrawn_on IS NULL AND in_group) AS in_group,
           max(withdrawn_on) AS withdrawn_on
    FROM transfer_request WHERE asked_on <= '{today}' AND {within_all} GROUP BY insured_id
) AS t ON t.insured_id = c.insured_id
WHERE c.municipality_code = '{municipality}' ORDER BY c.insured_id
"""
_PENSIONS: Final = """
SELECT insured_id, basic_pension_number::char(10), pension_code::char(4), kind, year_amount, payment_amount, is_paid, bears_care,
       captured_on
FROM pension WHERE insured_id = ANY (SELECT insured_id FROM ({candidates}) AS c WHERE c.municipality_code = '{municipality}')
ORDER BY insured_id
"""


async def parts(raw: Connection[Any], year: int, column: int, start: date, municipality_code: str | None) -> list[Part]:
    """The candidates of a payment, of one municipality or of all, in parts of one municipality each."""
    values = {"year": year, "start": start, **_last_payment(year, column)}
    candidates = _CANDIDATES.format(who=_WHO.format(**values, within="", within_a=""))
    of = f"municipality_code = '{int(municipality_code):06}'" if municipality_code else "true"
    rows = await raw.fetch(_PARTS.format(candidates=candidates, of=of, at_once=AT_ONCE))
    return [Part(row["municipality_code"], row["first"], row["last"], row["people"]) for row in rows]


async def read(raw: Connection[Any], part: Part, payment: Payment) -> tuple[Records, Records, Records]:
    """CANDIDATE and PENSION rows of a part, and the decisions that hold for its half year; each in order of `insured_id`."""
    year = payment.calendar.fiscal_year
    between = f"insured_id BETWEEN '{part.first}' AND '{part.last}'"
    values = {
        "year": year.year,
        "start": year.start,
        "today": payment.today,
        "open_from": date.fromordinal(payment.today.toordinal() + payment.calendar.notice_days),
        "pension_day": payment.day,
        "municipality": part.municipality_code,
        "first_number": FIRST_NUMBER,
        "last_number": LAST_NUMBER,
        "lowered": int(Reason.AMOUNT_LOWERED),
        "code": methods.CODE,
        "charged": _CHARGED.format(year=year.year),
        "charged_columns": ", ".join(f"coalesce(e.charged_{month}, 0)" for month in MONTHS),
        "earlier": ",".join(str(month) for month in MONTHS[: payment.column]),
        "within_all": between,
        **_last_payment(year.year, payment.column),
    }
    candidates = _CANDIDATES.format(who=_WHO.format(**values, within=f"AND {between}", within_a=f"AND a.{between}"))
    found = await copy_out(raw, _READ.format(candidates=candidates, **values), CANDIDATE)
    pensions = await copy_out(raw, _PENSIONS.format(candidates=candidates, **values), PENSION)
    held = await methods.holding(
        raw, f"m.fiscal_year = {year.year} AND m.month IN {MONTHS[payment.half]} AND m.{between} ORDER BY m.insured_id"
    )
    return found, pensions, held


def _last_payment(year: int, column: int) -> dict[str, int]:
    """The payment before one, which for April lies in the fiscal year before."""
    return {"year_before": year - (column == 0), "month_before": MONTHS[column - 1]}
