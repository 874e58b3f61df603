"""The kinds of cases that premium answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chassis.json_cases import CaseError, Language
from chassis.json_lines import Asked, Kind, run, schemas_of
from chassis.law import FiscalYear

from premium_service.estimate.premium import answer_premiums
from premium_service.estimate.premium_case import PremiumAnswer, PremiumCase
from premium_service.law import confirmed_parameters

PLANNED = ("late-charge", "special-collection", "high-cost", "annual-cap", "combined", "meals")


def _answer(cases: Sequence[PremiumCase], asked: Asked) -> list[PremiumAnswer | CaseError]:
    confirmed: frozenset[str] = frozenset()
    if asked.confirmations is not None:
        asked_for = {(case.union, case.fiscal_year) for case in cases}
        confirmed = frozenset().union(*(confirmed_parameters(asked.confirmations, union, FiscalYear(year)) for union, year in asked_for))
    return answer_premiums(cases, explained=asked.explained, language=asked.language, confirmed=confirmed)


_HELP = Path(__file__).parent / "help"
MANUAL: dict[Language, Path] = {"ja": _HELP / "premium.ja.md", "en": _HELP / "premium.en.md"}
KINDS = {"premium": Kind("保険料（年額、内訳、計算の過程）", PremiumCase, PremiumAnswer, _answer, MANUAL)}


def schemas() -> dict[str, dict[str, object]]:
    """JSON Schemas of what a line may be, in and out, by the name of the file that publishes each."""
    return schemas_of(KINDS)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `estimate KIND [FILE|-] [--explain] [--lang ja|en]`. 0: all answered; 1: at least one bad line; 2: wrong use."""
    return run(KINDS, argv, planned=PLANNED)
