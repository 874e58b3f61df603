"""Every case of the law under cases/, alone and shuffled into a batch of a thousand households."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chassis.law import FiscalYear
from chassis.law.strict_yaml import read_yaml
from premium_service.estimate.premium import settings_of
from premium_service.estimate.premium_case import PremiumCase
from premium_service.estimate.snapshots import birthday, rows_of
from premium_service.law import premium_parameters
from premium_service.rules import Assessments, Households, assess
from premium_service.rules.steps import share_text

CASES = Path(__file__).parent / "cases"
_RECEIPTS = {
    "pension": "public_pension_receipts",
    "salary": "salary_receipts",
    "business": "business_income",
    "other": "other_income",
    "capital_gains": "capital_gains",
    "special_deduction": "capital_gains_special_deduction",
    "family_employee_deduction": "family_employee_deduction",
    "family_employee_salary": "family_employee_salary_received",
    "loss": "loss_carried_forward",
    "total_income": "total_income",
    "status": "status",
}
_PLAIN = {"id", "born", "from", "until", "ground", "insured", "dependant_since"}


def _member(given: dict[str, Any]) -> dict[str, Any]:
    assert not (unknown := given.keys() - _PLAIN - _RECEIPTS.keys()), f"unknown keys {unknown}"
    born: date = given.get("born", date(1930, 1, 1))
    span = {
        "from": given.get("from", max(birthday(born, 75), date(2008, 4, 1))),
        "until": given.get("until"),
        "ground": given.get("ground", "age"),
    }
    return {
        "id": given["id"],
        "born": born,
        "insured": [span] if given.get("insured", True) else [],
        "former_dependant_since": given.get("dependant_since"),
        "income": {"status": "declared"} | {name: given[key] for key, name in _RECEIPTS.items() if key in given},
    }


def _read(given: dict[str, Any]) -> PremiumCase:
    members = [_member(member) for member in given["members"]]
    return PremiumCase.model_validate(
        {
            "case": given["case"],
            "union": given["union"],
            "fiscal_year": FiscalYear.of(date.fromisoformat(str(given["on"]))).year,
            "household": {"head": given.get("head", members[0]["id"]), "members": members},
            "settings": given.get("settings", {}),
        }
    )


ALL: list[dict[str, Any]] = [case for path in sorted(CASES.glob("*.yaml")) for case in read_yaml(path)]  # type: ignore[attr-defined]


def _expect(given: dict[str, Any], case: PremiumCase, result: Assessments, rows: range) -> None:
    names = [member.id for member in case.household.members]
    for expected in given["expect"]:
        place = names.index(expected["id"])
        row = next(row for row in rows if result.households.member[row] == place and result.households.is_assessed[row])
        for key, value in expected.items():
            if key != "id":
                assert _value(key, result, row) == value, f"{given['case']}: {key} of {expected['id']}"


def _value(key: str, result: Assessments, row: int) -> object:
    dependant = int(result["dependant_months"][row]) > 0
    flat = int(result["medical_per_capita_dependant" if dependant else "medical_per_capita_reduced"][row])
    share = int(result["medical_dependant_reduction" if dependant else "medical_reduction"][row])
    match key:
        case "flat":
            return flat
        case "reduction":
            return share_text(share) if share else None
        case "taken_off":
            return int(result["medical_per_capita"][row]) - flat
        case "sum":
            return int(result["medical_year_amount"][row])
        case "medical" | "child_support":
            return int(result[f"{key}_amount"][row])
        case "income_levy":
            return int(result["medical_income_levy"][row])
        case _:
            return int(result[key][row])


def test_every_published_example_that_is_not_a_case_says_why() -> None:
    assert "| example | why |" in (CASES / "README.md").read_text(encoding="utf-8")
    assert len(ALL) >= 120


@pytest.mark.parametrize("given", ALL, ids=lambda given: given["case"])
def test_case_of_the_law_holds_for_the_household_alone(given: dict[str, Any]) -> None:
    case = _read(given)
    law = premium_parameters(case.union, FiscalYear(case.fiscal_year), settings_of(case.settings))
    rows = rows_of(case, first_household=0, rate_area=law.rate_areas.index(case.settings.rate_area))
    result = assess(_households(rows), law)
    _expect(given, case, result, range(len(rows)))


def _households(rows: list[dict[str, int]]) -> Households:
    return Households.of({name: np.array([row[name] for row in rows]) for name in rows[0]})


def _strangers(generator: np.random.Generator, count: int, first: int) -> list[dict[str, int]]:
    """Rows of households that have nothing to do with the case."""
    made = []
    for household in range(first, first + count):
        for place in range(int(generator.integers(1, 4))):
            row = dict.fromkeys(Households.__slots__, 0)
            row |= {
                "household": household,
                "member": place,
                "born_on": int(generator.integers(-26_000, -18_000)),
                "acquired_on": int(generator.integers(3_000, 9_500)),
                "lost_on": 2**31 - 1,
                "former_dependant_since": 2**31 - 1,
                "public_pension_receipts": int(generator.integers(0, 5_000_000)),
                "salary_receipts": int(generator.integers(0, 3_000_000)) * int(generator.random() < 0.2),
                "income_status": int(generator.choice([1, 1, 1, 1, 2, 3])),
                "is_head": place == 0,
                "is_insured": True,
                "is_assessed": True,
            }
            made.append(row)
    return made


def test_cases_hold_when_shuffled_into_a_batch_of_a_thousand_households() -> None:
    generator = np.random.default_rng(20260401)
    groups: dict[tuple[str, int, str], list[tuple[dict[str, Any], PremiumCase]]] = {}
    for given in ALL:
        case = _read(given)
        groups.setdefault((case.union, case.fiscal_year, case.settings.model_dump_json()), []).append((given, case))
    for members in groups.values():
        rows: list[dict[str, int]] = []
        owners: dict[int, int] = {}
        first = members[0][1]
        law = premium_parameters(first.union, FiscalYear(first.fiscal_year), settings_of(first.settings))
        area = law.rate_areas.index(first.settings.rate_area)
        for number, (_, case) in enumerate(members):
            own = rows_of(case, first_household=rows[-1]["household"] + 1 if rows else 0, rate_area=area)
            owners |= dict.fromkeys({row["household"] for row in own}, number)
            rows += own
        rows += _strangers(generator, 1000 - len(owners), rows[-1]["household"] + 1)
        order = generator.permutation(rows[-1]["household"] + 1)
        rows = sorted(rows, key=lambda row: int(order[row["household"]]))
        result = assess(_households(rows), law)
        for number, (given, case) in enumerate(members):
            mine = [row for row in range(len(rows)) if owners.get(rows[row]["household"]) == number]
            for household in {rows[row]["household"] for row in mine}:
                own_rows = [row for row in mine if rows[row]["household"] == household]
                assert own_rows == list(range(own_rows[0], own_rows[-1] + 1))
            _expect_any(given, case, result, mine)


def _expect_any(given: dict[str, Any], case: PremiumCase, result: Assessments, rows: list[int]) -> None:
    taken = result.households.take(np.array(rows, np.int64))
    columns = {name: column[rows] for name, column in result.columns.items()}
    _expect(given, case, replace(result, households=taken, columns=columns), range(len(rows)))
