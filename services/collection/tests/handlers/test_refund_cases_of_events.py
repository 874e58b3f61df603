"""What receipts and lowered premiums make of themselves (C-18): a case, without anybody asking for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from chassis.testing import Databases

from services.collection.tests.api.refund_window import window
from services.collection.tests.people import ROOT, apply, assessed, insured, resident, rows
from services.collection.tests.receipts import paid, take, take_back

CASES = "SELECT count(*), count(closed_on) FROM refund_case"


async def test_a_slip_paid_at_two_tills_and_a_premium_that_is_lowered_are_one_case(databases: Databases, tmp_path: Path) -> None:
    """C-18, I-07: through the very functions of receipts and assessments; the second payment of a slip is the one that is too much."""
    database = await databases("collection", ROOT)
    async with window(database, tmp_path) as there:
        await apply(there.units, resident(1), insured(1), assessed(1, 58_050))
        twice = paid(1, 7_650, reference="second", source="convenience", paid_on=date(2026, 7, 11))
        await take(there.units, paid(1, 7_650), twice)
        assert await rows(there.units, CASES) == [(1, 0)]

        await apply(there.units, assessed(1, 40_000, sequence=2))

        assert await rows(there.units, CASES) == [(1, 0)]
        case = await there.case_of(1)
        found = [(part["amount"], part["occasion"], part["paid_on"]) for part in case["parts"]]
        assert found[0] == (7_650, "二重納付・納め過ぎ", "2026-07-11")
        assert case["overpaid"] == sum(amount for amount, _, _ in found)

        await take_back(there.units, twice)

        assert (await there.case_of(1))["overpaid"] == case["overpaid"] - 7_650


async def test_a_receipt_that_is_taken_back_whole_closes_its_case(databases: Databases, tmp_path: Path) -> None:
    database = await databases("collection", ROOT)
    async with window(database, tmp_path) as there:
        await apply(there.units, resident(1), insured(1), assessed(1, 58_050))
        too_much = paid(1, 900, number=None)
        await take(there.units, too_much)
        await take_back(there.units, too_much)

        assert await rows(there.units, CASES) == [(1, 1)]
