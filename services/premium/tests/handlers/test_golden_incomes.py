"""Golden records of every kind of income, from the file of a municipality by its layout to the stored decision (I-13, I-12, P-09, T-06)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis import jobs
from chassis.testing import Databases
from contracts.events.municipal import IncomeDetermined
from premium_service.jobs.assess import Assess
from premium_service.rules.columns import DECIDED, DECIDED_UNDECLARED
from sqlalchemy import text

from contracts.layouts import load_layout, read_control, read_file, sha256_of
from services.premium.tests.facts import OLD, ROOT, SINCE, insured, load, resident

GOLDEN = Path(__file__).parent / "golden"
EXPECTED: list[dict[str, Any]] = yaml.safe_load((GOLDEN / "expected.yaml").read_text(encoding="utf-8"))
TABLE: dict[str, Any] = yaml.safe_load(Path("contracts/income_coverage.yaml").read_text(encoding="utf-8"))
UNDECLARED, INQUIRING = (str(len(EXPECTED) + place).zfill(15) for place in (1, 2))
_DECISIONS = """
SELECT r.resident_number, a.levy_base, a.judging_income, a.outcome, a.tier
FROM assessment a JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident
"""


def incomes_of_the_file(data: bytes | Path) -> list[IncomeDetermined]:
    """The accepted rows of the file as the events that the gateway makes of them."""
    read = read_file(data, load_layout("incomes"), read_control(GOLDEN / "incomes.control.json"))
    assert not read.file_errors, read.file_errors
    assert read.refused_count == read.parked_count == 0, read.errors
    rows = read.frame.rename({"determined_on": "effective_on", "history_number": "sequence"}).iter_rows(named=True)
    return [IncomeDetermined(**row) for row in rows]


def test_the_golden_file_has_a_record_for_every_kind_of_income_that_has_a_column() -> None:
    kinds = {row["kind"] for row in TABLE["kinds"] if row.get("field") not in (None, "taxable_income")}
    assert kinds <= {record["kind"] for record in EXPECTED}


async def test_every_kind_of_income_comes_through_the_file_into_levy_base_and_judging_income(databases: Databases, tmp_path: Path) -> None:
    """I-13: six towns of Ehime passed incomes on wrongly for eight years. Seen to fail with `other_income` not read from the batch."""
    incomes = incomes_of_the_file(GOLDEN / "incomes.csv")
    people = [event.resident_number for event in incomes]
    residents = [resident(number, household=number[-3:], born=OLD) for number in people]
    ledger = [insured(number[-8:], born=OLD, acquired=SINCE).model_copy(update={"resident_number": number}) for number in people]

    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await load(units, residents, incomes, ledger)
        run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
        await jobs.approve(run_id, units, by="approver")
        await jobs.execute(Assess(), run_id, units)
        async with units.engine.connect() as connection:
            found = {row[0]: row[1:] for row in await connection.execute(text(_DECISIONS))}

    decided = {number: (base, judged) for number, (base, judged, outcome, _) in found.items() if outcome == DECIDED}
    assert decided == {record["resident"]: (record["levy_base"], record["judging_income"]) for record in EXPECTED}
    assert found[UNDECLARED][2:] == (DECIDED_UNDECLARED, 0), "未申告 is decided, without reduction"
    assert INQUIRING not in found, "照会中 is not decided"


@pytest.mark.parametrize("column", ["public_pension_receipts", "family_employee_deduction", "other_income", "loss_carried_forward"])
def test_an_amount_that_is_lost_on_the_way_is_found_by_the_control_total_of_its_kind(column: str) -> None:
    """I-13, P-09: hash totals by kind of income. One amount becomes zero in the file; the file as a whole is refused."""
    header, *lines = (GOLDEN / "incomes.csv").read_text(encoding="utf-8").splitlines()
    place = header.split(",").index(column)
    row = next(number for number, line in enumerate(lines) if line.split(",")[place] not in ("", "0"))
    cells = lines[row].split(",")
    cells[place] = "0"
    lines[row] = ",".join(cells)
    data = "\n".join([header, *lines, ""]).encode()
    control = replace(read_control(GOLDEN / "incomes.control.json"), sha256=sha256_of(data))  # only the total is wrong
    read = read_file(data, load_layout("incomes"), control)

    assert read.accepted_count == 0
    assert [error.column for error in read.file_errors] == [f"{column}_sum"]
