# SPDX-License-Identifier: Apache-2.0
"""The words of the house, and whether a name is made of them.

A name (`InsuredAcquired`, `resident_number`, `premium.assessed.v1`) resolves when its words can be laid out as terms of
`contracts/glossary.yaml` and ordinary words, with no word left over. `python -m contracts.glossary NAME …` says what is wrong.
"""

import re
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FILE: Final = Path(__file__).resolve().parents[1] / "glossary.yaml"
_KEYS: Final = {"term", "reading", "english", "means", "law", "not", "forms"}
_NEEDED: Final = {"term", "reading", "english", "means"}
_READING: Final = re.compile(r"[ぁ-ゖー]+")


class GlossaryInvalid(ValueError):
    """The glossary does not hold together; the text names the entry."""


@dataclass(frozen=True, slots=True)
class Term:
    """One entry. `instead_of`: words that a name must not use for it; `forms`: other forms of the word."""

    name: str
    term: str
    reading: str
    english: str
    means: str
    law: str = ""
    instead_of: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Glossary:
    """All terms by name, and the ordinary words."""

    terms: dict[str, Term]
    ordinary_words: frozenset[str]
    _phrases: frozenset[tuple[str, ...]] = field(init=False)
    _refused: dict[tuple[str, ...], str] = field(init=False)

    def __post_init__(self) -> None:
        phrases = {tuple(name.split("_")) for term in self.terms.values() for name in (term.name, *term.forms)}
        object.__setattr__(self, "_phrases", frozenset(phrases | {(word,) for word in self.ordinary_words}))
        object.__setattr__(self, "_refused", {tuple(word.split("_")): t.name for t in self.terms.values() for word in t.instead_of})

    def problems_with(self, name: str) -> list[str]:
        """What is wrong with `name`: words that are no term, and words for which the glossary has another. Empty when it resolves."""
        if "." in name:
            return [problem for part in name.split(".") for problem in self.problems_with(part)]
        words = words_of(name)
        problems = []
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                if (better := self._refused.get(tuple(words[start:end]))) is not None:
                    problems.append(f"{name}: say {better} ({self.terms[better].term}), not {'_'.join(words[start:end])}.")
        if problems or (rest := self._unresolved(words)) is None:
            return problems
        return [f"{name}: the glossary does not know {'_'.join(words[rest:])!r}; add a term to contracts/glossary.yaml."]

    def _unresolved(self, words: list[str]) -> int | None:
        """Position of the first word that no layout of terms reaches over; None when all are covered."""
        reached = {0}
        for start in range(len(words)):
            if start in reached:
                reached |= {end for end in range(start + 1, len(words) + 1) if tuple(words[start:end]) in self._phrases}
        return None if len(words) in reached else max(reached)


def words_of(name: str) -> list[str]:
    """The words of a name in CamelCase, snake_case, kebab-case or with dots."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word.lower() for word in re.split(r"[^A-Za-z0-9]+", apart) if word]


@cache
def load_glossary() -> Glossary:
    """The glossary of the house. Raises `GlossaryInvalid` where it contradicts itself."""
    return parse_glossary(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def parse_glossary(content: dict[str, Any]) -> Glossary:
    """A glossary from its YAML mapping, checked."""
    terms = {name: _term(name, entry) for name, entry in content["terms"].items()}
    ordinary = [word for words in content["ordinary_words"].values() for word in words]
    if not all(isinstance(word, str) for word in ordinary):
        raise GlossaryInvalid("An ordinary word is no text for YAML: write it in quotes.")
    known: dict[str, str] = {}
    for term in terms.values():
        for name in (term.name, *term.forms):
            if name in known:
                raise GlossaryInvalid(f"{name} belongs to {known[name]} and to {term.name}.")
            known[name] = term.name
    if repeated := sorted({word for word in ordinary if ordinary.count(word) > 1 or word in known}):
        raise GlossaryInvalid(f"Ordinary words that are said twice or are terms: {', '.join(repeated)}.")
    for term in terms.values():
        if clash := sorted(set(term.instead_of) & (set(known) | set(ordinary))):
            raise GlossaryInvalid(f"{term.name} refuses {', '.join(clash)}, which the glossary itself uses.")
    return Glossary(terms, frozenset(ordinary))


def _term(name: str, entry: dict[str, Any]) -> Term:
    if missing := sorted(_NEEDED - set(entry)):
        raise GlossaryInvalid(f"{name} lacks {', '.join(missing)}.")
    if unknown := sorted(set(entry) - _KEYS):
        raise GlossaryInvalid(f"{name} has unknown keys: {', '.join(unknown)}.")
    if not _READING.fullmatch(entry["reading"]):
        raise GlossaryInvalid(f"{name}: the reading {entry['reading']} is not hiragana.")
    return Term(
        name=name,
        term=entry["term"],
        reading=entry["reading"],
        english=entry["english"],
        means=entry["means"],
        law=entry.get("law", ""),
        instead_of=tuple(entry.get("not", ())),
        forms=tuple(entry.get("forms", ())),
    )


def main(names: list[str]) -> int:
    """Print what is wrong with each name; 0 when all resolve."""
    problems = [problem for name in names for problem in load_glossary().problems_with(name)]
    print("\n".join(problems) or "Every word is in the glossary.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
