# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from typing import Any

import pytest
from contracts.catalogue import CATALOGUE
from contracts.glossary import GlossaryInvalid, load_glossary, main, parse_glossary, words_of
from pydantic import BaseModel

from contracts.layouts import known_layouts, load_layout

FAMILIES = """
assess charge collection pay receive arrears demand reminder late_charge refund appropriation reduction remission
deferral ordinary_collection special_collection instalment acquisition loss insurance_card eligibility_confirmation
status_certificate reduction_certificate limit_certificate copay_rate high_cost_benefit cash_medical_benefit
funeral_benefit claim longitudinal_check cross_check
"""


def names_in_events() -> Iterator[str]:
    """Types, class names and field names of every event, and of the models inside them."""
    waiting: list[type[BaseModel]] = [entry.model for entry in CATALOGUE.values()]
    yield from CATALOGUE
    seen: set[type[BaseModel]] = set()
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        yield model.__name__
        for name, field in model.model_fields.items():
            yield name
            for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    waiting.append(inner)


def names_in_layouts() -> Iterator[str]:
    for version, name in known_layouts():
        layout = load_layout(name, version)
        yield name
        yield from layout.names
        yield from layout.code_tables
        yield from (total.name for total in layout.control_totals)


@pytest.mark.parametrize("source", [names_in_events, names_in_layouts])
def test_every_name_of_a_contract_is_made_of_the_words_of_the_house(source: Any) -> None:
    problems = [problem for name in sorted(set(source())) for problem in load_glossary().problems_with(name)]
    assert problems == []


@pytest.mark.parametrize("family", FAMILIES.split())
def test_every_family_of_terms_is_settled(family: str) -> None:
    assert load_glossary().problems_with(family) == []
    assert any(family in (term.name, *term.forms) for term in load_glossary().terms.values())


def test_a_word_that_means_the_same_is_refused_and_the_right_one_named() -> None:
    (problem,) = load_glossary().problems_with("maximum_premium")
    assert "say levy_cap (賦課限度額)" in problem


def test_an_unknown_word_is_named() -> None:
    (problem,) = load_glossary().problems_with("resident_zodiac_sign")
    assert "'zodiac_sign'" in problem


def test_a_name_is_cut_into_words_however_it_is_written() -> None:
    assert (
        words_of("InsuredBatchSealed")
        == words_of("insured_batch_sealed")
        == words_of("insured-batch.sealed")
        == ["insured", "batch", "sealed"]
    )


ENTRY = {"term": "保険料", "reading": "ほけんりょう", "english": "premium", "means": "What one pays."}


@pytest.mark.parametrize(
    ("terms", "ordinary", "said"),
    [
        ({"premium": {**ENTRY, "reading": "ホケンリョウ"}}, [], "not hiragana"),
        ({"premium": {"term": "保険料"}}, [], "lacks"),
        ({"premium": {**ENTRY, "color": "red"}}, [], "unknown keys"),
        ({"premium": ENTRY, "fee": {**ENTRY, "forms": ["premium"]}}, [], "belongs to"),
        ({"premium": ENTRY}, ["premium"], "said twice"),
        ({"premium": {**ENTRY, "not": ["fee"]}}, ["fee"], "refuses fee"),
        ({"premium": ENTRY}, [True], "quotes"),
    ],
)
def test_a_glossary_that_contradicts_itself_is_refused(terms: Any, ordinary: Any, said: str) -> None:
    with pytest.raises(GlossaryInvalid, match=said):
        parse_glossary({"terms": terms, "ordinary_words": {"some": ordinary}})


def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["InsuredAcquired"]) == 0
    assert main(["citizen_id"]) == 1
    assert "resident_number" in capsys.readouterr().out
