"""期間制限一覧: differences that can no longer be decided, each with its reason; appended, the last entry of a person and year counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.law import FiscalYear, day_of
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.premium import SpecialRefundDetermined

from premium_service import settings
from premium_service.domain.assessing import uuid_of
from premium_service.domain.limiting import Beyond, LimitKind, YearLimit, basis_of, earliest_close, kind_of
from premium_service.law import time_limit
from premium_service.store import collection_methods

_LATEST = """
SELECT DISTINCT ON (insured_id) insured_id, entry, kind, amount_in_force, amount_right FROM limited_assessment
WHERE fiscal_year = $1 AND insured_id = ANY($2::uuid[]) ORDER BY insured_id, entry DESC
"""
COLUMNS = (
    "insured_id", "fiscal_year", "entry", "municipality_code", "resident_number", "kind", "found_on", "amount_in_force", "amount_right",
    "method", "method_said", "first_due_on", "closed_on", "basis", "run_id", "household",
)  # fmt: skip


async def limit_of(raw: Connection[Any], inputs: Records, year: FiscalYear, uow: UnitOfWork) -> YearLimit | None:
    """The limit that holds for the people whom the rows assess; None where the year is still open for everybody."""
    rule = time_limit(settings.current().union, year, uow.today)
    closes = day_of(earliest_close(rule))
    if closes is None or uow.today < closes:
        return None
    insured = [uuid_of(value) for value in inputs["insured_id"][inputs["is_assessed"]]]
    return YearLimit(rule, await collection_methods.said(raw, insured, year.year))


async def keep(
    raw: Connection[Any],
    inputs: Records,
    beyond: Beyond,
    limit: YearLimit,
    year: FiscalYear,
    *,
    run_id: UUID,
    uow: UnitOfWork,
    because_of: Mapping[int, Message[Any]] | None = None,
) -> list[int]:
    """Keep each difference that is new or another than before, and say what is to be given back; returns the rows that were kept.

    `because_of`: household id → the message that made it necessary.
    """
    people = {uuid_of(inputs["insured_id"][row]): place for place, row in enumerate(beyond.rows)}
    known = {row["insured_id"]: row for row in await raw.fetch(_LATEST, year.year, list(people))} if people else {}
    kept: list[int] = []
    records: list[tuple[Any, ...]] = []
    closes = limit.closes_on(inputs[beyond.rows])
    for insured_id, place in people.items():
        row, in_force, right = int(beyond.rows[place]), int(beyond.in_force[place]), int(beyond.right[place])
        before = known.get(insured_id)
        if (before is None and in_force == right) or (before and (before["amount_in_force"], before["amount_right"]) == (in_force, right)):
            continue
        kind = kind_of(in_force=in_force, right=right, refund_basis=limit.rule.refund_basis)
        method, due, is_said = limit.method_of(inputs["insured_id"][row])
        code, number = inputs["municipality_code"][row].decode(), inputs["resident_number"][row].decode().rstrip()
        basis, entry = basis_of(kind, limit.rule.refund_basis), 1 + (before["entry"] if before else 0)
        records.append(
            (insured_id, year.year, entry, code, number, kind.value, uow.today, in_force, right, method, is_said, due,
             day_of(int(closes[place])), basis, run_id, int(inputs["household"][row]))
        )  # fmt: skip
        kept.append(row)
        was_refund = before is not None and before["kind"] == LimitKind.SPECIAL_REFUND
        if kind is LimitKind.SPECIAL_REFUND or was_refund:
            refund = SpecialRefundDetermined(
                effective_on=uow.today,
                sequence=entry,
                insured_id=insured_id,
                municipality_code=code,
                resident_number=number,
                fiscal_year=year.year,
                amount=max(in_force - right, 0) if kind is LimitKind.SPECIAL_REFUND else 0,
                annual_amount=in_force,
                legal_basis=basis,
            )
            uow.publish(refund, because=because_of.get(int(inputs["household_id"][row])) if because_of else None)
    if records:
        await raw.copy_records_to_table("limited_assessment", records=records, columns=list(COLUMNS))
    return kept
