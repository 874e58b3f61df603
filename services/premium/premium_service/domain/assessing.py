"""Deciding: from input rows to new decisions. Whoever's decision would be the same as before gets none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from chassis.binary_copy import Records
from chassis.law import FiscalYear, day_number
from contracts.events.premium import PremiumAssessed

from premium_service.domain.limiting import Beyond, YearLimit
from premium_service.domain.records import DECISION_DTYPE
from premium_service.law import RULES_VERSION, confirmed_parameters, premium_parameters
from premium_service.rules import columns as c
from premium_service.rules.assessment import assess
from premium_service.rules.columns import ASSESSMENT_DTYPE, Households
from premium_service.rules.parameters import Parameters

CONFIRMATIONS = Path(__file__).resolve().parents[2] / "law" / "confirmations" / "sample.yaml"


@cache
def parameters_of(union: str, year: int, *, sample: bool) -> Parameters:
    """The law of a union and a fiscal year; the sample union brings invented confirmations of provisional values."""
    fiscal_year = FiscalYear(year)
    confirmed = confirmed_parameters(CONFIRMATIONS, union, fiscal_year) if sample else frozenset()
    return premium_parameters(union, fiscal_year, confirmed=confirmed)


@dataclass(frozen=True)
class Outcome:
    """What came of a set of input rows: decisions to append (DECISION_DTYPE), and rows that were refused."""

    decisions: Records
    source_rows: npt.NDArray[np.int64]
    """For each decision, its row among the inputs."""
    pending_rows: npt.NDArray[np.int64]
    """Rows whose decision waits for an income (照会中 or not received) or for a figure of the law that is a gap."""
    decided_rows: npt.NDArray[np.int64]
    """All rows that could be decided, changed or not."""
    yen_in_force: int
    """Σ of the annual amounts in force of `decided_rows`."""
    beyond: Beyond | None = None
    """Whom the time limit (期間制限) holds to the amount in force; None where the year is open for everybody."""


def decide(inputs: Records, before: Records, law: Parameters, *, decided_on: date, run_id: UUID, limit: YearLimit | None = None) -> Outcome:
    """Assess input rows and keep what differs from `before` (COMPARED_DTYPE, sorted by insured_id).

    Nothing is decided for whom the year is closed (`limit`, 期間制限): the difference stands in `Outcome.beyond`.
    """
    result = assess(Households.from_records(inputs), law)
    outcome = result["outcome"]
    decided = np.flatnonzero((outcome == c.DECIDED) | (outcome == c.DECIDED_UNDECLARED))
    pending = np.flatnonzero((outcome == c.PENDING) | (outcome == c.GAP))

    keys = inputs["insured_id"][decided]
    place = np.searchsorted(before["insured_id"], keys) if len(before) else np.zeros(len(keys), np.int64)
    found = np.zeros(len(keys), np.bool_)
    inside = place < len(before)
    found[inside] = before["insured_id"][place[inside]] == keys[inside]
    new = ~found
    for name in ASSESSMENT_DTYPE.names or ():
        rows = np.flatnonzero(~new)
        new[rows] = before[name][place[rows]] != result.columns[name][decided[rows]]
    yen_in_force = int(result["annual_amount"][decided].sum())
    beyond = None
    if limit is not None:
        closed = limit.has_closed(inputs[decided], decided_on)
        in_force = np.zeros(len(decided), np.int64)
        in_force[found] = before["annual_amount"][place[found]]
        beyond = Beyond(decided[closed], in_force[closed], result["annual_amount"][decided[closed]])
        yen_in_force += int((beyond.in_force - beyond.right).sum())
        new &= ~closed
    changed = decided[new]

    decisions = np.zeros(len(changed), DECISION_DTYPE)
    revision = np.ones(len(keys), np.int16)
    revision[found] = before["revision"][place[found]] + 1
    decisions["revision"] = revision[new]
    for name in ("insured_id", "municipality_code", "household"):
        decisions[name] = inputs[name][changed]
    for name in ASSESSMENT_DTYPE.names or ():
        decisions[name] = result.columns[name][changed]
    year = law.fiscal_year.year
    decisions["fiscal_year"] = year
    decisions["decided_on"] = day_number(decided_on)
    decisions["law_hash"] = law.hash.encode()
    decisions["rules_version"] = RULES_VERSION.encode().ljust(4)
    decisions["run_id"] = run_id.bytes
    decisions["assessment_id"] = _assessment_ids(decisions["insured_id"], year, decisions["revision"])
    return Outcome(decisions, changed, pending, decided, yen_in_force, beyond)


def event_of(decision: Any, resident_number: str, law: Parameters) -> PremiumAssessed:
    """The event of one decision (a row of DECISION_DTYPE)."""
    return PremiumAssessed(
        effective_on=law.fiscal_year.start,
        sequence=int(decision["revision"]),
        insured_id=uuid_of(decision["insured_id"]),
        municipality_code=decision["municipality_code"].decode(),
        resident_number=resident_number,
        assessment_id=uuid_of(decision["assessment_id"]),
        fiscal_year=law.fiscal_year.year,
        annual_amount=int(decision["annual_amount"]),
        medical_amount=int(decision["medical_amount"]),
        child_support_amount=int(decision["child_support_amount"]),
        months=int(decision["months"]),
        provisional=provisional_of(law),
    )


def provisional_of(law: Parameters) -> bool:
    """Whether a decision under this law is provisional (暫定): it rests on a value that is neither verified nor confirmed."""
    return any(law.provisional(name) for name in law.citations)


def uuid_of(value: bytes) -> UUID:
    """A uuid from a fixed bytes column; numpy drops zero bytes at the end, which are part of it."""
    return UUID(bytes=bytes(value).ljust(16, b"\0"))


def _assessment_ids(insured: npt.NDArray[np.bytes_], year: int, revision: npt.NDArray[np.int16]) -> npt.NDArray[np.bytes_]:
    """The identifiers of decisions: a uuid of version 8 that follows from person, fiscal year and revision, for arrays at once."""
    made = np.ascontiguousarray(insured).view(np.uint8).reshape(-1, 16).copy()
    key = np.empty(len(made), ">u4")
    key[:] = (year << 16) | revision.astype(np.int64)
    made[:, 12:] ^= key.view(np.uint8).reshape(-1, 4)
    made[:, 6] = (made[:, 6] & 0x0F) | 0x80
    return made.view("S16").ravel()
