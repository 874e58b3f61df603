"""A person's rates for a screen: spans, the steps of a decision from its frozen inputs, and what was believed before."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any, Final

import numpy as np
from asyncpg import Connection
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service import settings
from eligibility_service.domain.copay import law_on
from eligibility_service.domain.copay_changes import rate_before
from eligibility_service.rules.copay.columns import JUDGED_DTYPE, Exemption, LimitClass, Members, Reason
from eligibility_service.rules.copay.explanation import explain
from eligibility_service.rules.copay.judging import judge
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.rules.copay.terms import CLASSES, EXEMPTIONS, REASONS
from eligibility_service.store import copay_inputs, copay_waits

_JUDGED: Final = ", ".join(f"k.{name}" for name in JUDGED_DTYPE.names or ())
_SPANS: Final = f"""
SELECT k.insured_id, k.copay_year, k.sequence, lower(k.valid_during) AS valid_from, upper(k.valid_during) - 1 AS valid_until, k.income_year,
    k.as_of, k.provisional, k.run_id, k.household, lower(k.recorded_during) AS recorded_from, upper(k.recorded_during) AS recorded_until,
    {_JUDGED}
FROM copay_rate_as_known k JOIN qualification q USING (insured_id)
WHERE (q.municipality_code, q.resident_number) = ($1, $2)
ORDER BY k.copay_year DESC, lower(k.valid_during) DESC, lower(k.recorded_during) DESC
"""
_WAITS: Final = """
SELECT copay_year, outcome, class_outcome, waiting_since FROM copay_wait WHERE (municipality_code, resident_number) = ($1, $2)
ORDER BY copay_year DESC
"""


async def of_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> dict[str, Any]:
    """`spans` as they are believed now, `earlier` ones with the time until which they were, `waits`; the span of today has its `steps`.

    `changed_from` of a span: the other rate that its first day had before.
    """
    raw = await driver(uow.connection)
    rows = await raw.fetch(_SPANS, municipality_code, resident_number)
    present, superseded = _apart(rows)
    today = next((row for row in present if row["valid_from"] <= uow.today <= row["valid_until"]), None)
    shown = today or (present[0] if present else None)
    waits = await raw.fetch(_WAITS, municipality_code, resident_number)
    return {
        "spans": [{**_span(row), "is_today": row is today, "changed_from": rate_before(row, present, superseded)} for row in present],
        "earlier": [_span(row) for row in superseded],
        "explained": None if shown is None else {**_span(shown), **await _steps(raw, shown)},
        "waits": [
            {"copay_year_name": CopayYear(row["copay_year"]).name, "why": copay_waits.why(row), "waiting_since": row["waiting_since"]}
            for row in waits
        ],
    }


async def change_from(uow: UnitOfWork, municipality_code: str, resident_number: str, valid_from: date) -> tuple[dict[str, Any], int] | None:
    """The span that begins on a day, as it is believed now, and the other rate that held before; None where nothing changed."""
    rows = await (await driver(uow.connection)).fetch(_SPANS, municipality_code, resident_number)
    present, superseded = _apart(rows)
    span = next((row for row in present if row["valid_from"] == valid_from), None)
    before = None if span is None else rate_before(span, present, superseded)
    return None if span is None or before is None else (dict(span), before)


def _apart(rows: list[Any]) -> tuple[list[Any], list[Any]]:
    """What is believed now, and what was believed before."""
    return [row for row in rows if row["recorded_until"] is None], [row for row in rows if row["recorded_until"] is not None]


def _span(row: Any) -> dict[str, Any]:
    exemption = Exemption(row["exemption"])
    return {
        "copay_year": row["copay_year"],
        "copay_year_name": CopayYear(row["copay_year"]).name,
        "income_year": row["income_year"],
        "valid_from": row["valid_from"],
        "valid_until": row["valid_until"],
        "rate_percent": row["rate_percent"],
        "limit_class": CLASSES[LimitClass(row["limit_class"])][0],
        "reason": REASONS[Reason(row["reason"])][0],
        "exemption": None if exemption is Exemption.NONE else EXEMPTIONS[exemption][0],
        "provisional": row["provisional"],
        "decided_on": row["as_of"],
        "recorded_from": row["recorded_from"],
        "recorded_until": row["recorded_until"],
    }


async def _steps(raw: Connection[Any], row: Any) -> dict[str, Any]:
    """The household is judged again from its frozen inputs; where a value differs from the stored one, only the stored ones are shown."""
    inputs = await copay_inputs.frozen(raw, row["run_id"], row["household"], row["household"])
    if not len(inputs):
        return {"steps": [], "is_same": False}
    return await asyncio.to_thread(_explained, inputs, row)


def _explained(inputs: Any, row: Any) -> dict[str, Any]:
    judged = judge(Members.from_records(inputs), law_on(int(inputs["judged_on"][0]), sample=settings.current().sample_data))
    index = int(np.flatnonzero(inputs["insured_id"] == np.bytes_(row["insured_id"].bytes))[0])
    same = all(judged[name][index] == row[name] for name in JUDGED_DTYPE.names or ())
    return {"steps": [step.content() for step in explain(judged, index)] if same else [], "is_same": same}
