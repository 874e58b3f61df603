"""A stored decision with its explanation: assessed again from its frozen inputs, and compared with what was stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.database import driver
from chassis.law import day_of
from chassis.law.steps import Step
from sqlalchemy.ext.asyncio import AsyncConnection

from premium_service.domain import why_changed
from premium_service.domain.assessing import parameters_of, provisional_of, uuid_of
from premium_service.domain.trace import Trace, missing_facts, parameters_of_steps, step_content, whose_row
from premium_service.rules.assessment import assess
from premium_service.rules.columns import ASSESSMENT_DTYPE, Assessments, Households
from premium_service.rules.difference import causes
from premium_service.rules.explanation import counted_rows, explain
from premium_service.rules.steps import share_text
from premium_service.store import assessments, former_dependants, members
from premium_service.store import causes as messages


@dataclass(frozen=True)
class Explained:
    """A decision (DECISION_DTYPE, one row), its frozen inputs, and what the rules make of them today.

    `same`: every value is the stored one. Where the law's files have been changed since, it is not, and only the stored amounts count.
    """

    decision: Any
    inputs: Records
    result: Assessments
    index: int
    same: bool
    former_dependant: bool | None

    @property
    def steps(self) -> list[Step]:
        return explain(self.result, self.index) if self.same else []

    def content(self) -> dict[str, Any]:
        """The decision as JSON: amounts, and the steps from the frozen inputs to the stored values."""
        steps = self.steps
        return {
            **self.printed(steps),
            "months": int(self.decision["months"]),
            "former_dependant": self.former_dependant,
            "explained": self.same,
            "trace": self._trace(steps).model_dump(mode="json"),
        }

    def printed(self, steps: Sequence[Step]) -> dict[str, Any]:
        """What a notice shows of it: amounts, parts, and the steps as given."""
        row, law = self.decision, self.result.parameters
        return {
            "assessment_id": str(uuid_of(row["assessment_id"])),
            "fiscal_year": int(row["fiscal_year"]),
            "fiscal_year_name": law.fiscal_year.name,
            "revision": int(row["revision"]),
            "annual_amount": int(row["annual_amount"]),
            "provisional": provisional_of(law),
            "decided_on": str(day_of(int(row["decided_on"]))),
            "parts": [part_amounts(row, part) for part in law.parts],
            "steps": [step_content(step) for step in steps],
        }

    def _trace(self, steps: list[Step]) -> Trace:
        counted = counted_rows(self.result, self.index)
        return Trace(
            rules_version=self.decision["rules_version"].decode().strip(),
            law_hash=self.decision["law_hash"].decode(),
            run_id=str(uuid_of(self.decision["run_id"])),
            household=int(self.decision["household"]),
            parameters=parameters_of_steps(steps, self.result.parameters),
            missing=missing_facts(self.result, self.index, counted, former_dependant=self.former_dependant),
        )


async def explained(record: Records, raw: Connection[Any], union: str, *, sample: bool) -> Explained:
    """A decision with what stands behind it."""
    row = record[0]
    law = parameters_of(union, int(row["fiscal_year"]), sample=sample)
    inputs = await members.frozen(raw, uuid_of(row["run_id"]), int(row["household"]), int(row["household"]))
    result = assess(Households.from_records(inputs), law)
    known, _ = await former_dependants.known_of(raw, uuid_of(row["insured_id"]))
    return _of_row(row, inputs, result, int(np.flatnonzero(inputs["insured_id"] == row["insured_id"])[0]), known)


async def explained_together(records: Records, raw: Connection[Any], union: str, *, sample: bool) -> list[Explained]:
    """Decisions of one fiscal year (DECISION_DTYPE), in their order: their frozen households are read and assessed at once.

    Who was a dependant is not asked: no notice says it.
    """
    if not len(records):
        return []
    law = parameters_of(union, int(records[0]["fiscal_year"]), sample=sample)
    inputs = await members.frozen_of(raw, records)
    result = assess(Households.from_records(inputs), law)
    place = {
        (int(household), whose): row for row, (household, whose) in enumerate(zip(inputs["household"], inputs["insured_id"], strict=True))
    }
    return [_of_row(row, inputs, result, place[number, row["insured_id"]], None) for number, row in enumerate(records, start=1)]


def _of_row(row: Any, inputs: Records, result: Assessments, index: int, former_dependant: bool | None) -> Explained:
    same = all(result[name][index] == row[name] for name in ASSESSMENT_DTYPE.names or ())
    return Explained(row, inputs, result, index, same, former_dependant)


async def changed(after: Explained, connection: AsyncConnection, union: str, *, sample: bool) -> dict[str, Any] | None:
    """Why a decision differs from the one before it, as JSON; None for the first of its fiscal year.

    `causes`: their yen add up to the difference, and each names the messages that brought it. `explained` is false where the present
    files of the law do not give the stored amount any more; then no cause is named.
    """
    identifier = uuid_of(after.decision["assessment_id"])
    decisions = await assessments.up_to(connection, identifier, None)
    if len(decisions) < 2:
        return None
    before = await explained(decisions[-2], await driver(connection), union, sample=sample)
    said = (await messages.of_decisions(connection, [identifier])).get(identifier, [])
    law = after.result.parameters
    whose = {int(after.inputs["member"][place]): whose_row(after.result, place, after.index) for place in range(len(after.inputs))}
    named = (
        causes(before.inputs, after.inputs, member=int(after.inputs["member"][after.index]), law=law, decided=_amount(before))
        if after.same
        else []
    )
    old, new = before.content(), after.content()
    return {
        "before": {name: old[name] for name in ("assessment_id", "revision", "decided_on", "annual_amount")},
        "after": {name: new[name] for name in ("assessment_id", "revision", "decided_on", "annual_amount")},
        "difference": _amount(after) - _amount(before),
        "explained": after.same,
        "causes": [why_changed.content(cause, whose, law.rate_areas, said) for cause in named],
        "steps": why_changed.changed_steps(old["steps"], new["steps"]) if before.same and after.same else [],
    }


def _amount(of: Explained) -> int:
    return int(of.decision["annual_amount"])


def part_amounts(row: Any, part: str) -> dict[str, Any]:
    """The stored amounts of one part (yen), and its reduction as `72/100`; None where there is none."""
    share = int(row[f"{part}_dependant_reduction"]) if row["dependant_months"] > 0 else int(row[f"{part}_reduction"])
    after = "per_capita_dependant" if row["dependant_months"] > 0 else "per_capita_reduced"
    return {
        "part": part,
        "per_capita": int(row[f"{part}_per_capita"]),
        "reduction": share_text(share) if share else None,
        "per_capita_after_reduction": int(row[f"{part}_{after}"]),
        "income_levy": int(row[f"{part}_income_levy"]),
        "capped": bool(row[f"{part}_capped"]),
        "amount": int(row[f"{part}_amount"]),
    }
