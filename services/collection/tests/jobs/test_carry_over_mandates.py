"""口座振替の引継ぎ: nobody's account is lost when a scheme changes, and whoever has no way to pay is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chassis.database import driver
from chassis.problems import Problem
from chassis.testing import Databases
from chassis.unit_of_work import Units
from collection_service.jobs.carry_over_mandates import CarryOverMandates
from collection_service.jobs.load_bank_branches import LoadBankBranches
from collection_service.store import payment_methods

from services.collection.tests.accounts import BRANCHES, account, arrived, arrived_rows, branches, mandate, person, run
from services.collection.tests.people import CHIYODA, DAY, ROOT, rows

HELD = "SELECT resident_number, account_number, origin FROM bank_mandate ORDER BY resident_number"


def row(number: int, **changes: Any) -> dict[str, Any]:
    """The account of resident `number` as 国保 has it."""
    found = account(number)
    return {
        "municipality_code": CHIYODA, "resident_number": str(number), "bank_code": found.bank_code, "branch_code": found.branch_code,
        "account_kind": found.account_kind, "account_number": found.account_number, "holder_kana": found.holder_kana, "applied_on": DAY,
    } | changes  # fmt: skip


async def without_method(units: Units) -> dict[str, str]:
    """Resident → why there is no way to pay."""
    async with units.open() as uow:
        found = await payment_methods.missing(await driver(uow.connection), 2026, on=uow.today)
    return {one["resident_number"]: one["reason"] for one in found}


async def test_accounts_of_the_other_scheme_go_on_and_whoever_is_left_is_named_with_the_reason(
    databases: Databases, tmp_path: Path
) -> None:
    """I-09: in 2008 the accounts of 国保 were lost, and premiums became unpaid."""
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await branches(units)
        for number in range(1, 6):
            await person(units, number)
        await mandate(units, 2)
        assert await without_method(units) == dict.fromkeys("1345", "no_slip_yet")
        file = [row(1), row(2, account_number="9999999"), row(3, branch_code="777"), row(4, holder_kana="ｶｸｳ_ﾊﾅｺ"), row(99)]
        sha256 = await arrived_rows(units, tmp_path, "carried_mandates", file)

        preview, outcome = await run(units, CarryOverMandates(), file=sha256)

        assert (preview["rows"], preview["carried"]) == (5, 1)
        assert preview["residents_left"] == {
            "has_mandate": ["2"], "holder_unwritable": ["4"], "unknown_branch": ["3"], "unknown_resident": ["99"],
        }  # fmt: skip
        assert outcome == {"totals": {"rows": 5, "carried": 1, "left": 4}, "differences": {}}
        assert await rows(units, HELD) == [("1", "0000001", "carried_over"), ("2", "0000002", "carried_over")]
        assert await without_method(units) == dict.fromkeys("345", "no_slip_yet")


async def test_accounts_that_came_in_a_file_need_two_officers_too(databases: Databases, tmp_path: Path) -> None:
    """The rule for accounts of I-35. Seen to fail without `is_own_approval`."""
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await branches(units)
        await person(units, 1)
        sha256 = await arrived_rows(units, tmp_path, "carried_mandates", [row(1)])
        with pytest.raises(Problem) as refused:
            await run(units, CarryOverMandates(), file=sha256, approved_by="first")
        assert refused.value.code == "KOKI-C089"
        assert await rows(units, HELD) == []


async def test_a_file_of_accounts_that_lost_a_line_is_refused_whole(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await branches(units)
        await arrived_rows(units, tmp_path, "carried_mandates", [row(1), row(2)])
        data = (tmp_path / "carried_mandates.csv").read_bytes()
        control = (tmp_path / "collection/arrived").glob("*.control")
        cut = await arrived(units, "carried_mandates", data[: data.rindex(b"131016")], next(control).read_bytes())
        with pytest.raises(Problem, match="件数が合いません"):
            await run(units, CarryOverMandates(), file=cut)


async def test_branches_of_banks_are_loaded_and_renamed_and_none_is_lost(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await branches(units)
        renamed = BRANCHES.row(1, named=True) | {"branch_name": "北中央支店"}
        sha256 = await arrived_rows(units, tmp_path, "bank_branches", [renamed, renamed | {"branch_code": "103"}])
        preview, outcome = await run(units, LoadBankBranches(), file=sha256)
        assert (preview, outcome["differences"]) == ({"branches": 2, "new": 1, "not_named": 2}, {})
        names = await rows(units, "SELECT branch_code, branch_name FROM bank_branch WHERE bank_code = '9901' ORDER BY 1")
        assert names == [("001", "本店"), ("102", "北中央支店"), ("103", "北中央支店")]
