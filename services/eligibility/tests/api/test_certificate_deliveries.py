"""What happens to a certificate after it was made: the way to its owner, and back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from chassis import jobs
from chassis.testing import Databases
from contracts.events.eligibility import CaseClosed, CaseKind, CaseRaised
from eligibility_service.jobs.following import watch_deliveries_today
from eligibility_service.jobs.issue_cards import IssueCards
from eligibility_service.jobs.watch_deliveries import WatchDeliveries

from services.eligibility.tests.api.conftest import Window, a_window, a_window_on
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.world import World, another_day, only

PERSON = f"/people/{CHIYODA}/{1:015d}"
CODES = frozenset({CHIYODA})


async def issued(window: Window, key: str, **asked: Any) -> dict[str, Any]:
    answer = await window.client.post(
        f"{PERSON}/certificates", headers={**window.as_("window_clerk", of=CODES), "Idempotency-Key": key}, json=asked
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def moved(window: Window, certificate_id: str, to: str, *, on: str = "2026-07-13", of: frozenset[str] = CODES) -> Any:
    path = f"/certificates/{certificate_id}/delivery"
    return await window.client.post(path, headers=window.as_("window_clerk", of=of), json={"to": to, "on": on, "reason": "転居先不明"})


async def listed(window: Window, name: str, **params: str) -> list[dict[str, Any]]:
    answer = await window.client.get(f"/deliveries/{name}", headers=window.as_("window_clerk", of=CODES), params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_a_certificate_by_post_is_listed_sent_returned_and_sent_again(databases: Databases, keys: Path) -> None:
    """E-20."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        made = await issued(window, "the-first-press", by_post=True)
        (waiting,) = await listed(window, "sending")
        assert (waiting["recipient"], waiting["postal_code"], waiting["address"]) == ("後期　花子", "1000001", "東京都千代田区千代田1番1号")

        assert (await moved(window, made["certificate_id"], "sent")).status_code == 200
        assert await listed(window, "sending") == []
        assert (await moved(window, made["certificate_id"], "returned")).status_code == 200

        (back,) = await listed(window, "returned")
        assert (back["returned_because"], back["delivery_term"]) == ("転居先不明", "返戻")
        assert "居所を確かめ" in back["what_to_do"]
        await window.world.hear(resident(1, 2, address_number="2番2号", changed_on=date(2026, 7, 12)))
        assert "いまの送付先へ再送" in only(await listed(window, "returned"))["what_to_do"]
        assert (await moved(window, made["certificate_id"], "sent")).status_code == 200
        assert (await moved(window, made["certificate_id"], "received")).status_code == 200
        acts = await window.world.rows("SELECT act, entered_by FROM certificate_act ORDER BY entered_at")
        assert [row["act"] for row in acts] == ["sent", "returned", "sent", "received"]
        kinds = [(type(m.event), m.event.kind) for m in await window.world.said() if isinstance(m.event, CaseRaised | CaseClosed)]
        assert kinds == [(CaseRaised, CaseKind.CERTIFICATE_RETURNED), (CaseClosed, CaseKind.CERTIFICATE_RETURNED)]


async def test_what_cannot_have_happened_is_refused(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        made = await issued(window, "the-first-press")

        again = await moved(window, made["certificate_id"], "sent")
        tomorrow = await moved(window, made["certificate_id"], "sent", on="2026-07-14")
        foreign = await moved(window, made["certificate_id"], "sent", of=frozenset({HACHIOJI}))

        assert [answer.status_code for answer in (again, tomorrow, foreign)] == [409, 422, 403]
        assert "「窓口で引渡し」の証を「発送」にはできません" in again.json()["detail"]


async def test_a_card_is_given_back_once_and_what_was_not_stands_on_the_list(databases: Databases, keys: Path) -> None:
    """E-22: 未回収一覧."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        old = await issued(window, "the-first-press")
        new = await issued(window, "the-second-press", reason="damage")

        (open_one,) = await listed(window, "uncollected")
        assert (open_one["certificate_id"], open_one["collection_reason"]) == (old["certificate_id"], "damage")
        path = f"/certificates/{old['certificate_id']}/collection"
        clerk = window.as_("window_clerk", of=CODES)
        first = await window.client.post(path, headers=clerk, json={"on": "2026-07-13"})
        second = await window.client.post(path, headers=clerk, json={"on": "2026-07-13"})

        assert (first.status_code, second.status_code, second.json()["code"]) == (200, 409, "KOKI-E043")
        assert await listed(window, "uncollected") == []
        register = await listed(window, "register", first="2026-07-13", last="2026-07-13")
        assert [(row["serial"], row["issue_term"]) for row in register] == [(1, "新規"), (2, "汚損・破損")]
        assert new["serial"] == 2


async def test_a_lost_card_is_not_asked_back_and_a_number_is_never_used_again(databases: Databases, keys: Path) -> None:
    """E-22."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        await issued(window, "the-first-press")
        await issued(window, "the-second-press", reason="loss")

        rows = await window.world.rows("SELECT serial, collection FROM certificate WHERE state = 'issued' ORDER BY serial")
        assert [tuple(row.values()) for row in rows] == [(1, "lost"), (2, None)]
        assert await window.world.value("SELECT last_value FROM certificate_serial") == 2
        assert await window.world.value("SELECT NOT seqcycle FROM pg_sequence WHERE seqrelid = 'certificate_serial'::regclass")


async def test_a_loss_of_the_qualification_asks_the_card_back_and_its_cancellation_leaves_it(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        await issued(window, "the-first-press")
        await window.world.hear(resident(1, 2, status="2", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))
        assert only(await listed(window, "uncollected"))["collection_reason"] == "qualification_lost"

        await window.world.hear(resident(1, 3, changed_on=date(2026, 7, 1)))

        assert await listed(window, "uncollected") == []


async def renewed(world: World, on: str) -> None:
    job = IssueCards()
    run_id = await jobs.prepare(job, {"on": on}, world.units, by="tester")
    await jobs.approve(run_id, world.units, by="tester")
    await jobs.execute(job, run_id, world.units)


async def look(world: World) -> dict[str, Any]:
    await watch_deliveries_today(world.units)
    (run_id,) = (row["id"] for row in await world.rows("SELECT id FROM job_run WHERE state = 'approved'"))
    return await jobs.execute(WatchDeliveries(), run_id, world.units)


async def test_a_card_that_has_not_come_a_week_before_august_is_a_case_and_closes_when_it_comes(databases: Databases, keys: Path) -> None:
    """I-05, E-20. Seen to fail with whatever was sent taken for received (`outstanding`)."""
    async with a_window(databases, keys) as window:
        await window.world.hear_sealed([resident(1), resident(2, name="後期　次郎")])
        await renewed(window.world, "2026-08-01")
        staff = window.as_("union_staff", of=None)
        (file,) = (await window.client.get("/print-files", headers=staff)).json()
        sent = {"document_key": file["document_key"], "on": "2026-07-13"}
        assert (await window.client.post("/print-files/sent", headers=staff, json=sent)).json() == {"sent": 2}
        assert (await window.client.post("/print-files/sent", headers=staff, json=sent)).json() == {"sent": 0}
        first = only(await window.world.rows("SELECT certificate_id::text FROM certificate WHERE resident_number = $1", f"{1:015d}"))
        await moved(window, first["certificate_id"], "received")

        async with another_day(window.world, date(2026, 7, 24)) as early:
            assert await early.value("SELECT count(*) FROM worklist_item") == 0
            assert (await look(early))["totals"] == {}
        async with another_day(window.world, date(2026, 7, 25)) as late:
            await late.rows("UPDATE job_run SET prepared_at = prepared_at - interval '1 day' WHERE job = 'watch-deliveries'")
            assert await look(late) == {"totals": {"overdue": 1}, "differences": {}}
            case = only(await late.rows("SELECT kind, resident_number, detail FROM worklist_item WHERE closed_at IS NULL"))
            assert (case["kind"], case["resident_number"]) == ("certificate_undelivered", f"{2:015d}")
            assert "「発送」のまま" in case["detail"]
        async with a_window_on(window.world, keys, today=date(2026, 7, 26)) as later:
            second = only(await later.world.rows("SELECT certificate_id::text FROM certificate WHERE resident_number = $1", f"{2:015d}"))
            assert (await moved(later, second["certificate_id"], "received", on="2026-07-26")).status_code == 200
            assert await later.world.value("SELECT count(*) FROM worklist_item WHERE closed_at IS NULL") == 0
