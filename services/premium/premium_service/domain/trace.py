"""計算の記録: the steps of one decision in a form with a version, so that who keeps them can still read them when the form has changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final, Literal

from chassis.law.steps import Step
from contracts.eras import format_day
from pydantic import BaseModel, ConfigDict

from premium_service.rules.columns import INQUIRING, UNDECLARED, Assessments
from premium_service.rules.parameters import Parameters

TRACE_FORMAT: Final = "koki.premium.trace/1"
"""Raised when a key loses its meaning or a needed one is new; keys that may be missing are added without."""
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class TraceParameter(BaseModel):
    """A number of the law that the steps rest on: since when it is in force, under which article, where it was read, how sure."""

    model_config = ConfigDict(frozen=True)

    name: str
    term: str
    in_force_from: date
    law: str
    source: str
    confidence: str
    provisional: bool


class Trace(BaseModel):
    """Everything that is needed to compute a decision again, and what was not known when it was made (`missing`, sentences)."""

    model_config = ConfigDict(frozen=True)

    format: Literal["koki.premium.trace/1"] = TRACE_FORMAT
    rules_version: str
    law_hash: str
    run_id: str
    household: int
    parameters: tuple[TraceParameter, ...]
    missing: tuple[str, ...]


def step_content(step: Step) -> dict[str, Any]:
    """A step as JSON: its formula for people with days in era form, and the names of the parameters that it rests on."""
    return {**step.content(), "formula": in_eras(step.formula), "parameters": list(step.parameters)}


def parameters_of_steps(steps: Iterable[Step], law: Parameters) -> tuple[TraceParameter, ...]:
    """The parameters that the steps name, each once, in the order of their names."""
    used = {name for step in steps for name in step.parameters}
    return tuple(
        TraceParameter(
            name=citation.name,
            term=citation.term,
            in_force_from=citation.start,
            law=citation.law,
            source=citation.source,
            confidence=citation.confidence,
            provisional=law.provisional(key),
        )
        for key, citation in sorted(law.citations.items())
        if citation.name in used
    )


def missing_facts(result: Assessments, index: int, counted: Iterable[int], *, former_dependant: bool | None) -> tuple[str, ...]:
    """What the calculation had to do without, one sentence each: unknown is not zero, and whoever reads the amount is told."""
    found = []
    for row in counted:
        whose = whose_row(result, row, index)
        status = int(result.households.income_status[row])
        if status == UNDECLARED:
            found.append(f"{whose}の所得が申告されていません。均等割額の軽減は判定できないため、適用していません。")
        if status == INQUIRING:
            found.append(f"{whose}の所得が届いていません（照会中を含みます）。届くまで保険料を決定できません。")
        if int(result["unexplained_income"][row]):
            found.append(f"{whose}の総所得金額等のうち {int(result['unexplained_income'][row]):,}円は、収入・所得の内訳が届いていません。")
    if former_dependant is None:
        found.append("被用者保険の被扶養者であったかどうかが確認されていません。被扶養者でなかったものとして計算しています。")
    return tuple(found)


def whose_row(result: Assessments, row: int, index: int) -> str:
    """本人, 世帯主 or 世帯員: who a row is to the person in row `index`."""
    if row == index:
        return "本人"
    return "世帯主" if result.households.is_head[row] else "世帯員"


def in_eras(text: str) -> str:
    """A text with its days (2026-06-10) in era form."""
    return _ISO_DAY.sub(lambda found: format_day(date.fromisoformat(found.group())), text)
