"""The kinds of cases that collection answers."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.json_lines import Kind, run, schemas_of

from collection_service.estimate.instalments import InstalmentsAnswer, InstalmentsCase, answer_instalments
from collection_service.estimate.late_charge import LateChargeAnswer, LateChargeCase, answer_late_charges

KINDS = {
    "instalments": Kind("普通徴収の期割（期別の額と納期限）", InstalmentsCase, InstalmentsAnswer, answer_instalments),
    "late-charge": Kind("延滞金（納期限・納付の日からの額）", LateChargeCase, LateChargeAnswer, answer_late_charges),
}


def schemas() -> dict[str, dict[str, object]]:
    """JSON Schemas of what a line may be, in and out, by the name of the file that publishes each."""
    return schemas_of(KINDS)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `estimate KIND [FILE|-] [--explain] [--lang ja|en]`. 0: all answered; 1: at least one bad line; 2: wrong use."""
    return run(KINDS, argv)
