"""Applications at the window: what the law of the day gives for them, from the first day of the month on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis import jobs
from chassis.testing import Databases
from eligibility_service.jobs.issue_cards import IssueCards
from eligibility_service.rules.copay.columns import LimitClass

from services.eligibility.tests.api.conftest import Window, a_window, a_window_on
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, resident
from services.eligibility.tests.rates import decided
from services.eligibility.tests.world import World, another_day, only

PERSON = f"/people/{CHIYODA}/{1:015d}"


async def insured(world: World, number: int = 1) -> UUID:
    found = await world.value("SELECT insured_id FROM qualification WHERE resident_number = $1", f"{number:015d}")
    assert isinstance(found, UUID)
    return found


async def applies(window: Window, key: str, **fields: Any) -> Any:
    clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
    return await window.client.post(f"{PERSON}/certificate-applications", headers={**clerk, "Idempotency-Key": key}, json=fields)


async def text_of_issued(window: Window, answer: Any) -> str:
    assert answer.status_code == 201, answer.text
    clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
    return text_of((await window.client.get(f"/certificates/{answer.json()['certificate_id']}/document", headers=clerk)).content)


async def test_a_reduction_certificate_is_valid_from_the_first_day_of_the_month_of_application(databases: Databases, keys: Path) -> None:
    """E-10, W-02."""
    async with a_window(databases, keys, today=date(2024, 9, 17)) as window:
        await window.world.hear(resident(1))
        await decided(window.world, await insured(window.world), 10, LimitClass.LOW_2, date(2024, 8, 1), date(2025, 7, 31))

        answer = await applies(window, "the-first-press", subject="limit", applied_on="2024-09-17", stay_days=91)

        text = await text_of_issued(window, answer)
        for part in ("限度額適用・標準負担額減額認定証", "区分Ⅱ", "発効期日令和6年9月1日", "令和6年10月1日", "有効期限令和7年7月31日"):
            assert part in text, part
        assert (answer.json()["kind"], answer.json()["valid_from"]) == ("reduction_certificate", "2024-09-01")


async def test_a_limit_certificate_is_for_those_who_need_one_and_a_refusal_says_why(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys, today=date(2024, 9, 17)) as window:
        await window.world.hear(resident(1))
        of_year = (date(2024, 8, 1), date(2025, 7, 31))

        undecided = await applies(window, "press-undecided", subject="limit", applied_on="2024-09-17")
        await decided(window.world, await insured(window.world), 10, LimitClass.GENERAL_1, *of_year)
        general = await applies(window, "press-general", subject="limit", applied_on="2024-09-17")
        await decided(window.world, await insured(window.world), 10, LimitClass.LOW_2, *of_year)
        ninety = await applies(window, "press-ninety", subject="limit", applied_on="2024-09-17", stay_days=90)
        await decided(window.world, await insured(window.world), 30, LimitClass.WORKING_1, *of_year)
        working = await applies(window, "press-working", subject="limit", applied_on="2024-09-17")

        assert [answer.status_code for answer in (undecided, general, ninety, working)] == [422, 422, 422, 201]
        assert "判定されていません" in undecided.json()["detail"]
        assert "一般Ⅰ" in general.json()["detail"]
        assert "90日を超えていません" in ninety.json()["detail"]
        assert working.json()["kind"] == "limit_certificate"
        assert only(await window.world.rows("SELECT subject FROM certificate_application"))["subject"] == "limit"


async def test_from_2_december_2024_the_class_is_printed_on_the_eligibility_confirmation_and_the_old_one_is_collected(
    databases: Databases, keys: Path
) -> None:
    """E-10: with the day of the long stay, and only after an application."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        await decided(window.world, await insured(window.world), 10, LimitClass.LOW_2, date(2025, 8, 1), date(2026, 7, 31))
        clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
        before = await window.client.post(f"{PERSON}/certificates", headers={**clerk, "Idempotency-Key": "before-applying"})
        assert "適用区分" not in await text_of_issued(window, before)

        answer = await applies(window, "press-limit-class", subject="limit", applied_on="2026-07-10", stay_days=120)

        text = await text_of_issued(window, answer)
        for part in ("資格確認書", "1割", "適用区分区分Ⅱ", "発効期日令和8年7月1日", "長期入院該当令和8年8月1日"):
            assert part in text, part
        rows = await window.world.rows("SELECT certificate_id, collection FROM certificate WHERE state = 'issued' ORDER BY serial")
        assert [row["collection"] for row in rows] == ["due", None]


async def test_a_specific_disease_certificate_names_disease_and_limit_and_follows_into_the_new_year(
    databases: Databases, keys: Path
) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))

        answer = await applies(window, "press-disease", subject="specific_disease", applied_on="2026-07-10", disease="kidney_failure")

        text = await text_of_issued(window, answer)
        for part in ("特定疾病療養受療証", "人工透析を必要とする慢性腎不全", "月額10,000円", "発効期日令和8年7月1日"):
            assert part in text, part
        run_id = await jobs.prepare(IssueCards(), {"on": "2026-08-01"}, window.world.units, by="tester")
        kinds = await window.world.rows("SELECT kind FROM certificate WHERE run_id = $1 ORDER BY kind", run_id)
        assert [row["kind"] for row in kinds] == ["eligibility_confirmation", "specific_disease_certificate"]


async def test_a_holder_of_a_card_gets_the_notice_and_on_application_the_confirmation_now_and_in_later_years(
    databases: Databases, keys: Path
) -> None:
    """E-08: from 2026-08-01."""
    async with a_window(databases, keys, today=date(2026, 8, 3)) as window:
        await window.world.hear(resident(1, born_on=date(1950, 1, 1)))
        await window.world.rows(
            """INSERT INTO card_holding (municipality_code, resident_number, insured_id, holds, batch_id, valid_from, recorded_from)
            SELECT municipality_code, resident_number, insured_id, true, gen_random_uuid(), '2026-07-01', now() FROM qualification"""
        )
        clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
        notice = await window.client.post(f"{PERSON}/certificates", headers={**clerk, "Idempotency-Key": "before-applying"})
        text = await text_of_issued(window, notice)
        for part in ("〒100-0001", "資格情報のお知らせ", "00000001", "判定中", "マイナ保険証", "電話00-0000-0000"):
            assert part in text, part

        answer = await applies(window, "press-confirmation", subject="eligibility_confirmation", applied_on="2026-08-03")

        assert answer.json()["kind"] == "eligibility_confirmation"
        async with another_day(window.world, date(2027, 7, 5)) as july:
            run_id = await jobs.prepare(IssueCards(), {"on": "2027-08-01"}, july.units, by="tester")
        row = only(await window.world.rows("SELECT kind, kind_reason FROM certificate WHERE run_id = $1", run_id))
        assert row == {"kind": "eligibility_confirmation", "kind_reason": "applied"}
        async with a_window_on(window.world, keys, today=date(2027, 7, 5)) as later:
            path = f"{PERSON}/certificate-applications/eligibility_confirmation/withdrawal"
            withdrawn = await later.client.post(path, headers=clerk, json={"withdrawn": True})
            assert withdrawn.status_code == 200
            assert (await later.client.post(path, headers=clerk, json={"withdrawn": True})).status_code == 404


async def test_an_application_changes_nothing_when_the_form_is_sent_twice_and_is_listed(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        fields = {"subject": "specific_disease", "applied_on": "2026-07-10", "disease": "hiv"}

        first = await applies(window, "the-first-press", **fields)
        second = await applies(window, "the-first-press", **fields)
        unknown = await applies(window, "another-press", **{**fields, "disease": "flu"})
        tomorrow = await applies(window, "a-third-press", **{**fields, "applied_on": "2026-07-14"})

        assert first.json() == second.json()
        assert [answer.json()["code"] for answer in (unknown, tomorrow)] == ["KOKI-E041", "KOKI-E041"]
        clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
        listed = (await window.client.get(f"{PERSON}/certificate-applications", headers=clerk)).json()
        assert [found["disease"] for found in listed["applications"]] == ["hiv"]
        assert set(listed["diseases"]) == {"kidney_failure", "haemophilia", "hiv"}
