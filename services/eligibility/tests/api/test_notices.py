"""Notices, decisions and corrections through the HTTP face, with their letters."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from chassis.testing import Databases
from contracts.events.eligibility import FormerDependantDetermined
from pypdf import PdfReader

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident

FIRST = f"{1:015d}"
PATH = f"/people/{CHIYODA}/{FIRST}"
OWN = frozenset({CHIYODA})


async def post(window: Window, path: str, body: dict[str, Any], *, role: str = "window_clerk", key: str | None = None) -> Any:
    headers = window.as_(role, of=OWN, user=role) | {"Idempotency-Key": key or str(uuid4())}
    return await window.client.post(path, headers=headers, json=body)


def notice(
    effective_on: str, notified_on: str = "2026-07-13", *, late_reason: str = "", reason: str = "", **content: Any
) -> dict[str, Any]:
    said = {"effective_on": effective_on, "notified_on": notified_on, "late_reason": late_reason, "reason": reason}
    return {**said, "content": content}


EVIDENCE = {"evidence": "physical", "grade": "2級"}


async def test_a_late_notice_is_warned_of_and_taken_with_its_reason_once(databases: Databases, keys: Path) -> None:
    """E-16: fifteen days are late, fourteen are not; the same key twice leaves one entry. With `is_late` always false it was taken."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident())
        moved = {"kind": "loss_notified", "cause": "other"}
        late = notice("2026-06-28", **moved)

        refused = await post(window, f"{PATH}/notices", late)
        in_time = await post(window, f"{PATH}/notices/preview", notice("2026-06-29", **moved))
        key = str(uuid4())
        taken = await post(window, f"{PATH}/notices", {**late, "late_reason": "入院のため"}, key=key)
        again = await post(window, f"{PATH}/notices", {**late, "late_reason": "入院のため"}, key=key)

        assert (refused.status_code, refused.json()["code"]) == (422, "KOKI-E020")
        assert (in_time.json()["late"], in_time.json()["last_day"]) == (False, "2026-07-13")
        assert (taken.status_code, taken.json()["late"], taken.json()["late_reason"]) == (201, True, "入院のため")
        assert again.json()["entry_id"] == taken.json()["entry_id"]
        assert await window.world.value("SELECT count(*) FROM ledger_entry") == 1


async def test_the_union_decides_an_application_once_and_its_letter_says_so(databases: Databases, keys: Path) -> None:
    """E-14: neither a clerk decides, nor anybody twice; a refusal needs a reason, which its letter tells."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(born_on=date(1957, 10, 1)), resident(2, born_on=date(1958, 10, 1)))
        applied = (await post(window, f"{PATH}/notices", notice("2026-07-01", kind="disability_applied", **EVIDENCE))).json()
        of = {"application_id": applied["entry_id"]}
        certified = notice("2026-07-10", kind="disability_certified", **EVIDENCE, **of)
        waiting = (await window.client.get("/ledger/disability-applications", headers=window.as_("union_staff", of=None))).json()

        by_clerk = await post(window, f"{PATH}/notices", certified)
        by_union = await post(window, f"{PATH}/notices", certified, role="union_staff")
        twice = await post(window, f"{PATH}/notices", certified, role="union_staff")

        assert [row["entry_id"] for row in waiting] == [applied["entry_id"]]
        assert (by_clerk.status_code, by_union.status_code, twice.status_code) == (403, 201, 409)
        (letter,) = by_union.json()["documents"]
        found = await window.client.get(f"/letters/{letter['document_id']}/document", headers=window.as_("window_clerk", of=OWN))
        text = PdfReader(io.BytesIO(found.content)).pages[0].extract_text()
        assert "障害認定通知書" in text
        assert "令和8年7月10日" in text.replace(" ", "")
        stranger = await window.client.get(
            f"/letters/{letter['document_id']}/document", headers=window.as_("window_clerk", of=frozenset({HACHIOJI}))
        )
        assert stranger.status_code == 404

        other = f"/people/{CHIYODA}/{2:015d}/notices"
        second = (await post(window, other, notice("2026-07-01", kind="disability_applied", **EVIDENCE))).json()
        refusal = {"kind": "disability_refused", "application_id": second["entry_id"]}
        assert (await post(window, other, notice("2026-07-10", **refusal), role="union_staff")).json()["code"] == "KOKI-E023"
        refused = await post(window, other, notice("2026-07-10", reason="程度が該当しません。", **refusal), role="union_staff")
        assert [document["title"] for document in refused.json()["documents"]] == ["障害認定申請却下通知書"]
        assert len(await window.world.ledger()) == 1


async def test_a_withdrawal_counts_from_the_day_of_the_union_and_never_before_it_was_declared(databases: Databases, keys: Path) -> None:
    """E-03, E-14: wished for the past, it counts from the day after the declaration; on the 75th birthday there is nothing to withdraw."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(born_on=date(1951, 7, 20)))
        applied = (await post(window, f"{PATH}/notices", notice("2024-07-01", "2024-07-01", kind="disability_applied", **EVIDENCE))).json()
        certified = notice("2024-07-10", "2024-07-10", kind="disability_certified", application_id=applied["entry_id"], **EVIDENCE)
        await post(window, f"{PATH}/notices", certified, role="union_staff")

        on_birthday = await post(window, f"{PATH}/notices", notice("2026-07-20", kind="disability_withdrawn"))
        withdrawn = await post(window, f"{PATH}/notices", notice("2025-01-01", kind="disability_withdrawn"))

        assert (on_birthday.status_code, on_birthday.json()["code"]) == (409, "KOKI-E022")
        assert withdrawn.json()["effective_on"] == "2026-07-14"
        (line,) = await window.world.ledger()
        assert (line["lost_on"], line["loss_reason"]) == (date(2026, 7, 14), "disability_withdrawn")


async def test_a_correction_is_compared_and_carried_out_only_by_a_second_officer(databases: Databases, keys: Path) -> None:
    """E-05, E-06, E-07: before and after stand side by side; one's own act is refused; what no longer fits is refused at the approval."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident())
        amended = {
            "kind": "amended", "acquired_on": "2015-05-05", "lost_on": None, "new_acquired_on": "2015-05-10", "new_lost_on": "2026-07-01",
            "new_loss_reason": "moved_out",
        }  # fmt: skip
        wrong = await post(window, f"{PATH}/corrections", {"content": {**amended, "acquired_on": "2014-01-01"}, "reason": "誤り"})
        asked = await post(window, f"{PATH}/corrections", {"content": amended, "reason": "届出の誤り"})
        cancelled = await post(
            window, f"{PATH}/corrections", {"content": {"kind": "cancelled", "acquired_on": "2015-05-05"}, "reason": "x"}
        )

        assert (wrong.status_code, wrong.json()["code"]) == (409, "KOKI-E025")
        (row,) = asked.json()["compared"]
        assert (row["before"], row["differs"]) == ("平成27年5月5日 取得（75歳到達）、継続中", True)
        assert row["after"] == "平成27年5月10日 取得（75歳到達）、令和8年7月1日 喪失（転出）"
        (before,) = await window.world.ledger()
        assert before["acquired_on"] == date(2015, 5, 5)

        decision = f"/approvals/{asked.json()['approval_id']}/decision"
        own = await post(window, decision, {"approved": True}, role="window_clerk")
        approved = await post(window, decision, {"approved": True}, role="union_staff")
        late = await post(window, f"/approvals/{cancelled.json()['approval_id']}/decision", {"approved": True}, role="union_staff")

        assert (own.status_code, approved.status_code, late.status_code) == (409, 200, 409)
        (after,) = await window.world.ledger()
        assert (after["acquired_on"], after["lost_on"], after["loss_reason"]) == (date(2015, 5, 10), date(2026, 7, 1), "moved_out")


async def test_letters_about_a_qualification_are_made_from_the_ledger_and_refused_where_there_is_none(
    databases: Databases, keys: Path
) -> None:
    """E-02, E-03: 資格取得通知, 資格喪失証明書."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident())

        early = await post(window, f"{PATH}/letters", {"kind": "loss_certificate"})
        await window.world.hear(resident(1, 2, status="2", changed_on=date(2026, 6, 30), ended_on=date(2026, 6, 30)))
        made = [
            (await post(window, f"{PATH}/letters", {"kind": kind})).json()["title"] for kind in ("acquisition", "loss", "loss_certificate")
        ]

        assert (early.status_code, early.json()["code"]) == (409, "KOKI-E027")
        assert made == ["資格取得通知書", "資格喪失通知書", "資格喪失証明書"]
        entered = (await window.client.get(f"{PATH}/entries", headers=window.as_("window_clerk", of=OWN))).json()
        assert len(entered["documents"]) == 3
        assert [found["kind"] for found in entered["deemed_notices"]] == ["loss"]


async def test_a_change_that_the_municipality_told_is_told_to_the_person_without_any_address(databases: Databases, keys: Path) -> None:
    """E-04, I-39: 変更通知 says the names before and after, and of an address only that it is another."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident())
        none = await post(window, f"{PATH}/letters", {"kind": "change"})
        moved: dict[str, Any] = {
            "name": "後期　梅子",
            "address_number": "77番7号",
            "household_number": f"{77:015d}",
            "changed_on": date(2026, 7, 3),
        }
        await window.world.hear(resident(1, 2, **moved))
        await window.world.hear(resident(1, 3, **moved))

        made = await post(window, f"{PATH}/letters", {"kind": "change"})

        assert (none.status_code, none.json()["code"]) == (409, "KOKI-E027")
        answer = await window.client.get(f"/letters/{made.json()['document_id']}/document", headers=window.as_("window_clerk", of=OWN))
        said = text_of(answer.content)
        for part in ("資格変更通知書", "令和8年7月3日", "変更前の氏名後期花子", "変更後の氏名後期梅子", "そのほか変わった事項住所、世帯"):
            assert part in said, part
        assert said.count("77番7号") == 1, "in the window of the envelope alone"


async def test_a_previous_insurer_that_contradicts_the_record_waits_for_a_person_and_decides_nothing(
    databases: Databases, keys: Path
) -> None:
    """I-06: 86 people were charged wrongly because the old 老人保健 status was believed.

    I-02: the notice names the day before the acquisition. Seen to fail (premium hears nothing) without `_DAY_BEFORE`.
    """
    async with a_window(databases, keys) as window:
        await window.world.hear(resident())
        said = {"kind": "previous_insurer", "insurer": "employee_dependant", "elderly_record": "national"}
        open_cases = "SELECT count(*) FROM worklist_item WHERE kind = 'previous_insurer_unclear' AND closed_at IS NULL"

        unclear = await post(window, f"{PATH}/notices", notice("2015-05-04", **said))
        waiting = await window.world.value(open_cases)
        settled = await post(window, f"{PATH}/notices", notice("2015-05-04", **said, confirmed=True))

        assert (unclear.json()["former_dependant"], waiting) == ("to_confirm", 1)
        assert (settled.json()["former_dependant"], await window.world.value(open_cases)) == ("yes", 0)
        told = [found.event for found in await window.world.said() if isinstance(found.event, FormerDependantDetermined)]
        assert [(event.joined_on, event.former_dependant) for event in told] == [(date(2015, 5, 5), True)], "told to premium"
