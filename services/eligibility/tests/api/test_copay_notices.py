"""負担割合判定通知書: the old and the new rate, from when and why, read back, kept; without address under 支援措置 (E-27, I-39)."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

from chassis.testing import Databases
from eligibility_service.documents.copay_notice.words import why
from eligibility_service.law import copay_law_on
from eligibility_service.rules.copay.columns import Exemption, Reason

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.api.test_copay_rates import BUSINESS, OTHER, OWN, PATH, apply
from services.eligibility.tests.api.test_protected_addresses import PROTECTION, SECRET, WHERE
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import income, resident


async def make(window: Window, valid_from: str, key: str, *, of: frozenset[str] = OWN) -> Any:
    headers = {**window.as_("window_clerk", of=of), "Idempotency-Key": key}
    return await window.client.post(f"{PATH}/copay-notices", headers=headers, json={"valid_from": valid_from})


async def text(window: Window, document_id: str) -> str:
    found = await window.client.get(f"/letters/{document_id}/document", headers=window.as_("window_clerk", of=OWN))
    assert hashlib.sha256(found.content).hexdigest() == found.headers["X-Document-SHA256"]
    return text_of(found.content)


async def test_a_change_at_the_window_can_be_told_by_a_notice_with_the_amounts_that_decided(databases: Databases, keys: Path) -> None:
    """E-27. The same key gives the same paper; the first span, which changed nothing, has none."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(), income(1, **BUSINESS))
        await apply(window, "key-00000001")
        first, again = await make(window, "2026-06-01", "key-notice-1"), await make(window, "2026-06-01", "key-notice-1")
        assert (first.status_code, first.json()) == (201, again.json())
        assert (first.json()["rate_before"], first.json()["rate_percent"]) == (30, 20)

        said = await text(window, first.json()["document_id"])
        assert "変更前3割" in said
        assert "変更後2割" in said
        assert "令和8年6月1日から" in said
        assert "課税所得のうち最も高い額は1,500,000円で、1,450,000円以上です。" in said
        assert "収入額が3,500,000円で、3,830,000円未満のため、3割負担になりません。" in said
        assert "審査請求" in said
        assert "千代田区千代田1番1号" in said
        unchanged = await make(window, "2025-08-01", "key-notice-2")
        assert (unchanged.status_code, unchanged.json()["code"]) == (409, "KOKI-E031")
        assert (await make(window, "2026-06-01", "key-notice-3", of=OTHER)).status_code == 404
        assert await window.world.value("SELECT count(*) FROM ledger_document WHERE kind = 'copay_rate_changed'") == 1


async def test_a_corrected_income_is_a_change_of_the_same_days(databases: Databases, keys: Path) -> None:
    """What was believed of the day before the correction is the old rate, not that of the day before."""
    async with a_window(databases, keys) as window:
        rich: dict[str, Any] = {"income_year": 2024, "taxable_income": 1_450_000, "public_pension_receipts": 3_830_000}
        await window.world.hear(resident(), income(1, income_year=2024))
        await window.world.hear(income(1, 2, resident_tax_status="1", **rich))
        found = (await window.client.get(f"{PATH}/copay-rates", headers=window.as_("window_clerk", of=OWN))).json()
        assert [(span["valid_from"], span["changed_from"]) for span in found["spans"]] == [("2025-08-01", 10)]
        made = (await make(window, "2025-08-01", "key-notice-1")).json()
        assert "収入額は3,830,000円で、3,830,000円以上のため、3割負担の例外に当たりません。" in await text(window, made["document_id"])


async def test_a_notice_to_a_protected_person_bears_no_address_and_is_handed_over(databases: Databases, keys: Path) -> None:
    """I-39. Without the protection the same notice bears it."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1, **WHERE), income(1, **BUSINESS))
        await apply(window, "key-00000001")
        open_one = await text(window, (await make(window, "2026-06-01", "key-notice-1")).json()["document_id"])
        headers = {**window.as_("union_staff", of=None), "Idempotency-Key": "protection-1"}
        assert (await window.client.post(f"{PATH}/address-protection", headers=headers, json=PROTECTION)).status_code == 201
        withheld = await text(window, (await make(window, "2026-06-01", "key-notice-2")).json()["document_id"])
        assert all(part in open_one for part in (SECRET[0], SECRET[2], SECRET[3]))
        assert not any(part in withheld for part in (*SECRET, "987-6543"))
        assert "窓口でお渡しするもの" in withheld


def test_each_reason_is_told_with_its_amounts_and_limits() -> None:
    base = {
        "highest_taxable": 2_000_000, "after_deduction_sum": 2_100_000, "receipts_sum": 5_100_000, "receipts_with_seventies": 5_150_000,
        "pension_and_other_sum": 3_100_000, "insured_count": 2, "exemption": Exemption.NONE, "has_household_receipts": True,
    }  # fmt: skip

    def told(on: date, percent: int, reason: Reason, **values: Any) -> str:
        return "".join(why({**base, "rate_percent": percent, "reason": reason, **values}, copay_law_on(on, frozenset())))

    old, new = date(2016, 8, 1), date(2026, 8, 1)
    assert "申請（基準収入額適用申請）がない" in told(new, 30, Reason.WORKING_INCOME, has_household_receipts=False)
    assert "5,300,000円で、5,200,000円以上" in told(new, 30, Reason.WORKING_INCOME, receipts_sum=5_300_000)
    assert "1,449,999円で、1,450,000円未満" in told(old, 10, Reason.TAXABLE_BELOW_WORKING, highest_taxable=1_449_999)
    assert "279,999円で、2割負担の基準の280,000円未満" in told(new, 10, Reason.TAXABLE_BELOW_TWO_TENTHS, highest_taxable=279_999)
    assert "3,100,000円で、3,200,000円未満" in told(new, 10, Reason.INCOME_BELOW_TWO_TENTHS, highest_taxable=300_000)
    assert "3,100,000円で、2,000,000円以上" in told(new, 20, Reason.TWO_TENTHS, highest_taxable=300_000, insured_count=1)
    birth = told(new, 10, Reason.INCOME_BELOW_TWO_TENTHS, exemption=Exemption.BORN_LATER_AND_SMALL_INCOME)
    assert "2,100,000円で、2,100,000円以下" in birth
    assert "5,150,000円で、5,200,000円未満" in told(old, 10, Reason.EXEMPT, exemption=Exemption.RECEIPTS_WITH_SEVENTIES)
    assert "5,100,000円で、5,200,000円未満" in told(old, 10, Reason.EXEMPT, exemption=Exemption.RECEIPTS_TOGETHER)
