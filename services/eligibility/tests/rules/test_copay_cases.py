"""Worked cases of 負担割合 and 限度額区分 (E-27), alone and shuffled into a batch of a thousand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from chassis.json_cases import CaseError
from chassis.json_lines import Asked
from chassis.law.strict_yaml import read_yaml
from eligibility_service.estimate.copay import answer_copay_rates
from eligibility_service.estimate.copay_case import CopayAnswer, CopayCase

CASES: Any = read_yaml(Path(__file__).parent / "cases" / "copay_rates.yaml")


def case_of(given: dict[str, Any]) -> CopayCase:
    return CopayCase.model_validate({name: value for name, value in given.items() if name != "expect"})


def found_in(answer: CopayAnswer | CaseError) -> dict[str, Any]:
    assert isinstance(answer, CopayAnswer), answer
    person = answer.persons[0]
    found = {"rate": answer.rate, "reason": answer.reason, "limit_class": person.limit_class}
    return found | ({"exemption": person.exemption} if person.exemption else {})


@pytest.mark.parametrize("given", CASES, ids=lambda given: given["case"])
def test_a_worked_case_gives_what_is_printed(given: dict[str, Any]) -> None:
    (answer,) = answer_copay_rates([case_of(given)], Asked())
    expected = given["expect"]
    found = found_in(answer)
    assert found == expected


def test_a_case_in_a_shuffled_batch_of_a_thousand_gives_the_same() -> None:
    chance = random.Random(1)
    many = [chance.choice(CASES) for _ in range(1000)]
    answers = answer_copay_rates([case_of(given) for given in many], Asked())
    assert [found_in(answer) for answer in answers] == [given["expect"] for given in many]
