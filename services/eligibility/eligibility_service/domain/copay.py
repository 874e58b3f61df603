"""負担割合の決定: from frozen members to the rates of a copay year, day by day, and to who must wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
from chassis.binary_copy import Records
from chassis.law import day_number, day_of
from contracts.events.eligibility import CopayRateDecided, CopayReason, LimitClass

from eligibility_service.domain.copay_records import RATE_DTYPE
from eligibility_service.law import RULES_VERSION, confirmed_parameters, copay_law_on
from eligibility_service.rules.copay import columns as c
from eligibility_service.rules.copay.columns import JUDGED_DTYPE, Members, Outcome, Reason
from eligibility_service.rules.copay.judging import judge
from eligibility_service.rules.copay.parameters import CopayLaw
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.rules.copay.resting import provisional_rows
from eligibility_service.rules.copay.terms import code_of

CONFIRMATIONS: Final = Path(__file__).resolve().parents[2] / "law" / "confirmations" / "sample.yaml"
_SAME: Final = ("insured_id", "rate_percent", "limit_class", "reason", "exemption")
"""Columns by which two neighbouring spans are one: what was decided, not the sums on the way."""
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Outcomes:
    """What came of a set of input rows: rates to hold (RATE_DTYPE, by insured and day), and the last rows of those who must wait."""

    rates: Records
    source_rows: Rows
    """For each rate, its row among the inputs."""
    waiting_rows: Rows
    """Of everybody whose rate or limit class is not decided on the last day judged: that row."""
    outcome: npt.NDArray[np.int16]
    class_outcome: npt.NDArray[np.int16]
    judged_people: int
    decided_people: int


def law_on(on: int, *, sample: bool) -> CopayLaw:
    """The law of a judging day (day number); the sample union brings invented confirmations of provisional values."""
    day = _day(on)
    confirmed = confirmed_parameters(CONFIRMATIONS, CopayYear.of(day).year) if sample else frozenset()
    return copay_law_on(day, confirmed)


def decide(inputs: Records, year: CopayYear, *, run_id: UUID, as_of: int, sample: bool) -> Outcomes:
    """Judge input rows, day by day under the law of each day, and join days with the same result to one span.

    `as_of`: the business day of the decision (day number). A day that cannot be judged leaves what was decided for the days before.
    """
    columns, provisional, hashes = _judged(inputs, sample=sample)
    judged = np.flatnonzero(inputs["is_judged"])
    order = judged[np.lexsort((inputs["judged_on"][judged], inputs["insured_id"][judged]))]
    if not len(order):
        return Outcomes(np.zeros(0, RATE_DTYPE), order, order, columns["outcome"], columns["class_outcome"], 0, 0)
    insured = inputs["insured_id"][order]
    is_last = np.append(insured[1:] != insured[:-1], True)
    outcome, class_outcome = columns["outcome"][order], columns["class_outcome"][order]
    waiting = order[is_last & ((outcome != Outcome.DECIDED) | (class_outcome != Outcome.DECIDED))]

    decided = order[outcome == Outcome.DECIDED]
    begins = np.ones(len(decided), np.bool_)
    if len(decided) > 1:
        same = inputs["insured_id"][decided[1:]] == inputs["insured_id"][decided[:-1]]
        for name in _SAME[1:]:
            same &= columns[name][decided[1:]] == columns[name][decided[:-1]]
        begins[1:] = ~same
    source = decided[begins]
    rates = np.zeros(len(source), RATE_DTYPE)
    for name in ("insured_id", "municipality_code", "household"):
        rates[name] = inputs[name][source]
    for name in JUDGED_DTYPE.names or ():
        rates[name] = columns[name][source]
    rates["valid_from"] = inputs["judged_on"][source]
    rates["valid_until"] = day_number(year.last_day)
    if len(source) > 1:
        goes_on = rates["insured_id"][1:] == rates["insured_id"][:-1]
        rates["valid_until"][:-1][goes_on] = rates["valid_from"][1:][goes_on] - 1
    rates["copay_year"], rates["income_year"], rates["as_of"] = year.year, year.income_year, as_of
    rates["law_hash"], rates["rules_version"] = hashes[source], RULES_VERSION.encode().ljust(4)
    rates["run_id"], rates["provisional"] = run_id.bytes, provisional[source]
    rates["sequence"] = _numbered(rates["insured_id"])
    people = int(is_last.sum()), len(np.unique(rates["insured_id"]))
    return Outcomes(rates, source, waiting, columns["outcome"], columns["class_outcome"], *people)


def _judged(inputs: Records, *, sample: bool) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.bool_], npt.NDArray[np.bytes_]]:
    """The judged columns of every row, whether each is provisional, and the hash of the law it was judged under."""
    days = np.unique(inputs["judged_on"])
    if len(days) == 1:
        law = law_on(int(days[0]), sample=sample)
        found = judge(Members.from_records(inputs), law)
        return dict(found.columns), provisional_rows(found), np.full(len(inputs), law.hash.encode(), "S64")
    columns: dict[str, npt.NDArray[Any]] = {name: np.zeros(len(inputs), JUDGED_DTYPE[name]) for name in JUDGED_DTYPE.names or ()}
    provisional, hashes = np.zeros(len(inputs), np.bool_), np.zeros(len(inputs), "S64")
    for day in days:
        rows = np.flatnonzero(inputs["judged_on"] == day)
        law = law_on(int(day), sample=sample)
        found = judge(Members.from_records(inputs[rows]), law)
        for name, column in found.columns.items():
            columns[name][rows] = column
        provisional[rows], hashes[rows] = provisional_rows(found), law.hash.encode()
    return columns, provisional, hashes


def _numbered(insured: npt.NDArray[np.bytes_]) -> Rows:
    """1, 2, … within each insured person; equal ones stand together."""
    number = np.arange(len(insured))
    first = np.append(True, insured[1:] != insured[:-1]) if len(insured) else np.zeros(0, np.bool_)
    return number - np.maximum.accumulate(np.where(first, number, 0)) + 1


def event_of(rate: Any, resident_number: str) -> CopayRateDecided:
    """The event of one decision (a row of RATE_DTYPE)."""
    found = c.LimitClass(int(rate["limit_class"]))
    return CopayRateDecided(
        effective_on=_day(rate["valid_from"]),
        sequence=int(rate["sequence"]),
        insured_id=uuid_of(rate["insured_id"]),
        municipality_code=rate["municipality_code"].decode(),
        resident_number=resident_number,
        copay_year=int(rate["copay_year"]),
        rate_percent=int(rate["rate_percent"]),
        limit_class=None if found is c.LimitClass.UNDECIDED else LimitClass(code_of(found)),
        valid_from=_day(rate["valid_from"]),
        valid_until=_day(rate["valid_until"]),
        reason=CopayReason(code_of(Reason(int(rate["reason"])))),
        provisional=bool(rate["provisional"]),
    )


def _day(number: int) -> date:
    found = day_of(int(number))
    assert found is not None
    return found


def uuid_of(value: bytes) -> UUID:
    """A uuid from a fixed bytes column; numpy drops zero bytes at the end, which are part of it."""
    return UUID(bytes=bytes(value).ljust(16, b"\0"))
