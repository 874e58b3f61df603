"""変更通知書: from the amount before to the amount after, every reason, every event, and never an address that is withheld."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.testing import SAMPLE_DAY, Databases, TestDatabase
from contracts.catalogue import CATALOGUE
from contracts.events.eligibility import AddressProtected, InsuredLost, LossReason
from premium_service.domain.changes import EVENTS
from premium_service.handlers.routing import ROUTES
from pypdf import PdfReader

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, income, insured, qualification, resident
from services.premium.tests.windows import CLERK, NEIGHBOUR, window

DIED = date(2026, 7, 11)


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    """A couple; the income of the first is corrected, then he dies: three decisions about him."""
    found = await databases("premium", ROOT)
    async with found.units() as units:
        await apply(units, resident("1", born=OLD), resident("2", born=OLD, head=False))
        await apply(units, income("1", pension=2_300_000), income("2", pension=700_000))
        await apply(units, insured("1", born=OLD, acquired=SINCE), insured("2", born=OLD, acquired=SINCE))
        await apply(units, income("1", pension=2_500_000, sequence=2))
        lost = {"lost_on": DIED, "loss_reason": LossReason.DEATH}
        await apply(units, InsuredLost(effective_on=DIED, sequence=2, **qualification("1", OLD, SINCE), **lost))
    return found


async def decided(client: httpx.AsyncClient, number: str = "1") -> list[dict[str, Any]]:
    return list((await client.get(f"/people/131016/{number}/assessments")).raise_for_status().json())


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


async def test_the_net_change_is_the_sum_of_the_events_that_led_to_it(database: TestDatabase, tmp_path: Path) -> None:
    """P-07: income 1,200,000 to 1,400,000 (base 770,000 to 970,000), the reduction from five tenths to two, then three months of twelve."""
    async with window(database, CLERK, tmp_path) as client:
        third, second, first = await decided(client)
        whole = (await client.get(f"/assessments/{third['assessment_id']}/change?since=1")).raise_for_status().json()
        last = (await client.get(f"/assessments/{third['assessment_id']}/change")).raise_for_status().json()

    amounts = [found["annual_amount"] for found in (first, second, third)]
    assert (whole["before"], whole["after"], whole["difference"]) == (amounts[0], amounts[2], amounts[2] - amounts[0])
    assert [step["difference"] for step in whole["steps"]] == [amounts[1] - amounts[0], amounts[2] - amounts[1]]
    assert [step["events"] for step in whole["steps"]] == [
        ["所得の決定または更正（令和8年7月13日付）"], ["資格の喪失（令和8年7月11日付）"],
    ]  # fmt: skip
    assert [sentence[:6] for sentence in whole["why"]] == ["保険料のかか", "賦課のもとと", "均等割額の軽"]
    assert "12か月から3か月" in whole["why"][0]
    assert "770,000円から970,000円" in whole["why"][1]
    assert "5割から2割" in whole["why"][2]
    assert (last["before"], last["revision_before"]) == (amounts[1], 2)
    assert [sentence[:6] for sentence in last["why"]] == ["保険料のかか"]


async def test_two_facts_of_one_pack_are_two_events_of_one_decision(databases: Databases, tmp_path: Path) -> None:
    """Both incomes of a couple, determined on two days. With one cause a household, that of the other was lost from the notice."""
    found = await databases("premium", ROOT)
    async with found.units() as units:
        await apply(units, resident("1", born=OLD), resident("2", born=OLD, head=False))
        await apply(units, income("1", pension=2_300_000), income("2", pension=700_000))
        await apply(units, insured("1", born=OLD, acquired=SINCE), insured("2", born=OLD, acquired=SINCE))
        earlier = income("2", pension=1_500_000, sequence=2).model_copy(update={"effective_on": date(2026, 7, 10)})
        await apply(units, income("1", pension=2_500_000, sequence=2), earlier)
    async with window(found, CLERK, tmp_path) as client:
        newest = (await decided(client))[0]
        change = (await client.get(f"/assessments/{newest['assessment_id']}/change")).raise_for_status().json()

    assert [step["events"] for step in change["steps"]] == [
        ["所得の決定または更正（令和8年7月10日付）", "所得の決定または更正（令和8年7月13日付）"],
    ]  # fmt: skip
    assert change["steps"][0]["difference"] == change["difference"]


async def test_the_notice_shows_old_and_new_amounts_reasons_and_events_and_the_same_bytes_each_time(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with window(database, CLERK, tmp_path) as client:
        third, _, first = await decided(client)
        address = f"/assessments/{third['assessment_id']}/change/document?since=1"
        one, two = await client.get(address), await client.get(address)

    assert one.status_code == 200, one.text
    assert one.content == two.content
    shown = text_of(one.content)
    assert "保険料額変更決定通知書" in shown
    for expected in (first["annual_amount"], third["annual_amount"]):
        assert f"{expected:,}円" in shown
    assert f"－{first['annual_amount'] - third['annual_amount']:,}円" in shown
    assert "資格の喪失（令和8年7月11日付）" in shown
    assert "5割から2割に変わりました" in shown
    assert "千代田区千代田1" in shown


async def test_the_first_decision_of_a_year_has_no_notice_of_change(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, CLERK, tmp_path) as client:
        first = (await decided(client))[-1]
        answer = await client.get(f"/assessments/{first['assessment_id']}/change/document")
    assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-P020")


async def test_a_correction_that_changes_no_yen_has_no_notice(databases: Databases, tmp_path: Path) -> None:
    """The judging income alone: a new decision, since its steps are others, and nothing to tell."""
    found = await databases("premium", ROOT)
    async with found.units() as units:
        await apply(units, resident("1", born=OLD), income("1", pension=700_000), insured("1", born=OLD, acquired=SINCE))
        await apply(units, income("1", pension=1_110_000, sequence=2))
    async with window(found, CLERK, tmp_path) as client:
        newest = (await decided(client))[0]
        answer = await client.get(f"/assessments/{newest['assessment_id']}/change/document")
    assert newest["revision"] == 2
    assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-P024")


async def test_a_clerk_of_another_municipality_sees_no_change(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, CLERK, tmp_path) as client:
        newest = (await decided(client))[0]
    async with window(database, NEIGHBOUR, tmp_path) as client:
        for path in ("change", "change/document"):
            assert (await client.get(f"/assessments/{newest['assessment_id']}/{path}")).status_code == 404


async def test_the_notice_of_a_protected_person_or_the_household_shows_no_address(database: TestDatabase, tmp_path: Path) -> None:
    """I-39. The second of the couple is protected: the letter to the first, who lived there, shows none either."""
    said = {"municipality_code": "131016", "resident_number": "2", "valid_from": SAMPLE_DAY, "valid_until": None}
    async with database.units() as units:
        await apply(units, AddressProtected.model_validate({"effective_on": SAMPLE_DAY, "sequence": 1, **said}))
    async with window(database, CLERK, tmp_path) as client:
        newest = (await decided(client))[0]
        pdf = (await client.get(f"/assessments/{newest['assessment_id']}/change/document")).raise_for_status().content
    assert "〒" not in text_of(pdf)
    assert "千代田1" not in text_of(pdf)
    assert "手渡し" in text_of(pdf)


def test_every_event_that_can_change_a_premium_has_its_words() -> None:
    """A new event without words would fail on a notice instead of here."""
    quiet = {"eligibility.address_protected.v1", "collection.collection_method_decided.v1"}
    heard = {event_type for _, event_type in ROUTES.types if "batch_sealed" not in event_type}
    assert heard - quiet == set(EVENTS)
    assert set(EVENTS) <= set(CATALOGUE)
