"""支援措置 from its registration to its end: who may see an address once, who is told, and what a day that passes does."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from contracts.events.eligibility import AddressProtected, CaseClosed, CaseRaised
from eligibility_service.jobs.following import remind_today

from services.eligibility.tests.api.conftest import Window
from services.eligibility.tests.api.test_protected_addresses import (
    MEMBER,
    PROTECTION,
    SECRET,
    VICTIM,
    approve_all,
    ask,
    shows,
    window,
)
from services.eligibility.tests.people import CHIYODA
from services.eligibility.tests.world import another_day

__all__ = ["window"]


async def test_a_release_needs_a_right_and_a_second_officer_and_works_once_for_who_asked(window: Window) -> None:
    """I-39, E-30."""
    path = f"/people/{CHIYODA}/{VICTIM}"
    await ask(window, "POST", f"{path}/address-protection", PROTECTION)
    wanted = {"document": "screen", "reason": "警察への引き継ぎ"}
    clerk = {**window.as_("window_clerk", of=frozenset({CHIYODA})), "Idempotency-Key": "a-clerk-asks"}

    refused = await window.client.post(f"{path}/address-releases", json=wanted, headers=clerk)
    asked = await ask(window, "POST", f"{path}/address-releases", wanted)
    own = await ask(window, "POST", f"/approvals/{asked.json()['approval_id']}/decision", {"approved": True})
    (outcome,) = await approve_all(window)
    use = f"{path}/address-releases/{outcome['release_id']}/use"
    another = await ask(window, "POST", use, {}, user="third")
    wrong_person = await ask(window, "POST", use.replace(VICTIM, MEMBER), {})
    first = await ask(window, "POST", use, {})
    second = await ask(window, "POST", use, {})

    assert (refused.status_code, own.status_code) == (403, 409)
    assert (another.json()["code"], wrong_person.json()["code"]) == ("KOKI-E073", "KOKI-E073")
    assert (first.json()["address_town"], second.json()["code"]) == (SECRET[0], "KOKI-E073")


async def test_a_release_is_over_after_its_time(window: Window) -> None:
    path = f"/people/{CHIYODA}/{VICTIM}"
    await ask(window, "POST", f"{path}/address-protection", PROTECTION)
    await ask(window, "POST", f"{path}/address-releases", {"document": "screen", "reason": "引き継ぎ"})
    (outcome,) = await approve_all(window)
    await window.world.rows("UPDATE address_release SET given_until = given_until - interval '31 minutes' RETURNING 1")

    late = await ask(window, "POST", f"{path}/address-releases/{outcome['release_id']}/use", {})

    assert (late.status_code, late.json()["code"]) == (409, "KOKI-E073")


async def test_one_certificate_may_be_printed_with_the_address_when_a_second_officer_has_released_it(window: Window) -> None:
    path = f"/people/{CHIYODA}/{VICTIM}"
    await ask(window, "POST", f"{path}/address-protection", PROTECTION)
    plain = (await ask(window, "POST", f"{path}/certificates")).json()
    await ask(window, "POST", f"{path}/address-releases", {"document": "certificate", "reason": "本人の希望"})
    (outcome,) = await approve_all(window)

    released = await ask(window, "POST", f"{path}/certificates?release={outcome['release_id']}", number=1)
    again = await ask(window, "POST", f"{path}/certificates?release={outcome['release_id']}", number=2)
    document = f"/certificates/{released.json()['certificate_id']}/document"

    assert not shows(await ask(window, "GET", f"/certificates/{plain['certificate_id']}/document"))
    assert shows(await ask(window, "GET", document))
    assert (await ask(window, "GET", document, user="third")).json()["code"] == "KOKI-E072"
    assert again.json()["code"] == "KOKI-E073"


async def test_the_end_needs_a_second_officer_and_everybody_is_told_without_an_address(window: Window) -> None:
    """E-30"""
    path = f"/people/{CHIYODA}/{VICTIM}"
    await ask(window, "POST", f"{path}/address-protection", {**PROTECTION, "members": [MEMBER]})
    await ask(window, "POST", f"{path}/address-protection/end", {"reason": "本人の申出"})
    before = (await ask(window, "GET", path)).json()["person"]

    await approve_all(window)

    after = (await ask(window, "GET", path)).json()["person"]
    said = [message.event for message in await window.world.said() if isinstance(message.event, AddressProtected)]
    assert (before["address_withheld"], before["address_town"]) == (True, None)
    assert after["address_withheld"], "the other member of the household is still protected"
    assert [(event.resident_number, event.sequence, event.valid_until) for event in said] == [
        (VICTIM, 1, None), (MEMBER, 1, None), (VICTIM, 2, date(2026, 7, 13)),
    ]  # fmt: skip
    assert not any(part in event.model_dump_json() for event in said for part in SECRET)
    await ask(window, "POST", f"/people/{CHIYODA}/{MEMBER}/address-protection/end", {"reason": "本人の申出"})
    await approve_all(window)
    assert (await ask(window, "GET", path)).json()["person"]["address_town"] == SECRET[0]


async def test_a_period_that_runs_out_asks_a_person_and_shows_nothing_by_itself(window: Window) -> None:
    """E-30."""
    path = f"/people/{CHIYODA}/{VICTIM}"
    last = date(2026, 8, 31)
    await ask(window, "POST", f"{path}/address-protection", {**PROTECTION, "expires_on": last.isoformat()})
    kinds = []
    for day in (last - timedelta(days=31), last - timedelta(days=30), last, last + timedelta(days=1)):
        async with another_day(window.world, day) as then:
            await remind_today(then.units)
            await remind_today(then.units)
            kinds.append([row["kind"] for row in await then.rows("SELECT kind FROM worklist_item WHERE closed_at IS NULL ORDER BY 1")])

    assert kinds == [[], ["protection_expiring"], ["protection_expiring"], ["protection_expired"]]
    said = [message.event for message in await window.world.said() if isinstance(message.event, CaseRaised | CaseClosed)]
    assert [(type(event).__name__, event.kind.value) for event in said] == [
        ("CaseRaised", "protection_expiring"), ("CaseClosed", "protection_expiring"), ("CaseRaised", "protection_expired"),
    ]  # fmt: skip
    assert (await ask(window, "GET", path)).json()["person"]["address_withheld"]
    assert UUID(str(said[0].case_id))
