"""The core against two other engines on the same people: `python -m tests.load.bench_engines [--people 1700000] [--runs 5]`.

The others are the second derivation of the tests (plain Python, person by person) and the same formulas in openfisca-core, building its
simulation included. Every amount must be the same to the yen. Seconds are those of the processor, one core, inputs in memory, so that a
busy machine does not choose the winner. openfisca-core is installed by pip into an environment of its own under `.koki/load`, never the
product's; what it costs is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import subprocess
import sys
import time
import venv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from chassis.law import NEVER, FiscalYear, Rate, day_number, day_of
from chassis.law.tax import IncomeTable
from premium_service.law import premium_parameters
from premium_service.rules import Assessments, Households, Parameters, assess
from premium_service.rules.columns import DECLARED, UNDECLARED
from premium_service.rules.parameters import MEDICAL, PartRates
from premium_service.rules.per_capita import reduced_per_capita

from services.premium.tests.rules.oracle_premium import Person, premiums
from tests.load.measure import report

OPENFISCA = "openfisca-core==46.0.1"
FOLDER = Path(".koki/load/openfisca")
YEAR, UNION = 2026, "13"
FIRST, END = day_number(date(YEAR, 4, 1)), day_number(date(YEAR + 1, 4, 1))
AT_ONCE = 20_000
LARGEST = 2**62


def population(insured: int, seed: int = 7) -> Households:
    """Households of one to four with pensions, salaries, businesses and undeclared people; 85 % of the rows insured.

    Who joins or leaves during the year, and recent former dependants, live alone, so that each household is judged on one day.
    """
    chance = np.random.default_rng(seed)
    rows = round(insured / 0.86)
    household = np.sort(chance.integers(0, int(rows / 1.3), rows))
    first_row = np.r_[True, household[1:] != household[:-1]]
    alone = first_row & np.r_[household[1:] != household[:-1], True]
    is_insured = (chance.random(rows) < 0.85) | alone
    long_ago = np.int64(day_number(date(2015, 4, 1)))
    acquired = np.where(alone & (chance.random(rows) < 0.1), chance.integers(FIRST, END, rows), long_ago)
    lost = np.where(alone & (acquired == long_ago) & (chance.random(rows) < 0.06), chance.integers(FIRST + 1, END, rows), NEVER)
    return Households.of(
        {
            "household": household,
            "member": np.arange(rows),
            "judged_on": np.maximum(acquired, FIRST),
            "born_on": chance.integers(day_number(date(1925, 1, 1)), day_number(date(1949, 1, 1)), rows),
            "acquired_on": np.where(is_insured, acquired, NEVER),
            "lost_on": np.where(is_insured, lost, NEVER),
            "former_dependant_since": np.where(is_insured & (chance.random(rows) < 0.03), acquired, NEVER),
            "public_pension_receipts": chance.gamma(2, 700_000, rows).astype(np.int64),
            "salary_receipts": np.where(chance.random(rows) < 0.08, chance.gamma(1.5, 1_500_000, rows), 0).astype(np.int64),
            "business_income": np.where(chance.random(rows) < 0.05, chance.gamma(1.5, 800_000, rows) - 300_000, 0).astype(np.int64),
            "income_status": np.where(chance.random(rows) < 0.01, UNDECLARED, DECLARED),
            "is_head": first_row,
            "is_insured": is_insured,
            "is_assessed": is_insured,
        }
    )


def of_core(members: Households, law: Parameters, runs: int) -> tuple[Assessments, list[float]]:
    """The whole assessment with every intermediate value, and seconds run by run."""
    result, seconds = assess(members, law), []
    for _ in range(runs):
        started = time.process_time()
        result = assess(members, law)
        seconds.append(time.process_time() - started)
    return result, seconds


def of_python(members: Households) -> tuple[np.ndarray[Any, np.dtype[np.int64]], float]:
    """Amounts of the second derivation, and the seconds it takes; making its objects of the columns is not counted."""
    amounts = np.zeros(members.rows, np.int64)
    starts = np.flatnonzero(np.r_[True, members.household[1:] != members.household[:-1]])
    bounds = np.r_[starts, members.rows]
    seconds = 0.0
    for begin in range(0, len(starts), AT_ONCE):
        some = bounds[begin : begin + AT_ONCE + 1].tolist()
        households = [[_person(members, row) for row in range(start, end)] for start, end in itertools.pairwise(some)]
        gc.disable()  # the objects here are the benchmark's, not the derivation's
        started = time.process_time()
        answers = [premiums(people, YEAR, UNION) for people in households]
        seconds += time.process_time() - started
        gc.enable()
        for start, answer in zip(some[:-1], answers, strict=True):
            for (place, _), found in answer.items():
                assert found is not None
                amounts[start + place] = found["annual_amount"]
    return amounts, seconds


def _person(members: Households, row: int) -> Person:
    def day(column: str) -> date | None:
        return day_of(int(getattr(members, column)[row]))

    start, born = day("acquired_on"), day("born_on")
    assert born is not None
    return Person(
        born=born,
        spans=[(start, day("lost_on"), False)] if start else [],
        head=bool(members.is_head[row]),
        status="undeclared" if members.income_status[row] == UNDECLARED else "declared",
        pension=int(members.public_pension_receipts[row]),
        salary=int(members.salary_receipts[row]),
        business=int(members.business_income[row]),
        dependant_since=day("former_dependant_since"),
    )


def of_openfisca(members: Households, result: Assessments, runs: int) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[dict[str, float]]]:
    """Amounts of openfisca-core, and its seconds run by run. Months are given to it: it has no days."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.savez(
        FOLDER / "people.npz",
        member=members.member,
        household=members.household,
        pension=members.public_pension_receipts,
        salary=members.salary_receipts,
        business=members.business_income,
        is_insured=members.is_insured,
        is_head=members.is_head,
        is_assessed=members.is_assessed,
        undeclared=members.income_status == UNDECLARED,
        months=result["months"],
        former_dependant=result["is_former_dependant"],
        dependant_months=result["dependant_months"],
    )
    (FOLDER / "law.json").write_text(json.dumps(_law(result.parameters)), encoding="utf-8")
    script = Path(__file__).with_name("openfisca_premium.py")
    subprocess.run([str(_environment()), str(script), str(FOLDER), str(runs)], check=True)
    return np.load(FOLDER / "amounts.npy"), json.loads((FOLDER / "seconds.json").read_text(encoding="utf-8"))


def _environment() -> Path:
    """The Python of openfisca's own environment, made when it is not there."""
    folder = FOLDER / "venv"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", OPENFISCA], check=True)
    return python


def _law(law: Parameters) -> dict[str, Any]:
    """The figures of the law for openfisca's formulas, from the files of the law."""

    def table(of: IncomeTable) -> list[list[int]]:
        return [[min(row.below, LARGEST), row.step, row.rate.numerator, row.rate.denominator, row.less] for row in of.rows]

    def part(name: str, rates: PartRates) -> dict[str, Any]:
        shares = {0: Rate(0, 1), 2: law.share_two, 5: law.share_five, 7: rates.seven_others}
        left = {
            tenths: reduced_per_capita(per_capita=rates.per_capita[0], share=share, unit=1, mode="down") for tenths, share in shares.items()
        }
        half = reduced_per_capita(per_capita=rates.per_capita[0], share=law.dependant_spans[0].share, unit=1, mode="down")
        cuts = [[limit, [share.complement.numerator, share.complement.denominator]] for limit, share in reversed(rates.levy_reductions)]
        rate = [rates.income_rate[0].numerator, rates.income_rate[0].denominator]
        return {"left": left, "dependant_left": half, "rate": rate, "cuts": cuts if name == MEDICAL else [], "cap": rates.cap}

    return {
        "pension_table": table(law.pension_from_65),
        "salary_table": table(law.salary),
        "adjustment": law.salary_adjustment_limit,
        "deduction": [[LARGEST if limit is None else limit, amount] for limit, amount in law.basic_deduction],
        "senior": law.senior_pension_deduction,
        "earner_pension": law.earner_pension_from_65,
        "earner_salary": law.earner_salary_limit,
        "seven": law.reduction_limits.base,
        "five": law.reduction_limits.per_insured_five,
        "two": law.reduction_limits.per_insured_two,
        "extra": law.reduction_limits.per_extra_earner,
        "floor": law.annual_rounding,
        "parts": {name: part(name, rates) for name, rates in law.parts.items()},
    }


def main(people: int, runs: int) -> int:
    law = premium_parameters(UNION, FiscalYear(YEAR))
    members = population(people)
    result, core = of_core(members, law, runs)
    assessed = int(members.is_assessed.sum())
    core_rate = [assessed / seconds for seconds in core]

    by_python, python_seconds = of_python(members)
    by_openfisca, openfisca = of_openfisca(members, result, runs)
    differing = {
        "plain Python": int((by_python != result["annual_amount"]).sum()),
        "openfisca-core": int((by_openfisca != result["annual_amount"]).sum()),
    }
    total = int(result["annual_amount"].sum())
    print(f"{assessed:,} insured in {members.rows:,} rows, {total:,} yen; rows that differ by a yen or more: {differing}")
    steps = {name: sorted(run[name] for run in openfisca)[runs // 2] for name in openfisca[0]}
    print("openfisca-core, seconds of the processor: " + ", ".join(f"{name} {seconds:.3f}" for name, seconds in steps.items()))
    same = not any(differing.values())
    python_rate = [assessed / python_seconds] * runs
    openfisca_rate = [assessed / run["whole"] for run in openfisca]
    for name, other, goal in (("engines: plain Python", python_rate, 20), ("engines: openfisca-core", openfisca_rate, 2)):
        ratio = float(np.median([mine / theirs for mine, theirs in zip(core_rate, other, strict=True)]))
        report(name, product=core_rate, ceiling=other, goal=f"≥ {goal} ×", reached=same and ratio >= goal, unit="people/s", more="one core")
    return 0 if same else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=1_700_000)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    sys.exit(main(chosen.people, chosen.runs))
