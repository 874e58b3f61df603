"""保険料 of FY2026 as formulas of openfisca-core, run by the Python of an environment of its own: `python openfisca_premium.py FOLDER`.

Reads `people.npz` and `law.json` of the folder and writes `amounts.npy` (yen of each person) and `seconds.json`: building the simulation,
setting its inputs and calculating, in seconds of the processor, run by run. It imports nothing of the product. OpenFisca keeps whole
numbers in 32 bits, which hold every amount here; products with a rate are worked out in 64.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from openfisca_core.entities import Entity, GroupEntity
from openfisca_core.periods import YEAR
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

PERIOD = "2026"
PERSON = Entity("person", "persons", "被保険者又は世帯主", "")
HOUSEHOLD = GroupEntity("household", "households", "世帯", "", roles=[{"key": "member", "plural": "members", "label": "世帯員"}])
INPUTS = {
    "pension": int, "salary": int, "business": int, "is_insured": bool, "is_head": bool, "is_assessed": bool, "undeclared": bool,
    "months": int, "former_dependant": bool, "dependant_months": int,
}  # fmt: skip


def of(amount: Any, rate: list[int]) -> Any:
    """Whole yen times a fraction, a fraction of a yen dropped."""
    return amount.astype(np.int64) * rate[0] // rate[1]


def formulas(law: dict[str, Any]) -> dict[str, Any]:
    """Variable of a person → its formula, under the figures of the law."""

    def by_table(receipts: Any, rows: list[list[int]]) -> Any:
        wide = receipts.astype(np.int64)
        income = np.zeros(len(wide), np.int64)
        lower = 0
        for below, step, numerator, denominator, less in rows:
            inside = (wide >= lower) & (wide < below)
            income[inside] = wide[inside] // step * step * numerator // denominator - less
            lower = below
        return np.maximum(income, 0)

    def pension_income(person: Any, period: Any) -> Any:
        return by_table(person("pension", period), law["pension_table"])

    def salary_income(person: Any, period: Any) -> Any:
        receipts = person("salary", period)
        return np.where(receipts > 0, by_table(receipts, law["salary_table"]), 0)

    def salary_adjustment(person: Any, period: Any) -> Any:
        salary, pension, limit = person("salary_income", period), person("pension_income", period), law["adjustment"]
        both = (salary > 0) & (pension > 0)
        return np.where(both, np.maximum(np.minimum(salary, limit) + np.minimum(pension, limit) - limit, 0), 0)

    def total_income(person: Any, period: Any) -> Any:
        salary = person("salary_income", period) - person("salary_adjustment", period)
        return np.maximum(person("pension_income", period) + salary + person("business", period), 0)

    def levy_base(person: Any, period: Any) -> Any:
        total = person("total_income", period)
        deduction = np.select([total <= limit for limit, _ in law["deduction"]], [amount for _, amount in law["deduction"]], 0)
        return np.maximum(total - deduction, 0)

    def judging_income(person: Any, period: Any) -> Any:
        pension = np.maximum(person("pension_income", period) - law["senior"], 0)
        salary = person("salary_income", period) - person("salary_adjustment", period)
        counted = person("is_insured", period) | person("is_head", period)
        return np.where(counted, np.maximum(pension + salary + person("business", period), 0), 0)

    def is_earner(person: Any, period: Any) -> Any:
        counted = person("is_insured", period) | person("is_head", period)
        return counted & ((person("pension", period) > law["earner_pension"]) | (person("salary", period) > law["earner_salary"]))

    def tier(person: Any, period: Any) -> Any:
        household = person.household
        income = household.sum(household.members("judging_income", period))
        insured = household.sum(household.members("is_insured", period).astype(np.int32))
        earners = household.sum(household.members("is_earner", period).astype(np.int32))
        seven = law["seven"] + law["extra"] * np.maximum(earners - 1, 0)
        five, two = seven + law["five"] * insured, seven + law["two"] * insured
        found = np.select([income <= seven, income <= five, income <= two], [7, 5, 2], 0)
        counted = household.members("is_insured", period) | household.members("is_head", period)
        found[household.any(household.members("undeclared", period) & counted)] = 0
        return found

    def part(name: str) -> Any:
        own = law["parts"][name]

        def amount(person: Any, period: Any) -> Any:
            tiers = person("tier", period)
            flat = np.select([tiers == int(tenths) for tenths in own["left"]], list(own["left"].values()), 0).astype(np.int64)
            dependant = person("former_dependant", period)
            base = person("levy_base", period)
            levy = of(base, own["rate"])
            for limit, share in own["cuts"]:
                levy = np.where((base > 0) & (base <= limit), of(of(base, own["rate"]), share), levy)
            year = np.minimum(flat + np.where(dependant, 0, levy), own["cap"])
            reduced = np.minimum(flat, own["dependant_left"])
            months, special = person("months", period), np.where(dependant, person("dependant_months", period), 0)
            charged = (year * (months - special) + reduced * special) // 12 // law["floor"] * law["floor"]
            return np.where(person("is_assessed", period), charged, 0)

        return amount

    def annual_amount(person: Any, period: Any) -> Any:
        return person("medical_amount", period) + person("child_support_amount", period)

    found = [pension_income, salary_income, salary_adjustment, total_income, levy_base, judging_income, is_earner, tier, annual_amount]
    parts = {f"{name}_amount": part(name) for name in law["parts"]}
    return {function.__name__: function for function in found} | parts


def system(law: dict[str, Any]) -> Any:
    """The tax and benefit system: entities, inputs and formulas."""
    made = TaxBenefitSystem([PERSON, HOUSEHOLD])
    types = {**INPUTS, **{name: bool if name == "is_earner" else int for name in formulas(law)}}
    for name, kind in types.items():
        content = {"value_type": kind, "entity": PERSON, "definition_period": YEAR, "label": name}
        if name in formulas(law):
            content["formula"] = formulas(law)[name]
        made.add_variable(type(name, (Variable,), content))
    return made


def run(people: Any, law_of: Any) -> tuple[Any, dict[str, float]]:
    """Amounts, and seconds of the processor for each step."""
    started = time.process_time()
    builder = SimulationBuilder()
    builder.create_entities(law_of)
    builder.declare_person_entity("person", people["member"])
    household = builder.declare_entity("household", np.unique(people["household"]))
    builder.join_with_persons(household, people["household"], np.full(len(people["household"]), "member"))
    simulation = builder.build(law_of)
    built = time.process_time()
    for name in INPUTS:
        simulation.set_input(name, PERIOD, people[name])
    given = time.process_time()
    amounts = simulation.calculate("annual_amount", PERIOD)
    done = time.process_time()
    return amounts, {"build": built - started, "inputs": given - built, "calculate": done - given, "whole": done - started}


def main(folder: Path, runs: int) -> None:
    people = dict(np.load(folder / "people.npz"))
    law_of = system(json.loads((folder / "law.json").read_text(encoding="utf-8")))
    seconds = []
    for _ in range(runs):
        amounts, taken = run(people, law_of)
        seconds.append(taken)
    np.save(folder / "amounts.npy", amounts.astype(np.int64))
    (folder / "seconds.json").write_text(json.dumps(seconds), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
