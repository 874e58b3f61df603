"""The kinds of cases that eligibility answers."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.json_lines import Kind, run, schemas_of

from eligibility_service.estimate.copay import answer_copay_rates
from eligibility_service.estimate.copay_case import CopayAnswer, CopayCase

KINDS = {"copay-rate": Kind("負担割合と限度額区分（判定の過程）", CopayCase, CopayAnswer, answer_copay_rates)}


def schemas() -> dict[str, dict[str, object]]:
    """JSON Schemas of what a line may be, in and out, by the name of the file that publishes each."""
    return schemas_of(KINDS)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `estimate KIND [FILE|-] [--explain] [--lang ja|en]`. 0: all answered; 1: at least one bad line; 2: wrong use."""
    return run(KINDS, argv)
