"""賦課台帳, 更正賦課台帳, 期間制限一覧 and their files: every line with its inputs, and Σ lines is the total of the run."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis import jobs
from chassis.documents.people_list.build import places
from chassis.testing import SAMPLE_DAY, Databases, TestDatabase
from contracts.events.eligibility import InsuredLost, LossReason
from premium_service.domain.ledgers import COLUMNS, LedgerKind
from premium_service.jobs.assess import Assess
from premium_service.jobs.make_ledger import MakeLedger
from pypdf import PdfReader

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, income, insured, load, premiums, qualification, resident, rows, run
from services.premium.tests.windows import CLERK, UNION, window

PEOPLE = [str(number) for number in range(1, 31)]
EVERYTHING = {"municipality": "*", "fiscal_year": "2026"}
PERIOD = {"municipality": "*", "first_day": "2026-07-01", "last_day": "2026-07-31"}


@asynccontextmanager
async def decided(databases: Databases, store: Path) -> AsyncIterator[tuple[TestDatabase, dict[str, Any], httpx.AsyncClient]]:
    """Thirty people, decided by a run; then the income of one is corrected and another dies. Asked as an officer of the union."""
    database = await databases("premium", ROOT)
    async with database.units(store=store / "objects") as units:
        residents = [resident(number, household=number, born=OLD) for number in PEOPLE]
        incomes = [income(number, pension=1_000_000 + 100_000 * int(number)) for number in PEOPLE]
        await load(units, residents, incomes, [insured(number, born=OLD, acquired=SINCE) for number in PEOPLE])
        outcome = await run(units, Assess(), scope="due")
        await apply(units, income("3", pension=3_000_000, sequence=2))
        lost = {"lost_on": date(2026, 7, 11), "loss_reason": LossReason.DEATH}
        await apply(units, InsuredLost(effective_on=SAMPLE_DAY, sequence=2, **qualification("5", OLD, SINCE), **lost))
    async with window(database, UNION, store) as client:
        yield database, outcome, client


async def made(client: httpx.AsyncClient, database: TestDatabase, store: Path, kind: str, form: str, **wanted: str) -> dict[str, Any]:
    """Ask for the files of a ledger and let the job make them."""
    body = {**wanted, "form": form, "place": "全市区町村", "names": {"131016": "千代田区"}}
    answer = await client.post(f"/ledgers/{kind}/files", json=body, headers={"Idempotency-Key": f"key-{kind}-{form}"})
    assert answer.status_code == 201, answer.text
    run_id = answer.json()["run_id"]
    async with database.units(store=store / "objects") as units:
        outcome = await jobs.execute(MakeLedger(), UUID(run_id), units)
    assert outcome["differences"] == {}
    found = (await client.get("/ledgers/files")).raise_for_status().json()[0]
    assert (found["run_id"], found["state"]) == (run_id, "ready")
    return dict(found)


async def test_the_lines_of_the_ledger_add_up_to_the_run_and_name_their_inputs(databases: Databases, tmp_path: Path) -> None:
    """P-05."""
    database = await databases("premium", ROOT)
    async with database.units(store=tmp_path / "objects") as units:
        residents = [resident(number, household=number, born=OLD) for number in PEOPLE]
        incomes = [income(number, pension=1_000_000 + 100_000 * int(number)) for number in PEOPLE]
        await load(units, residents, incomes, [insured(number, born=OLD, acquired=SINCE) for number in PEOPLE])
        outcome = await run(units, Assess(), scope="due")
        async with window(database, UNION, tmp_path) as client:
            shown = (await client.get("/ledgers/assessed", params=EVERYTHING)).raise_for_status().json()
            file = await made(client, database, tmp_path, "assessed", "csv", **EVERYTHING)
            content = (await client.get(f"/ledgers/files/{file['run_id']}/1")).content

        assert (shown["total"], shown["yen"]) == (30, outcome["totals"]["yen_in_force"])
        assert sum(line["amount"] for line in shown["rows"]) == shown["yen"]
        lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert sum(int(line["年額"]) for line in lines) == outcome["totals"]["yen_in_force"] == file["yen"]
        for line in lines:
            run_id, _, household = line["入力記録"].partition("/")
            found = await rows(units, f"SELECT count(*) FROM assessment_input WHERE run_id = '{run_id}' AND household = {household}")
            assert found == [(1,)]
            assert run_id == str(outcome["run_id"])


async def test_the_preview_names_who_changes_by_reason_and_the_groups_add_up(databases: Databases, tmp_path: Path) -> None:
    """P-04, I-08: a run over everybody before it is approved; decided groups together are the whole difference in yen."""
    async with decided(databases, tmp_path) as (database, first, client):
        assert first["preview"]["by_reason"] == {"初めての決定": {"people": 30, "yen": first["totals"]["yen_decided"]}}
        async with database.units(store=tmp_path / "objects") as units:
            changed = [income(number, pension=3_200_000, sequence=3) for number in ("3", "4")]
            moved = resident("7", household="8", head=False, born=OLD, sequence=2, changed_on=date(2026, 3, 1))
            await load(units, [moved], changed, [insured("9", born=OLD, acquired=date(2026, 6, 1), sequence=2)])
            before = {row[0]: row[3] for row in await premiums(units)}
            run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
            async with units.open() as uow:
                (found,) = await jobs.runs(uow, run_id=run_id)
            assert {row[0]: row[3] for row in await premiums(units)} == before, "a preview decides nothing"
            seen = (await client.get(f"/runs/{run_id}/differences")).raise_for_status().json()
            await jobs.approve(run_id, units, by="approver")
            outcome = await jobs.execute(Assess(), run_id, units)
            after = {row[0]: row[3] for row in await premiums(units)}

        groups = found["preview"]["by_reason"]
        assert "賦課月数" in groups
        assert any("所得" in group for group in groups)
        assert sum(group["people"] for group in groups.values()) == outcome["totals"]["decided"] == found["preview"]["decided"]
        assert sum(group["yen"] for group in groups.values()) == sum(after.values()) - sum(before.values())
        assert sum(group["yen"] for group in seen["groups"]) == sum(after.values()) - sum(before.values())
        named = {row["resident_number"]: row["amount_after"] for row in seen["people"] if row["amount_after"] != row["amount_before"]}
        assert named == {number: after[number] for number in after if after[number] != before[number]}


async def test_the_ledger_of_corrections_shows_reason_event_and_difference(databases: Databases, tmp_path: Path) -> None:
    """P-07."""
    async with decided(databases, tmp_path) as (database, first, client):
        shown = (await client.get("/ledgers/corrected", params=PERIOD)).raise_for_status().json()
        whole = (await client.get("/ledgers/assessed", params=EVERYTHING)).raise_for_status().json()
        empty = (await client.get("/ledgers/corrected", params={**PERIOD, "first_day": "2026-07-14"})).raise_for_status().json()
        file = await made(client, database, tmp_path, "corrected", "pdf", **PERIOD)
        pdf = PdfReader(io.BytesIO((await client.get(f"/ledgers/files/{file['run_id']}/1")).content))

    assert [(line["resident_number"], line["reasons"], line["events"]) for line in shown["rows"]] == [
        ("3", "所得・均等割額の軽減", "所得の決定または更正"), ("5", "賦課月数", "資格の喪失"),
    ]  # fmt: skip
    assert shown["yen"] == sum(line["difference"] for line in shown["rows"]) == whole["yen"] - first["totals"]["yen_in_force"]
    assert empty["total"] == 0
    text = "".join(pdf.pages[0].extract_text().split())
    assert "更正賦課台帳" in text
    assert f"増減の合計{shown['yen']:,}円" in text
    assert len(pdf.pages) == 1


async def test_a_long_ledger_has_pages_whose_lines_add_up(databases: Databases, tmp_path: Path) -> None:
    async with decided(databases, tmp_path) as (database, _, client):
        file = await made(client, database, tmp_path, "assessed", "pdf", **EVERYTHING)
        pdf = PdfReader(io.BytesIO((await client.get(f"/ledgers/files/{file['run_id']}/1")).content))
        assert len(pdf.pages) == 2
        assert f"年額の合計{file['yen']:,}円" in "".join(pdf.pages[1].extract_text().split())
        assert "千代田区" in pdf.pages[0].extract_text()


async def test_the_list_of_the_time_limit_shows_each_difference_with_its_basis(databases: Databases, tmp_path: Path) -> None:
    """P-15, I-16."""
    database = await databases("premium", ROOT)
    async with database.units(today=date(2023, 7, 14)) as units:
        await apply(units, resident("1", born=OLD), income("1", pension=3_500_000, year=2022), insured("1", born=OLD, acquired=SINCE))
    async with database.units(today=date(2025, 8, 1)) as units:
        await apply(units, income("1", pension=3_800_000, year=2022, sequence=2))
    async with window(database, UNION, tmp_path, today=date(2025, 8, 1)) as client:
        wanted = {"municipality": "131016", "first_day": "2025-08-01", "last_day": "2025-08-01"}
        shown = (await client.get("/ledgers/limited", params=wanted)).raise_for_status().json()
        file = await made(client, database, tmp_path, "limited", "csv", **wanted)
    (line,) = shown["rows"]
    assert (line["kind_name"], line["method_name"]) == ("増額できません（期間制限）", "普通徴収（暦による）")
    assert (line["first_due_on"], line["closed_on"]) == ("2023-07-31", "2025-08-01")
    assert "第160条の2" in line["basis"]
    assert shown["yen"] == line["difference"] == file["yen"] > 0


@pytest.mark.parametrize("kind", ["assessed", "corrected", "limited", "provisional"])
async def test_a_ledger_is_for_the_union_alone(databases: Databases, tmp_path: Path, kind: str) -> None:
    database = await databases("premium", ROOT)
    wanted = EVERYTHING if kind in ("assessed", "provisional") else PERIOD
    async with window(database, CLERK, tmp_path) as client:
        assert (await client.get(f"/ledgers/{kind}", params={**wanted, "municipality": "131016"})).status_code == 403
    async with window(database, UNION, tmp_path) as client:
        assert (await client.get(f"/ledgers/{kind}", params=wanted)).json()["total"] == 0
        answer = await client.get(f"/ledgers/{kind}", params={"municipality": "*"})
        assert (answer.status_code, answer.json()["code"]) == (422, "KOKI-P023")


@pytest.mark.parametrize("kind", list(LedgerKind))
def test_the_columns_of_every_ledger_stand_within_the_paper(kind: LedgerKind) -> None:
    assert places(COLUMNS[kind])[-1] <= 814
    assert [column.term for column in COLUMNS[kind] if column.width + 5 < 7.5 * len(column.term)] == [], "a head reaches into the next"
