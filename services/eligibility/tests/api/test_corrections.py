"""修正前後対照表 of what was recorded: on the screen and on paper, as it was known just before and is known since (E-05, E-06, E-07)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from chassis.testing import Databases
from eligibility_service.documents.comparison.build import ComparisonData
from eligibility_service.domain.comparison import recorded
from eligibility_service.rules.copay.columns import LimitClass

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.api.test_notices import OWN, PATH, post
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import income, resident

AMENDED: dict[str, Any] = {
    "kind": "amended", "acquired_on": "2015-05-05", "lost_on": None, "new_acquired_on": "2015-05-05", "new_lost_on": "2026-07-01",
    "new_loss_reason": "moved_out",
}  # fmt: skip


async def carried_out(window: Window, content: dict[str, Any], *, reason: str = "届出の誤り") -> str:
    """Ask for a correction and let a second officer approve it; its entry."""
    asked = await post(window, f"{PATH}/corrections", {"content": content, "reason": reason})
    assert asked.status_code == 201, asked.text
    decision = f"/approvals/{asked.json()['approval_id']}/decision"
    approved = await post(window, decision, {"approved": True}, role="union_staff")
    assert approved.status_code == 200, approved.text
    return str(approved.json()["outcome"]["entry_id"])


async def table_of(window: Window, entry_id: str) -> dict[str, Any]:
    answer = await window.client.get(f"{PATH}/corrections/{entry_id}", headers=window.as_("window_clerk", of=OWN))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_what_a_correction_changed_stands_side_by_side_on_screen_and_on_paper(databases: Databases, keys: Path) -> None:
    """E-05, E-07. Seen to fail with both sides read as they are known now."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(), income(1, income_year=2024))
        number = await window.world.value("SELECT insured_number FROM qualification")
        entry_id = await carried_out(window, AMENDED)

        table = await table_of(window, entry_id)
        made, again = [await post(window, f"{PATH}/corrections/{entry_id}/document", {}, key="key-00000001") for _ in range(2)]

        (line,) = table["lines"]
        assert (line["subject"], line["differs"]) == ("資格（1番目）", True)
        assert line["before"] == f"被保険者番号 {number}、平成27年5月5日 取得（75歳到達）、継続中"
        assert line["after"] == f"被保険者番号 {number}、平成27年5月5日 取得（75歳到達）、令和8年7月1日 喪失（転出）"
        assert (table["term"], table["reason"], table["approved_by"]) == ("履歴修正", "届出の誤り", "union_staff")
        assert (made.status_code, made.json()) == (201, again.json())
        paper = await window.client.get(f"/letters/{made.json()['document_id']}/document", headers=window.as_("window_clerk", of=OWN))
        said = text_of(paper.content)
        assert "修正前後対照表" in said
        assert "".join(line["before"].split()) in said
        assert "".join(line["after"].split()) in said
        assert "承認union_staff" in said


async def test_the_table_stays_as_it_was_whatever_is_corrected_after(databases: Databases, keys: Path) -> None:
    """E-05: as known at its time; a cancellation shows nothing left, and taking it back what there was before."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident())
        cancelled = await carried_out(window, {"kind": "cancelled", "acquired_on": "2015-05-05"})
        first = await table_of(window, cancelled)
        back = await carried_out(window, {"kind": "taken_back", "entry_id": cancelled})

        (was,) = first["lines"]
        (now,) = (await table_of(window, back))["lines"]
        assert "継続中" in was["before"]
        assert "取得の取消" in was["after"]
        assert (now["before"], now["after"]) == (was["after"], was["before"])
        assert await table_of(window, cancelled) == first


def test_rates_stand_in_the_table_where_they_changed_and_only_there() -> None:
    """E-07, E-27."""
    held = {
        "ordinal": 1, "insured_number": "00000001", "acquired_on": date(2015, 5, 5), "lost_on": None, "acquisition_ground": "age",
        "loss_reason": None,
    }  # fmt: skip
    span = {"valid_from": date(2025, 8, 1), "valid_until": date(2026, 7, 31), "rate_percent": 10, "limit_class": LimitClass.GENERAL_1}
    rates = [{**span, "copay_year": 2024}, {**span, "copay_year": 2025}]
    later = [rates[0], {**rates[1], "rate_percent": 20, "limit_class": LimitClass.GENERAL_2}]
    same, changed = recorded(([held], [held]), (rates, later))
    assert (same.differs, changed.subject, changed.differs) == (False, "負担割合（令和7年8月から）", True)
    assert changed.before.startswith("令和7年8月1日から令和8年7月31日まで 1割（")
    assert changed.after.startswith("令和7年8月1日から令和8年7月31日まで 2割（")


async def test_an_entry_of_somebody_else_has_no_table_here(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(), resident(2))
        entry_id = await carried_out(window, AMENDED)
        other = PATH.replace(f"{1:015d}", f"{2:015d}")
        answer = await window.client.get(f"{other}/corrections/{entry_id}", headers=window.as_("window_clerk", of=OWN))
        assert answer.status_code == 404


def test_no_field_of_the_paper_is_an_address() -> None:
    """I-39: the paper stays in the house and can be opened of whoever is protected."""
    assert not {"address", "delivery", "postal_code"} & ComparisonData.model_fields.keys()
