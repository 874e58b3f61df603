"""One step of an explanation, and the words for it in Japanese and English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from premium_service.rules.columns import Assessments
from premium_service.rules.terms import TERMS

Language = Literal["ja", "en"]
Shown = int | str | bool | None

ORDINANCE = "後期高齢者医療に関する条例"
DECREE = "高齢者の医療の確保に関する法律施行令 第18条"


@dataclass(frozen=True, slots=True)
class Input:
    """A value that a step uses: the name of its column or parameter, its term, and the value."""

    name: str
    term: str
    value: Shown


@dataclass(frozen=True, slots=True)
class Step:
    """How one value came about. `formula` shows the numbers; `provisional` names the parameters that nobody has confirmed.

    `member` is the row of the person whose value it is (a household's step has the row of the person explained);
    `part` is medical or child_support for steps of one part.
    """

    name: str
    term: str
    value: Shown
    unit: str
    inputs: tuple[Input, ...]
    formula: str
    rounding: str | None
    law: str
    parameters: tuple[str, ...]
    provisional: tuple[str, ...]
    member: int
    part: str | None


def share_text(ten_thousandths: int) -> str:
    """7000 as `7/10`, 7200 as `72/100`, 7750 as `775/1000`: as tenths where it is tenths."""
    for denominator in (10, 100, 1000):
        if ten_thousandths * denominator % 10_000 == 0:
            return f"{ten_thousandths * denominator // 10_000}/{denominator}"
    return f"{ten_thousandths}/10000"


@dataclass
class Explanation:
    """Collects the steps of one person in one language."""

    assessments: Assessments
    language: Language
    steps: list[Step] = field(default_factory=list)

    def say(self, ja: str, en: str) -> str:
        return ja if self.language == "ja" else en

    def term(self, name: str) -> str:
        """The word for a column or parameter; the law files give the Japanese of parameters."""
        if name in TERMS:
            return self.say(*TERMS[name])
        citation = self.assessments.parameters.citations.get(name)
        return citation.term if citation is not None and self.language == "ja" else name.replace("_", " ")

    def yen(self, amount: int) -> str:
        return self.say(f"{amount:,}円", f"{amount:,} yen")

    def result(self, left: str, amount: int, *, rounded: bool = False) -> str:
        """`left` = the amount; only the amount where `left` says nothing else; an arrow where rounding stands between them."""
        shown = self.yen(amount)
        return shown if left == shown else f"{left} {'→' if rounded else '='} {shown}"

    def value(self, column: str, row: int) -> int:
        """An integer of the result or of the input columns."""
        if column in self.assessments.columns:
            return int(self.assessments[column][row])
        return int(getattr(self.assessments.households, column)[row])

    def add(
        self,
        name: str,
        value: Shown,
        *,
        row: int,
        formula: str,
        inputs: Iterable[tuple[str, Shown]] = (),
        unit: str = "yen",
        rounding: str | None = None,
        law: str = DECREE,
        parameters: Iterable[str] = (),
        part: str | None = None,
    ) -> None:
        """Add a step. `parameters` are names of citations; those that were not read for this year are left out."""
        law_of_year = self.assessments.parameters
        used = [parameter for parameter in parameters if parameter in law_of_year.citations]
        self.steps.append(
            Step(
                name=name,
                term=self.term(name),
                value=value,
                unit=unit,
                inputs=tuple(Input(key, self.term(key), shown) for key, shown in inputs),
                formula=formula,
                rounding=rounding,
                law=law,
                parameters=tuple(law_of_year.citations[parameter].name for parameter in used),
                provisional=tuple(law_of_year.citations[parameter].name for parameter in used if law_of_year.provisional(parameter)),
                member=row,
                part=part,
            )
        )
