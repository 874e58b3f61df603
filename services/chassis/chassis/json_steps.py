"""A step of an explanation in the answer to a line of JSON."""

from __future__ import annotations

from typing import Any

from chassis.json_cases import LineModel
from chassis.law.steps import Step


class StepInput(LineModel):
    name: str
    term: str
    value: int | str | bool | None


class ExplainedStep(LineModel):
    """計算の一段."""

    name: str
    term: str
    value: int | str | bool | None
    unit: str
    inputs: list[StepInput]
    formula: str
    rounding: str | None
    law: str
    member: str
    provisional: bool = False
    provisional_parameters: tuple[str, ...] = ()


def step_values(step: Step, member: str) -> dict[str, Any]:
    """The values of an ExplainedStep; what says nothing (no part, nothing provisional) is left out."""
    made = step.content() | {"member": member}
    del made["provisional"]
    if not step.part:
        del made["part"]
    if step.provisional:
        made |= {"provisional": True, "provisional_parameters": list(step.provisional)}
    return made
