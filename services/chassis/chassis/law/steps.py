"""One step of an explanation, and the words for it in Japanese and English."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chassis.law.reading import Cited

Language = Literal["ja", "en"]
Shown = int | str | bool | None


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
    `part` is the part of a premium where a step is of one.
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

    def content(self) -> dict[str, Any]:
        """The step as JSON values, for a screen."""
        return {
            "name": self.name,
            "term": self.term,
            "value": self.value,
            "unit": self.unit,
            "inputs": [{"name": shown.name, "term": shown.term, "value": shown.value} for shown in self.inputs],
            "formula": self.formula,
            "rounding": self.rounding,
            "law": self.law,
            "part": self.part,
            "provisional": bool(self.provisional),
        }


@dataclass
class Explanation:
    """Collects the steps of one person in one language, under one set of parameters.

    `terms` are the words for columns (Japanese, English); `article` is cited by steps that name none; `value_of` reads a column's row.
    """

    parameters: Cited
    terms: Mapping[str, tuple[str, str]]
    article: str
    value_of: Callable[[str, int], int]
    language: Language
    steps: list[Step] = field(default_factory=list)

    def say(self, ja: str, en: str) -> str:
        return ja if self.language == "ja" else en

    def term(self, name: str) -> str:
        """The word for a column or parameter; the law files give the Japanese of parameters."""
        if name in self.terms:
            return self.say(*self.terms[name])
        citation = self.parameters.citations.get(name)
        return citation.term if citation is not None and self.language == "ja" else name.replace("_", " ")

    def yen(self, amount: int) -> str:
        return self.say(f"{amount:,}円", f"{amount:,} yen")

    def result(self, left: str, amount: int, *, rounded: bool = False) -> str:
        """`left` = the amount; only the amount where `left` says nothing else; an arrow where rounding stands between them."""
        shown = self.yen(amount)
        return shown if left == shown else f"{left} {'→' if rounded else '='} {shown}"

    def value(self, column: str, row: int) -> int:
        """An integer of the result or of the input columns."""
        return self.value_of(column, row)

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
        law: str | None = None,
        parameters: Iterable[str] = (),
        part: str | None = None,
    ) -> None:
        """Add a step. `parameters` are names of citations; those that were not read are left out."""
        used = [parameter for parameter in parameters if parameter in self.parameters.citations]
        self.steps.append(
            Step(
                name=name,
                term=self.term(name),
                value=value,
                unit=unit,
                inputs=tuple(Input(key, self.term(key), shown) for key, shown in inputs),
                formula=formula,
                rounding=rounding,
                law=self.article if law is None else law,
                parameters=tuple(self.parameters.citations[parameter].name for parameter in used),
                provisional=tuple(
                    self.parameters.citations[parameter].name for parameter in used if self.parameters.provisional(parameter)
                ),
                member=row,
                part=part,
            )
        )
