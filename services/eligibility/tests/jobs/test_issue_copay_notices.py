"""負担割合判定通知書 for everybody whose rate has changed, in print files; nobody is told twice, nobody under 支援措置 by post (E-27)."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import obstore
import polars as pl
import pytest
from chassis import jobs
from chassis.testing import Databases
from eligibility_service.jobs import issue_copay_notices
from eligibility_service.jobs.issue_copay_notices import IssueCopayNotices
from eligibility_service.jobs.judge_copay_rates import JudgeCopayRates

from services.eligibility.tests.api.conftest import a_window, keys
from services.eligibility.tests.api.test_copay_notices import make
from services.eligibility.tests.api.test_protected_addresses import PROTECTION, SECRET, WHERE
from services.eligibility.tests.pdf import pages_of, text_of
from services.eligibility.tests.people import CHIYODA, income, resident
from services.eligibility.tests.world import World, another_day

__all__ = ["keys"]
AUTUMN = date(2026, 11, 20)
RICH: dict[str, Any] = {"taxable_income": 4_000_000, "resident_tax_status": "1", "public_pension_receipts": 6_000_000}
CLERK = frozenset({CHIYODA})


async def judged(world: World, *rich: int, people: int = 3, last_year: tuple[int, ...] = ()) -> None:
    """Households of one; the rates of last year, and those of this one in which `rich` are rich."""
    await world.hear_sealed([resident(n, household_number=f"{n:015d}") for n in range(1, people + 1)])
    for year, rich_ones in ((2025, last_year), (2026, rich)):
        incomes = [income(n, income_year=year - 1, **(RICH if n in rich_ones else {})) for n in range(1, people + 1)]
        await world.hear_sealed_incomes(incomes)
        assert (await world.run(JudgeCopayRates(), year=year))["differences"] == {}


async def files(world: World) -> list[dict[str, Any]]:
    return await world.rows("SELECT * FROM print_file ORDER BY first_serial")


async def content(world: World, key: str) -> bytes:
    return bytes(await (await obstore.get_async(world.units.store, key)).bytes_async())


async def test_everybody_whose_rate_changed_is_told_once_in_print_files_with_their_sealed_list(
    databases: Databases, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E-27. Seen to fail without `told` in `untold`: the second run told everybody again."""
    monkeypatch.setattr(issue_copay_notices, "PEOPLE", 2)
    async with a_window(databases, keys, today=AUTUMN) as window:
        world = window.world
        await judged(world, 1, 2, 3, people=5, last_year=(3, 4))
        found = await world.run(IssueCopayNotices())
        again = await world.run(IssueCopayNotices())

        assert found["preview"]["負担割合の変更"] == {"1割→3割": 2, "3割→1割": 1}
        assert found["preview"]["市区町村"] == {CHIYODA: 3}
        assert (found["totals"], found["differences"]) == ({"due": 3, "issued": 3, "refused": 0, "withdrawn": 0}, {})
        assert (again["preview"]["通知する件数"], again["differences"]) == (0, {})
        made = await files(world)
        assert [(file["form"], file["pages"], file["by_hand"]) for file in made] == [("copay_notice", 2, False), ("copay_notice", 1, False)]
        text = pages_of(await content(world, made[0]["document_key"]))
        assert all("変更前1割" in page and "変更後3割" in page and "千代田区千代田1番1号" in page for page in text)
        assert "変更前3割" in text_of(await content(world, made[1]["document_key"]))
        (world.folder / "list.parquet").write_bytes(await content(world, made[0]["list_key"]))
        listed = pl.read_parquet(world.folder / "list.parquet")
        numbers = {row["resident_number"]: row["insured_number"] for row in await world.ledger()}
        assert listed.select("page", "insured_number").rows() == [(1, numbers[f"{1:015d}"]), (2, numbers[f"{2:015d}"])]

        letters = await world.rows("SELECT document_id, document_sha256, made_by FROM ledger_document ORDER BY resident_number")
        answer = await window.client.get(f"/letters/{letters[1]['document_id']}/document", headers=window.as_("window_clerk", of=CLERK))
        assert numbers[f"{2:015d}"] in text_of(answer.content)
        assert numbers[f"{1:015d}"] not in text_of(answer.content)
        assert letters[1]["document_sha256"] == hashlib.sha256(await content(world, made[0]["document_key"])).hexdigest()
        listing = (await window.client.get("/print-files", headers=window.as_("union_staff", of=None))).json()
        sent = await window.client.post(
            "/print-files/sent",
            headers=window.as_("union_staff", of=None),
            json={"document_key": listing[-1]["document_key"], "on": "2026-11-20"},
        )
        assert sent.json() == {"sent": 2}


async def test_a_change_that_is_none_any_more_is_withdrawn_and_one_that_comes_after_is_told(databases: Databases, keys: Path) -> None:
    """E-27, I-15. Seen to fail without asking `untold` again in `execute`: the first was told of a rate that was corrected."""
    async with a_window(databases, keys, today=AUTUMN) as window:
        world = window.world
        await judged(world, 1, 2)
        run_id = await jobs.prepare(IssueCopayNotices(), {}, world.units, by="職員")
        await world.hear(income(1, 2))
        await world.hear(income(3, 2, **RICH))
        await jobs.approve(run_id, world.units, by="上司")
        result = await jobs.execute(IssueCopayNotices(), run_id, world.units)
        after = await world.run(IssueCopayNotices())

        assert (result["totals"], result["differences"]) == ({"due": 2, "issued": 1, "refused": 0, "withdrawn": 1}, {})
        assert after["preview"]["負担割合の変更"] == {"1割→3割": 1, "3割→1割": 1}


async def test_what_was_told_at_the_window_is_not_told_by_a_run_and_nobody_who_left_is(databases: Databases, keys: Path) -> None:
    """E-27. Seen to fail without `keep_told` at the window: the first was told twice."""
    async with a_window(databases, keys, today=AUTUMN) as window:
        await judged(window.world, 1, 2, 3)
        await window.world.hear(resident(3, 2, household_number=f"{3:015d}", status="3", changed_on=AUTUMN, ended_on=date(2026, 11, 1)))
        assert (await make(window, "2026-08-01", "key-notice-1")).status_code == 201
        async with another_day(window.world, date(2026, 11, 30)) as later:
            found = await later.run(IssueCopayNotices())
        assert found["preview"]["通知する件数"] == 1
        assert await window.world.value("SELECT resident_number FROM copay_notice WHERE run_id IS NOT NULL") == f"{2:015d}"


async def test_a_notice_of_a_protected_person_stands_in_a_file_of_its_own_and_is_handed_over(databases: Databases, keys: Path) -> None:
    """I-39. Seen to fail with one file for all: the withheld notice lay among those for the post."""
    async with a_window(databases, keys, today=AUTUMN) as window:
        world = window.world
        await judged(world, 1, 2)
        await world.hear(resident(1, 2, household_number=f"{1:015d}", **WHERE))
        headers = {**window.as_("union_staff", of=None), "Idempotency-Key": "protection-1"}
        asked = await window.client.post(f"/people/{CHIYODA}/{1:015d}/address-protection", headers=headers, json=PROTECTION)
        assert asked.status_code == 201
        found = await world.run(IssueCopayNotices())

        assert (found["totals"]["issued"], found["differences"]) == (2, {})
        by_hand = {file["by_hand"]: text_of(await content(world, file["document_key"])) for file in await files(world)}
        assert not any(part in text for part in SECRET for text in by_hand.values())
        assert "窓口でお渡しするもの" in by_hand[True]
        assert "千代田区千代田1番1号" in by_hand[False]
        clerk = window.as_("window_clerk", of=CLERK)
        (waiting,) = (await window.client.get("/handovers", headers=clerk)).json()
        assert (waiting["kind"], waiting["resident_number"]) == ("copay_rate_changed", f"{1:015d}")
        opened = await window.client.get(f"/letters/{waiting['letter_id']}/document", headers=clerk)
        handed = await window.client.post(f"/handovers/{waiting['handover_id']}", headers=clerk, json={"manner": "窓口で本人に渡した"})
        assert (opened.status_code, handed.status_code) == (200, 200)
        assert (await window.client.get("/handovers", headers=clerk)).json() == []


async def test_a_name_that_cannot_be_printed_is_named_and_the_others_are_told(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys, today=AUTUMN) as window:
        await judged(window.world, 1, 2)
        await window.world.hear(resident(1, 2, household_number=f"{1:015d}", name="●期　花子"))
        found = await window.world.run(IssueCopayNotices())
        assert (found["totals"], found["differences"]) == ({"due": 2, "issued": 1, "refused": 1, "withdrawn": 0}, {})
        assert await window.world.value("SELECT refusal IS NOT NULL FROM copay_notice WHERE state = 'refused'")
