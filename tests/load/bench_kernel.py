"""The premium of a union of 1.7 million insured people, with every intermediate value kept: `python tests/load/bench_kernel.py [people]`.

Prints seconds, people a second and peak memory, beside two ceilings measured in the same run: copying the same columns once (what no
assessment can beat by much) and writing memory that was never touched (what the first run after a start pays to the machine).
"""

from __future__ import annotations

import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from datetime import date

import numpy as np
from chassis.law import NEVER, FiscalYear, day_number
from premium_service.law import premium_parameters
from premium_service.rules import Assessments, Households, assess

RUNS = 5


def population(insured: int, seed: int = 7) -> Households:
    """Households of one to four, 85 % of the rows insured, with plausible pensions, some salaries, joiners and former dependants."""
    generator = np.random.default_rng(seed)
    rows = round(insured / 0.85)
    household = np.sort(generator.integers(0, int(rows / 1.3), rows))
    is_insured = generator.random(rows) < 0.85
    year_start = day_number(date(2026, 4, 1))
    joined = np.where(generator.random(rows) < 0.95, day_number(date(2015, 4, 1)), generator.integers(year_start, year_start + 365, rows))
    return Households.of(
        {
            "household": household,
            "member": np.arange(rows),
            "born_on": generator.integers(day_number(date(1920, 1, 1)), day_number(date(1951, 1, 1)), rows),
            "acquired_on": joined,
            "former_dependant_since": np.where(generator.random(rows) < 0.02, joined, NEVER),
            "public_pension_receipts": generator.gamma(2, 700_000, rows).astype(np.int64),
            "salary_receipts": np.where(generator.random(rows) < 0.08, generator.gamma(1.5, 1_500_000, rows), 0).astype(np.int64),
            "business_income": np.where(generator.random(rows) < 0.05, generator.gamma(1.5, 800_000, rows), 0).astype(np.int64),
            "is_head": np.r_[True, household[1:] != household[:-1]],
            "is_insured": is_insured,
            "is_assessed": is_insured,
        }
    )


def _median_seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds, each the median of the runs: on a busy machine they differ."""
    wall, processor = [], []
    for _ in range(RUNS):
        start, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    return sorted(wall)[RUNS // 2], sorted(processor)[RUNS // 2]


def _copy(households: Households, result: Assessments) -> None:
    for field in fields(households):
        getattr(households, field.name).copy()
    for column in result.columns.values():
        column.copy()


def main(insured: int) -> None:
    start = time.perf_counter()
    fresh = np.ones(50_000_000, np.int64)
    untouched = (time.perf_counter() - start) / fresh.nbytes
    del fresh
    members = population(insured)
    law = premium_parameters("13", FiscalYear(2026))
    start = time.perf_counter()
    result = assess(members, law)
    first = time.perf_counter() - start
    written = sum(column.nbytes for column in result.columns.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kernel, kernel_cpu = _median_seconds(lambda: assess(members, law))
    ceiling, ceiling_cpu = _median_seconds(lambda: _copy(members, result))
    people = int(members.is_assessed.sum())
    print(f"machine               {platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, one core")
    print(f"insured people        {people:,} in {members.rows:,} rows; {written / members.rows:.0f} bytes of result a row")
    print(
        f"assessment            {kernel:.3f} s ({kernel_cpu:.3f} s of processor), {people / kernel:,.0f} people/s; first run {first:.3f} s"
    )
    print(f"ceiling: column copy  {ceiling:.3f} s ({ceiling_cpu:.3f} s of processor); ratio {kernel_cpu / ceiling_cpu:.1f}")
    print(f"fresh memory          {untouched * written:.3f} s for as many bytes never touched before")
    print(f"peak memory           {peak:,.0f} MiB after one assessment, its inputs included")
    print(f"checksum              {int(result['annual_amount'].sum()):,} yen")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_700_000)
