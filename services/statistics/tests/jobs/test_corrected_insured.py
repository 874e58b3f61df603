"""A qualification that was cancelled, corrected or moved is counted where it holds, whether it came alone or in a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis.testing import Databases
from contracts.events.eligibility import AcquisitionGround, LossReason
from sqlalchemy import text

from services.statistics.tests.people import ROOT, acquired, apply, sealed

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
BEGUN = acquired(1)
CORRECTIONS: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "cancelled": ({"lost_on": BEGUN.acquired_on}, (0, 0)),
    "lost in the past": ({"lost_on": date(2026, 5, 1), "loss_reason": LossReason.DEATH}, (0, 0)),
    "lost on the last day": ({"lost_on": JUNE, "loss_reason": LossReason.DEATH}, (1, 0)),
    "acquired later than said": ({"acquired_on": date(2026, 6, 1)}, (0, 1)),
    "certified under 75": ({"born_on": date(1957, 1, 1), "acquisition_ground": AcquisitionGround.DISABILITY}, (1, 1)),
    "another number": ({"insured_number": "00000099"}, (1, 1)),
}
_COUNT = "SELECT count(*) FROM insured WHERE acquired_on <= :day AND (lost_on IS NULL OR lost_on > :day)"


@pytest.mark.parametrize("what", CORRECTIONS)
@pytest.mark.parametrize("in_a_batch", [False, True])
async def test_a_corrected_qualification_is_counted_on_the_days_on_which_it_holds(
    databases: Databases, tmp_path: Path, what: str, in_a_batch: bool
) -> None:
    """E-06."""
    changed, expected = CORRECTIONS[what]
    corrected = BEGUN.model_copy(update={**changed, "sequence": 2})
    async with (await databases("statistics", ROOT)).units(store=tmp_path) as units:
        await apply(units, BEGUN)
        await apply(units, await sealed(units, [corrected]) if in_a_batch else corrected)

        async with units.engine.connect() as connection:
            counts = [(await connection.execute(text(_COUNT), {"day": day})).scalar_one() for day in (MAY, JUNE)]
        assert tuple(counts) == expected


async def test_whoever_moves_within_the_union_is_counted_once_in_the_new_municipality(databases: Databases) -> None:
    """E-04."""
    moved_on = date(2026, 6, 10)
    gone = BEGUN.model_copy(update={"lost_on": moved_on, "loss_reason": LossReason.MOVED_WITHIN_UNION, "sequence": 2})
    came = acquired(2, municipality_code="132012", acquired_on=moved_on, acquisition_ground=AcquisitionGround.MOVED_WITHIN_UNION)
    async with (await databases("statistics", ROOT)).units() as units:
        await apply(units, BEGUN, gone, came)

        async with units.engine.connect() as connection:
            counts = [(await connection.execute(text(_COUNT), {"day": day})).scalar_one() for day in (MAY, JUNE)]
        assert counts == [1, 1]
