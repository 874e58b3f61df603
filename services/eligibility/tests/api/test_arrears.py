"""From a year of arrears to the status certificate, by the hands of clerks and the union; and out of it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from chassis.clock import uuid7
from chassis.process import pass_deadlines
from chassis.testing import Databases
from contracts.envelope import Message
from contracts.events.collection import ArrearsReported
from eligibility_service.documents.printing import print_one
from eligibility_service.jobs.following import issue_next
from eligibility_service.store import arrears
from eligibility_service.store.arrears import PROCESS

from services.eligibility.tests.api.conftest import Window, a_window, a_window_on
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, resident
from services.eligibility.tests.world import World, only

PERSON = f"/people/{CHIYODA}/{1:015d}"
CODES = frozenset({CHIYODA})
DAY = date(2023, 9, 1)


async def report(
    world: World, on: date, amount: int = 54_600, *, oldest: date | None = date(2022, 7, 31), paid: date | None = None, number: int = 1
) -> None:
    """What collection will say of the person."""
    insured_id = await world.value("SELECT insured_id FROM qualification WHERE resident_number = $1", f"{number:015d}")
    event = ArrearsReported(
        effective_on=on,
        insured_id=insured_id,
        municipality_code=CHIYODA,
        resident_number=f"{number:015d}",
        unpaid_amount=amount,
        oldest_due_on=oldest,
        last_paid_on=paid,
    )
    found = uuid7()
    heard = Message(id=found, source="collection", time=datetime(2023, 9, 1, tzinfo=UTC), event=event, correlation_id=found)
    await world.consumer.apply([("on_arrears_reported", heard)])
    await shown(world)


async def shown(world: World) -> None:
    async with world.units.open() as uow:
        await arrears.show(uow, print_one)


async def deadlines(world: World) -> None:
    async with world.units.open() as uow:
        await pass_deadlines([PROCESS], uow)
    await shown(world)


async def step(world: World) -> str:
    return str(await world.value("SELECT step FROM arrears_case"))


async def open_cases(world: World) -> list[str]:
    return [row["kind"] for row in await world.rows("SELECT kind FROM worklist_item WHERE closed_at IS NULL ORDER BY kind")]


async def post(window: Window, path: str, body: dict[str, Any] | None = None, *, role: str = "window_clerk", user: str = "clerk") -> Any:
    of = None if role == "union_staff" else CODES
    headers = {**window.as_(role, of=of, user=user), "Idempotency-Key": f"{path}-{user}"}
    return await window.client.post(path, headers=headers, json=body)


async def decide(window: Window) -> Any:
    """A clerk asks, another officer of the union approves."""
    asked = await post(window, f"{PERSON}/arrears/approval", {"act": "arrears_remedy", "reason": "弁明がない"})
    assert asked.status_code == 201, asked.text
    return await post(window, f"/approvals/{asked.json()['approval_id']}/decision", {"approved": True}, role="union_staff", user="union")


@asynccontextmanager
async def with_card(databases: Databases, keys: Path, today: date = DAY) -> AsyncIterator[Window]:
    """A person of 83 with an insurance card, who owes since July of the year before."""
    async with a_window(databases, keys, today=today) as window:
        await window.world.hear(resident(1))
        assert await issue_next(window.world.units)
        yield window


async def test_the_way_from_a_year_of_arrears_to_the_status_certificate(databases: Databases, keys: Path) -> None:
    """E-09, E-23, E-24: notice, silence, decision by a second officer, return of the card, hand-over; each with its paper."""
    async with with_card(databases, keys) as window:
        world = window.world
        await report(world, DAY)
        assert await step(world) == "noticed"
        letter = only(await world.rows("SELECT letter_id::text, kind FROM arrears_letter"))
        path = f"{PERSON}/arrears/letters/{letter['letter_id']}/document"
        text = text_of((await window.client.get(path, headers=window.as_("window_clerk", of=CODES))).content)
        for part in ("弁明の機会の付与", "54,600円", "令和4年7月31日", "令和5年9月15日まで", "被保険者資格証明書", "後期花子様"):
            assert part in text, part

        async with a_window_on(world, keys, today=date(2023, 9, 16)) as later:
            await deadlines(later.world)
            assert (await step(world), await open_cases(world)) == ("to_decide", ["arrears_to_decide"])
            refused = await post(later, f"{PERSON}/arrears/status-certificate")
            assert (refused.status_code, refused.json()["code"]) == (409, "KOKI-E044")
            assert (await decide(later)).json()["outcome"]["remedy"] == "status_certificate"
            assert (await step(world), await open_cases(world)) == ("approved", [])
            card = only(await world.rows("SELECT certificate_id::text, collection, collection_reason FROM certificate"))
            assert (card["collection"], card["collection_reason"]) == ("due", "arrears")
            early = await post(later, f"{PERSON}/arrears/status-certificate")
            assert early.json()["code"] == "KOKI-E044"

        async with a_window_on(world, keys, today=date(2023, 10, 2)) as late:
            await deadlines(late.world)
            assert await open_cases(world) == ["card_not_collected"]
            returned = await post(late, f"/certificates/{card['certificate_id']}/collection", {"on": "2023-10-02"})
            assert (returned.status_code, await step(world), await open_cases(world)) == (200, "returned", [])

            made = await post(late, f"{PERSON}/arrears/status-certificate")

            assert (made.status_code, made.json()["kind_name"]) == (201, "後期高齢者医療被保険者資格証明書")
            assert (await step(world), made.json()["valid_from"]) == ("issued", "2023-10-02")
            clerk = late.as_("window_clerk", of=CODES)
            text = text_of((await late.client.get(f"/certificates/{made.json()['certificate_id']}/document", headers=clerk)).content)
            assert "被保険者資格証明書" in text
            assert "いったん全額を支払います" in text
            register = (await late.client.get("/deliveries/register?first=2023-10-02&last=2023-10-02", headers=clerk)).json()
            assert [row["kind"] for row in register] == ["status_certificate"]

            await report(late.world, date(2023, 11, 1), 0, oldest=None)
            assert await step(world) == "stopped"
            assert await issue_next(late.world.units)
            rows = await world.rows("SELECT kind, collection FROM certificate WHERE state = 'issued' ORDER BY serial")
            assert [tuple(row.values()) for row in rows] == [
                ("insurance_card", "collected"), ("status_certificate", "due"), ("insurance_card", None),
            ]  # fmt: skip


async def test_the_database_itself_refuses_a_status_certificate_without_an_approval(databases: Databases, keys: Path) -> None:
    """E-24."""
    async with with_card(databases, keys) as window:
        with pytest.raises(asyncpg.CheckViolationError, match="certificate_approved"):
            await window.world.rows("UPDATE certificate SET kind = 'status_certificate' WHERE state = 'issued'")


async def test_special_circumstances_and_a_partial_payment_stop_it(databases: Databases, keys: Path) -> None:
    """E-09, E-23."""
    async with with_card(databases, keys) as window:
        await report(window.world, DAY)
        explained = await post(window, f"{PERSON}/arrears/explanation", {"text": "入院していた", "is_special": True})
        assert (explained.json()["step"], explained.json()["ending_term"]) == ("stopped", "特別の事情")
        again = await post(window, f"{PERSON}/arrears/explanation", {"text": "入院していた", "is_special": True}, user="another")
        assert (again.status_code, again.json()["code"]) == (409, "KOKI-E045")

        await report(window.world, date(2023, 10, 1))
        assert await step(window.world) == "noticed"
        await report(window.world, date(2023, 10, 20), 40_000, paid=date(2023, 10, 10))
        assert only(await window.world.rows("SELECT step, ending FROM arrears_case")) == {"step": "stopped", "ending": "partly_paid"}


async def test_what_changed_after_the_request_is_not_approved(databases: Databases, keys: Path) -> None:
    async with with_card(databases, keys) as window:
        await report(window.world, DAY)
        await post(window, f"{PERSON}/arrears/explanation", {"text": "忘れていた"})
        asked = await post(window, f"{PERSON}/arrears/approval", {"act": "arrears_remedy", "reason": "弁明に理由がない"})
        await report(window.world, date(2023, 9, 10), 0, oldest=None)

        answer = await post(
            window, f"/approvals/{asked.json()['approval_id']}/decision", {"approved": True}, role="union_staff", user="union"
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-E048")
        assert await window.world.value("SELECT collection FROM certificate") is None


async def test_a_payment_after_the_approval_leaves_the_card_with_its_owner(databases: Databases, keys: Path) -> None:
    async with with_card(databases, keys) as window:
        await report(window.world, DAY)
        await post(window, f"{PERSON}/arrears/explanation", {"text": "忘れていた"})
        await decide(window)
        assert await window.world.value("SELECT collection FROM certificate") == "due"

        await report(window.world, date(2023, 9, 10), 0, oldest=None)

        assert await window.world.value("SELECT collection FROM certificate") is None


async def test_from_2_december_2024_the_union_decides_on_the_special_medical_expense_by_letter(databases: Databases, keys: Path) -> None:
    """E-09: no certificate, and no card is asked back."""
    async with with_card(databases, keys, date(2024, 12, 2)) as window:
        await report(window.world, date(2024, 12, 2), oldest=date(2023, 7, 31))
        await post(window, f"{PERSON}/arrears/explanation", {"text": "忘れていた"})
        assert (await decide(window)).json()["outcome"] == {"remedy": "special_medical", "return_by": None}

        letters = await window.world.rows("SELECT kind FROM arrears_letter ORDER BY kind")
        assert [row["kind"] for row in letters] == ["explanation", "special_medical"]
        assert await window.world.value("SELECT collection FROM certificate") is None
        refused = await post(window, f"{PERSON}/arrears/status-certificate")
        assert refused.json()["code"] == "KOKI-E044"
        short = await post(window, f"{PERSON}/arrears/approval", {"act": "short_term_card", "reason": "分割納付中"})
        assert short.json()["code"] == "KOKI-E045"


async def test_a_short_term_card_takes_the_place_of_the_card_and_is_followed_by_another_one(databases: Databases, keys: Path) -> None:
    """E-08: 短期被保険者証, six months by the union's setting."""
    async with with_card(databases, keys) as window:
        await report(window.world, DAY, oldest=date(2023, 7, 31))
        assert await step(window.world) == "watched"
        asked = await post(window, f"{PERSON}/arrears/approval", {"act": "short_term_card", "reason": "分割納付中"})
        path = f"/approvals/{asked.json()['approval_id']}/decision"
        own = await post(window, path, {"approved": True}, role="union_staff", user="clerk")
        assert own.json()["code"] == "KOKI-E011"
        await post(window, path, {"approved": True}, role="union_staff", user="union")
        assert await issue_next(window.world.units)

        rows = await window.world.rows(
            "SELECT kind, valid_from, valid_until, collection FROM certificate WHERE state = 'issued' ORDER BY serial"
        )
        assert tuple(rows[0].values())[::3] == ("insurance_card", "due")
        assert tuple(rows[1].values()) == ("short_term_card", DAY, date(2024, 2, 29), None)


async def test_a_deadline_that_passes_reaches_the_list_without_any_command(databases: Databases, keys: Path) -> None:
    async with with_card(databases, keys) as window:
        await report(window.world, DAY)
        async with a_window_on(window.world, keys, today=date(2023, 9, 16)) as later:
            async with later.world.units.open() as uow:
                assert await pass_deadlines([PROCESS], uow) == 1
            assert await step(window.world) == "noticed"
            await shown(later.world)
            listed = (await later.client.get("/arrears", headers=later.as_("window_clerk", of=CODES))).json()
            assert [(row["step_term"], row["unpaid_amount"], row["name"]) for row in listed] == [("決定待ち", 54_600, "後期　花子")]
            assert UUID(listed[0]["insured_id"])
