"""Search and the person screen over HTTP, with signed tokens and row-level security."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import asyncpg
import pytest
from chassis.database import driver
from chassis.testing import Databases
from chassis.tokens import Principal

from services.eligibility.tests.api.conftest import a_window
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.world import a_world, only

OWN = frozenset({CHIYODA})


async def test_search_finds_by_number_by_kana_of_any_width_and_by_birth(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(
            resident(1, name="山田　花子", name_kana="ヤマダ　ハナコ"),
            resident(2, name="山本　太郎", name_kana="ヤマモト　タロウ", born_on=date(1939, 1, 7)),
            resident(3, name="郡司　次郎", name_kana="グンジ　ジロウ", born_on=date(1960, 1, 7)),
        )
        clerk = window.as_("window_clerk", of=None)

        async def found(**parameters: str) -> list[str]:
            answer = await window.client.get("/people", params=parameters, headers=clerk)
            assert answer.status_code == 200, answer.text
            return [row["name"] for row in answer.json()]

        assert await found(kana="ヤマダ") == ["山田　花子"]
        assert await found(kana="ﾔﾏﾀﾞ ﾊﾅ") == ["山田　花子"]
        assert await found(kana="やま") == ["山田　花子", "山本　太郎"]
        assert await found(kana="ｸﾞﾝｼﾞ") == ["郡司　次郎"]
        assert await found(born_on="1939-01-07") == ["山本　太郎"]
        assert await found(born_on="1940-05-05", kana="ヤマモト") == []
        assert await found(number=f"{3:015d}") == ["郡司　次郎"]
        number = (await window.world.ledger())[0]["insured_number"]
        assert await found(number=number) == ["山田　花子"]
        assert (await window.client.get("/people", headers=clerk)).json()["code"] == "KOKI-E001"


async def test_people_of_a_batch_are_found_as_soon_as_search_has_followed(databases: Databases, keys: Path) -> None:
    from eligibility_service.store import bulk, search

    async with a_window(databases, keys) as window:
        people = [resident(number, name_kana=f"ア{'イ' * (number % 3)}　ウ") for number in range(1, bulk.LARGE + 2)]
        await window.world.hear_sealed(people)
        clerk = window.as_("window_clerk", of=OWN)
        assert (await window.client.get("/people", params={"kana": "アイイ"}, headers=clerk)).json() == []
        await window.world.hear(resident(1, 2, changed_on=date(2026, 1, 1), name_kana="カワッタ　ヒト"))

        async def follow() -> bool:
            async with window.world.units.open() as uow:
                return await search.follow_one_part(uow)

        while await follow():
            pass

        assert len((await window.client.get("/people", params={"kana": "アイイ", "limit": "200"}, headers=clerk)).json()) == 200
        assert len((await window.client.get("/people", params={"kana": "カワッタ"}, headers=clerk)).json()) == 1
        last = (await window.world.ledger())[-1]
        (row,) = (await window.client.get("/people", params={"number": last["insured_number"]}, headers=clerk)).json()
        assert row["resident_number"] == last["resident_number"]


async def test_the_person_screen_shows_record_household_qualification_and_both_times(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(2), resident(3, name="後期　太郎", relationship="11", born_on=date(1970, 1, 1)))
        await window.world.hear(resident(2, 2, status="3", changed_on=date(2026, 6, 30), ended_on=date(2026, 6, 30)))
        await window.world.hear(resident(2, 3, changed_on=date(2026, 6, 30), address_number="2番2号"))

        answer = await window.client.get(f"/people/{CHIYODA}/{2:015d}", headers=window.as_("window_clerk", of=OWN))

        found = answer.json()
        assert found["person"]["insurer_number"] == "39131016"
        assert found["person"]["insured_number"] == "00000001"
        assert found["person"]["address_number"] == "2番2号"
        assert only(found["qualifications"])["acquired_on"] == "2015-05-05"
        assert [(row["name"], row["insured"]) for row in found["household"]] == [("後期　花子", True), ("後期　太郎", False)]
        believed = [entry["what"] for entry in found["history"] if entry["recorded_until"] is None]
        assert believed == ["住民、消除の異動年月日、住所", "資格の変更", "住民の記録"]
        superseded = {entry["what"] for entry in found["history"] if entry["recorded_until"] is not None}
        assert superseded == {"資格取得（75歳到達）", "資格喪失（死亡）", "住民の記録", "死亡、消除の異動年月日"}


async def test_a_clerk_sees_only_people_of_the_own_municipality(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1), resident(1, municipality=HACHIOJI, name="他市　次郎"))
        clerk = window.as_("window_clerk", of=OWN)

        listed = (await window.client.get("/people", params={"born_on": "1940-05-05"}, headers=clerk)).json()
        other = await window.client.get(f"/people/{HACHIOJI}/{1:015d}", headers=clerk)
        by_number = (await window.client.get("/people", params={"number": f"{1:015d}"}, headers=clerk)).json()

        assert [row["municipality_code"] for row in listed] == [CHIYODA]
        assert [row["municipality_code"] for row in by_number] == [CHIYODA]
        assert (other.status_code, other.json()["code"]) == (404, "KOKI-404")


async def test_row_level_security_hides_other_municipalities_even_from_direct_sql(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(1, municipality=HACHIOJI))
        await world.hear(resident(1, 2, municipality=HACHIOJI, changed_on=date(2026, 7, 1), household_number="9"))
        clerk = Principal("clerk", frozenset({"window_clerk"}), frozenset({CHIYODA}))
        tables = [
            "resident", "resident_history", "resident_search", "resident_as_known", "qualification", "qualification_history",
            "qualification_as_known", "insured_number_search", "certificate", "worklist_item",
        ]  # fmt: skip
        async with world.units.open(seen_by=clerk) as uow:
            raw = await driver(uow.connection)
            for table in tables:
                assert await raw.fetchval(f"SELECT count(*) FROM {table} WHERE municipality_code <> $1", CHIYODA) == 0, table
            assert await raw.fetchval("SELECT count(*) FROM resident") == 1
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await raw.execute("UPDATE resident SET name = 'x'")


async def test_nothing_is_shown_without_a_signed_token_or_without_a_role(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        assert (await window.client.get("/people", params={"kana": "ア"})).status_code == 401
        forged = {"Authorization": "Bearer a.b.c"}
        assert (await window.client.get("/people", params={"kana": "ア"}, headers=forged)).status_code == 401
        assert (await window.client.get("/people", params={"kana": "ア"}, headers=window.as_("operator", of=None))).status_code == 403


async def test_an_operator_learns_whose_number_it_is_without_a_name(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        operator = window.as_("operator", of=None)

        answer = await window.client.get("/operations/insured-numbers/00000001", headers=operator)

        assert answer.json() == {"municipality_code": CHIYODA, "resident_number": f"{1:015d}"}
        assert (await window.client.get("/operations/insured-numbers/99999999", headers=operator)).status_code == 404
