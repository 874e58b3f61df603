"""A step of an explanation in the answer to a line."""

from __future__ import annotations

from chassis.json_cases import LineModel


class StepInput(LineModel):
    name: str
    term: str
    value: int | str


class ExplainedStep(LineModel):
    """計算の一段."""

    name: str
    term: str
    value: int | str
    unit: str
    inputs: tuple[StepInput, ...]
    formula: str
    rounding: str | None
    law: str
