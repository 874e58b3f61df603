"""The lines of the ledgers of assessment: a page for the screen, and frozen lines for files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.eras import format_fiscal_year, format_year

from premium_service.domain.changes import EVENTS, RUN
from premium_service.domain.ledgers import LedgerAsked, LedgerKind
from premium_service.domain.limiting import WORDS as LIMIT_WORDS
from premium_service.domain.limiting import LimitKind
from premium_service.domain.reasons import COMPARED, reasons, words_of
from premium_service.rules.time_limit import SPECIAL

# Each: municipality, number, person, fiscal year, revision, yen. $1 municipality or '*', $2 fiscal year, $3 and $4 first and last day.
_OF: Final = "($1 = '*' OR {t}.municipality_code = $1)"
_LINES: Final = {
    LedgerKind.ASSESSED: f"""
        SELECT a.municipality_code, i.insured_number, a.insured_id, a.fiscal_year, a.revision, a.annual_amount AS yen
        FROM assessment a JOIN insured i USING (insured_id)
        WHERE {_OF.format(t="a")} AND a.fiscal_year = $2 AND $3::date IS NULL AND $4::date IS NULL AND a.revision = (
            SELECT max(b.revision) FROM assessment b WHERE b.insured_id = a.insured_id AND b.fiscal_year = a.fiscal_year)""",
    LedgerKind.CORRECTED: f"""
        SELECT a.municipality_code, i.insured_number, a.insured_id, a.fiscal_year, a.revision, a.annual_amount - b.annual_amount AS yen
        FROM assessment a JOIN insured i USING (insured_id) JOIN assessment b
            ON (b.insured_id, b.fiscal_year, b.revision) = (a.insured_id, a.fiscal_year, a.revision - 1)
        WHERE {_OF.format(t="a")} AND $2::int IS NULL AND a.decided_on BETWEEN $3 AND $4 AND a.revision > 1""",
    LedgerKind.PROVISIONAL: f"""
        SELECT p.municipality_code, i.insured_number, p.insured_id, p.fiscal_year, 1::smallint AS revision, p.amount AS yen
        FROM provisional_year y JOIN provisional_assessment p USING (run_id, fiscal_year) JOIN insured i USING (insured_id)
        WHERE {_OF.format(t="p")} AND p.fiscal_year = $2 AND $3::date IS NULL AND $4::date IS NULL""",
    LedgerKind.LIMITED: f"""
        SELECT l.municipality_code, i.insured_number, l.insured_id, l.fiscal_year, l.entry AS revision,
               l.amount_right - l.amount_in_force AS yen
        FROM limited_assessment l JOIN insured i USING (insured_id)
        WHERE {_OF.format(t="l")} AND $2::int IS NULL AND l.found_on BETWEEN $3 AND $4""",
}
_PERSON: Final = "k.municipality_code, i.insured_number, r.resident_number, r.name, k.fiscal_year, k.revision"
_BY_PERSON: Final = "JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident"
_KEY: Final = "({t}.insured_id, {t}.fiscal_year, {t}.{revision}) = (k.insured_id, k.fiscal_year, k.revision)"
_COMPARED: Final = ", ".join(f"a.{name} AS after_{name}, b.{name} AS before_{name}" for name in COMPARED)
_SHOWN: Final = {
    LedgerKind.ASSESSED: f"""
        SELECT {_PERSON}, a.assessment_id, a.levy_base, a.months, a.medical_reduction, a.child_support_reduction,
               a.child_support_per_capita, a.dependant_months, a.medical_dependant_reduction, a.tier,
               a.medical_per_capita_reduced + a.child_support_per_capita_reduced AS per_capita,
               a.medical_income_levy + a.child_support_income_levy AS income_levy, a.medical_amount, a.child_support_amount,
               a.annual_amount AS amount, a.decided_on, a.run_id, a.household
        FROM lines k {_BY_PERSON} JOIN assessment a ON {_KEY.format(t="a", revision="revision")} ORDER BY k.row""",
    LedgerKind.CORRECTED: f"""
        SELECT {_PERSON}, a.assessment_id, a.decided_on, b.annual_amount AS amount_before, a.annual_amount AS amount, a.run_id,
               a.household, {_COMPARED},
               (SELECT string_agg(DISTINCT c.event_type, ',') FROM assessment_cause c WHERE c.assessment_id = a.assessment_id) AS causes
        FROM lines k {_BY_PERSON} JOIN assessment a ON {_KEY.format(t="a", revision="revision")}
        JOIN assessment b ON (b.insured_id, b.fiscal_year, b.revision) = (a.insured_id, a.fiscal_year, a.revision - 1) ORDER BY k.row""",
    LedgerKind.PROVISIONAL: f"""
        SELECT {_PERSON}, p.income_year, p.outcome, p.year_amount, p.months, p.amount, p.run_id, p.household,
               (SELECT min(a.decided_on) FROM assessment a
                WHERE (a.insured_id, a.fiscal_year) = (p.insured_id, p.fiscal_year)) AS replaced_on
        FROM lines k {_BY_PERSON} JOIN provisional_year y ON y.fiscal_year = k.fiscal_year
        JOIN provisional_assessment p ON (p.run_id, p.insured_id) = (y.run_id, k.insured_id) ORDER BY k.row""",
    LedgerKind.LIMITED: f"""
        SELECT {_PERSON}, l.kind, l.found_on, l.amount_in_force, l.amount_right, l.method, l.method_said, l.first_due_on, l.closed_on,
               l.basis, l.run_id, l.household
        FROM lines k {_BY_PERSON} JOIN limited_assessment l ON {_KEY.format(t="l", revision="entry")} ORDER BY k.row""",
}
_ORDER: Final = "ORDER BY municipality_code, insured_number, fiscal_year, revision"
_OUTCOMES: Final = {1: "", 2: "世帯に未申告の方", 3: "所得未確定（照会中）", 4: "料率が未登録"}


async def totals(uow: UnitOfWork, asked: LedgerAsked) -> tuple[int, int]:
    """How many lines, and their yen."""
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        f"SELECT count(*) AS rows, coalesce(sum(yen), 0)::bigint AS yen FROM ({_LINES[asked.kind]}) AS found", *_arguments(asked)
    )
    return row["rows"], row["yen"]


async def page(uow: UnitOfWork, asked: LedgerAsked, *, first: int, most: int) -> list[dict[str, Any]]:
    """Some lines as they are shown, from line `first` (from 0)."""
    raw = await driver(uow.connection)
    lines = f"SELECT found.*, row_number() OVER ({_ORDER}) AS row FROM ({_LINES[asked.kind]}) AS found {_ORDER} LIMIT $5 OFFSET $6"
    rows = await raw.fetch(f"WITH lines AS MATERIALIZED ({lines}) {_SHOWN[asked.kind]}", *_arguments(asked), most, first)
    return _shown(asked.kind, rows)


async def freeze(uow: UnitOfWork, run_id: UUID, asked: LedgerAsked) -> None:
    """Keep which lines the ledger has now, so that every file of it shows the same decisions, whatever comes meanwhile."""
    raw = await driver(uow.connection)
    await raw.execute(
        f"INSERT INTO ledger_line (run_id, row, municipality_code, insured_id, fiscal_year, revision, yen) "
        f"SELECT '{run_id}'::uuid, row_number() OVER ({_ORDER}), municipality_code, insured_id, fiscal_year, revision, yen "
        f"FROM ({_LINES[asked.kind]}) AS found",
        *_arguments(asked),
    )


async def frozen(uow: UnitOfWork, run_id: UUID, kind: LedgerKind, *, first: int, last: int) -> tuple[pl.DataFrame, int]:
    """Frozen lines from `first` to `last` (both included) as they are shown, and the yen of what is shown."""
    raw = await driver(uow.connection)
    lines = "SELECT * FROM ledger_line WHERE run_id = $1 AND row BETWEEN $2 AND $3"
    rows = await raw.fetch(f"WITH lines AS MATERIALIZED ({lines}) {_SHOWN[kind]}", run_id, first, last)
    frame = pl.DataFrame(_shown(kind, rows), infer_schema_length=None)
    return frame, int(frame[_YEN[kind]].sum()) if frame.height else 0


async def place_of(uow: UnitOfWork, run_id: UUID, row: int) -> tuple[str, int, int, int]:
    """Of the municipality of a frozen line: its code, its first line, its lines and their yen."""
    raw = await driver(uow.connection)
    found = await raw.fetchrow(_PLACE, run_id, row)
    return found["municipality_code"], found["first"], found["rows"], found["yen"]


_PLACE: Final = """
SELECT municipality_code, min(row) AS first, count(*) AS rows, sum(yen)::bigint AS yen FROM ledger_line
WHERE run_id = $1 AND municipality_code = (SELECT municipality_code FROM ledger_line WHERE (run_id, row) = ($1, $2)) GROUP BY 1
"""
_YEN: Final = {
    LedgerKind.ASSESSED: "amount",
    LedgerKind.CORRECTED: "difference",
    LedgerKind.PROVISIONAL: "amount",
    LedgerKind.LIMITED: "difference",
}


def _arguments(asked: LedgerAsked) -> tuple[Any, ...]:
    return asked.municipality_code, asked.fiscal_year, asked.first_day, asked.last_day


def _shown(kind: LedgerKind, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of a query as lines with the columns of the ledger."""
    found = [{**dict(row), "snapshot": f"{row['run_id']}/{row['household']}"} for row in rows]
    for line in found:
        del line["run_id"]
        if "assessment_id" in line:
            line["assessment_id"] = str(line["assessment_id"])
        line["year_name"] = format_fiscal_year(line["fiscal_year"])
    return {LedgerKind.ASSESSED: _assessed, LedgerKind.CORRECTED: _corrected}.get(kind, _provisional_or_limited)(found)


def _assessed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for line in found:
        part = "dependant_reduction" if line["dependant_months"] else "reduction"
        share = line[f"medical_{part}"]
        line["reduction"] = f"{share / 1000:g}割" if share else ""
    return found


def _corrected(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not found:
        return found
    before, after = (_columns(found, side) for side in ("before", "after"))
    codes = reasons(before, after, np.ones(len(found), np.bool_))
    for line, code in zip(found, codes, strict=True):
        line["difference"] = line["amount"] - line["amount_before"]
        line["reasons"] = words_of(int(code))
        line["events"] = "・".join(EVENTS[event] for event in line["causes"].split(",")) if line["causes"] else RUN
    return found


def _columns(found: list[dict[str, Any]], side: str) -> Any:
    made = np.zeros(len(found), np.dtype([(name, np.int64) for name in COMPARED]))
    for name in COMPARED:
        made[name] = [line.pop(f"{side}_{name}") for line in found]
    return made


def _provisional_or_limited(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for line in found:
        if "kind" in line:
            line["kind_name"] = LIMIT_WORDS[LimitKind(line["kind"])]
            line["difference"] = line["amount_right"] - line["amount_in_force"]
            method = "特別徴収" if line["method"] == SPECIAL else "普通徴収"
            line["method_name"] = method if line["method_said"] else f"{method}（暦による）"
        else:
            line["income_year_name"] = f"{format_year(line['income_year'])}分"
            line["standing"] = _OUTCOMES[line["outcome"]]
            line["replaced"] = f"{line['replaced_on'].isoformat()} 決定" if line["replaced_on"] else ""
    return found
