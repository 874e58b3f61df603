"""A rate scenario over a whole union, from kept profiles to rates and effects, against one numpy pass over the same people's columns.

`python -m tests.load.bench_scenario --people 1700000 --runs 5`. Making the profiles (once a population and law) is reported beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Any
from uuid import UUID

import numpy as np
from chassis.batches import open_store
from chassis.law import FiscalYear
from premium_service.domain.trials import RateChoices, TrialRequest, YearFigures, try_rates
from premium_service.law import premium_parameters
from premium_service.rules import Households, assess
from premium_service.rules.parameters import Parameters
from premium_service.rules.profiles import Profiles, profile_columns, profiles_of
from premium_service.store import profiles as kept

from tests.load.bench_assess import invented_inputs
from tests.load.measure import peak_mebibytes, report, seconds

COST_PER_HEAD = 900_000
SECONDS = 2.0
"""The goal for 1,700,000 people; a smaller run has its share of it."""
POPULATION = {"population_id": UUID(int=50), "source": "decisions", "fiscal_year": 2026}
FOLDER = ".koki/load/objects"


def spread(records: np.ndarray[Any, Any]) -> None:
    """Pensions of any yen, as they really are: the fewer people share a profile, the harder for the scenario."""
    random = np.random.default_rng(2)
    records["public_pension_receipts"] = random.gamma(2.2, 750_000, len(records)).astype(np.int64)


def made(people: int, law: Parameters) -> tuple[Profiles, np.ndarray[Any, np.dtype[np.int64]]]:
    """Profiles as the service makes them, and everybody's levy base for the ceiling."""
    records = invented_inputs(people)
    spread(records)
    result = assess(Households.from_records(records), law)
    columns, rows, undecided = profile_columns(result)
    codes = np.array([b"131016", b"132012", b"133086"], "S6")[np.arange(people) % 3]
    return profiles_of(columns, codes[rows], undecided), np.ascontiguousarray(result["levy_base"][rows])


def scenario(people: int) -> TrialRequest:
    years = tuple(
        YearFigures(fiscal_year=year, insured=people, benefits=people * COST_PER_HEAD, high_income_benefits=people * 60_000)
        for year in (2026, 2027)
    )
    return TrialRequest(name="bench", fiscal_year=2026, years=years, choices=RateChoices(income_coefficient="52/48"))


def one_pass(levy_base: np.ndarray[Any, np.dtype[np.int64]]) -> int:
    """The ceiling: the amount of every person once, with one rate, one cap and one floor, and the sum; nothing searched, read or told."""
    amount = np.minimum(53_300 + levy_base * np.int64(988) // np.int64(10_000), np.int64(850_000)) // np.int64(100) * np.int64(100)
    return int(amount.sum())


async def main(people: int, runs: int) -> None:
    law = premium_parameters("13", FiscalYear(2026))
    start = time.perf_counter()
    profiles, levy_base = await asyncio.to_thread(made, people, law)
    making = time.perf_counter() - start
    store = open_store(FOLDER)
    await kept.keep(store, POPULATION, law, profiles)
    request, products, ceilings, used = scenario(people), [], [], []
    found: dict[str, Any] = {}

    async def whole() -> None:
        """What a request costs a process that has not seen the population: read the profiles, search, tell the effects."""
        kept.forget()
        found.update(try_rates(request, await kept.profiles_for(store, POPULATION, law), law, inputs_hash="bench"))

    async def ceiling() -> None:
        one_pass(levy_base)

    await whole()
    for _ in range(runs):
        before = time.process_time()
        products.append(await seconds(whole))
        used.append(time.process_time() - before)
        ceilings.append(await seconds(ceiling))
    medical = found["parts"]["medical"]
    limit = SECONDS * people / 1_700_000
    median = sorted(products)[len(products) // 2]
    more = (
        f"{sorted(used)[len(used) // 2]:.2f} s of processor, {people:,} people, {profiles.rows:,} profiles made in {making:.1f} s, "
        f"{len(medical['attempts'])} rates tried → {medical['per_capita']:,} yen {medical['income_rate']}, "
        f"peak memory {peak_mebibytes():.0f} MiB"
    )
    report("scenario", product=products, ceiling=ceilings, goal=f"< {limit:.2f} s", reached=median < limit, unit="s", more=more)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_700_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(main(given.people, given.runs))
