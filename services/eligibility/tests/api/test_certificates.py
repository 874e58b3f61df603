"""A certificate at the window: made once, read back, kept exactly."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from chassis.testing import Databases
from contracts.events.eligibility import CertificateIssued

from services.eligibility.tests.api.conftest import a_window
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.world import only

PATH = f"/people/{CHIYODA}/{1:015d}/certificates"
KEY = {"Idempotency-Key": "the-first-press"}


async def test_a_certificate_at_the_window_is_issued_once_and_its_exact_pdf_is_found_again(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))

        first = await window.client.post(PATH, headers={**clerk, **KEY})
        second = await window.client.post(PATH, headers={**clerk, **KEY})
        again = await window.client.post(PATH, headers={**clerk, "Idempotency-Key": "another-press"})

        assert first.status_code == 201, first.text
        assert first.json() == second.json()
        assert again.json()["certificate_id"] != first.json()["certificate_id"]
        assert first.json()["kind_name"] == "後期高齢者医療資格確認書"
        assert (first.json()["valid_from"], first.json()["valid_until"]) == ("2025-08-01", "2026-07-31")
        document = await window.client.get(f"/certificates/{first.json()['certificate_id']}/document", headers=clerk)
        assert hashlib.sha256(document.content).hexdigest() == first.json()["document_sha256"]
        said = [message.event for message in await window.world.said() if isinstance(message.event, CertificateIssued)]
        assert [event.document_sha256 for event in said] == [first.json()["document_sha256"], again.json()["document_sha256"]]


async def test_the_certificate_shows_what_the_ledger_holds(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
        issued = (await window.client.post(PATH, headers={**clerk, **KEY})).json()

        text = text_of((await window.client.get(f"/certificates/{issued['certificate_id']}/document", headers=clerk)).content)

        for part in ("後期高齢者医療資格確認書", "00000001", "39131016", "後期花子", "昭和15年5月5日", "平成27年5月5日", "令和8年7月31日"):
            assert part in text, part


async def test_whoever_is_not_insured_today_gets_none(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1, born_on=date(1951, 7, 14)))
        clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))

        answer = await window.client.post(PATH, headers={**clerk, **KEY})

        assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-E002")


async def test_a_name_that_cannot_be_printed_is_refused_with_its_reason_and_nothing_is_kept(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1, name="●藤　花子"))
        clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))

        answer = await window.client.post(PATH, headers={**clerk, **KEY})

        assert (answer.status_code, answer.json()["code"]) == (422, "KOKI-E003")
        assert "氏名" in answer.json()["detail"]
        assert await window.world.value("SELECT count(*) FROM certificate WHERE origin = 'window'") == 0
        # The same key may be tried again once the name is right.
        await window.world.hear(resident(1, 2, name="後藤　花子"))
        assert (await window.client.post(PATH, headers={**clerk, **KEY})).status_code == 201


async def test_a_clerk_cannot_issue_or_open_a_certificate_of_another_municipality(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        own = window.as_("window_clerk", of=frozenset({CHIYODA}))
        other = window.as_("window_clerk", of=frozenset({HACHIOJI}))
        issued = (await window.client.post(PATH, headers={**own, **KEY})).json()

        refused = await window.client.post(PATH, headers={**other, "Idempotency-Key": "from-another-city"})
        hidden = await window.client.get(f"/certificates/{issued['certificate_id']}/document", headers=other)

        assert (refused.status_code, hidden.status_code) == (403, 404)
        assert only(await window.world.rows("SELECT state FROM certificate WHERE origin = 'window'"))["state"] == "issued"
