"""支援措置: the papers beyond the card show no address of a protected person, and none of them goes by post."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from chassis import jobs
from chassis.testing import Databases
from eligibility_service.jobs.issue_cards import IssueCards
from eligibility_service.rules.copay.columns import LimitClass

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.api.test_arrears import report
from services.eligibility.tests.api.test_protected_addresses import PROTECTION, WHERE, ask, shows
from services.eligibility.tests.people import CHIYODA, resident
from services.eligibility.tests.rates import decide

ONE = f"{1:015d}"
PATH = f"/people/{CHIYODA}/{ONE}"


async def _protected(window: Window) -> None:
    await window.world.hear(resident(1, born_on=date(1946, 4, 1), **WHERE))
    assert (await ask(window, "POST", f"{PATH}/address-protection", {**PROTECTION, "valid_from": "2024-07-01"})).status_code == 201


async def test_applied_certificates_and_letters_of_a_protected_person_are_without_the_address(databases: Databases, keys: Path) -> None:
    """I-39, E-30: 限度額, 特定疾病, 滞納の通知, 資格の通知."""
    async with a_window(databases, keys, today=date(2024, 9, 2)) as window:
        await _protected(window)
        await decide(window.world, ONE, 10, LimitClass.LOW_2, of=date(2024, 8, 1))
        wanted = [
            {"subject": "limit", "applied_on": "2024-09-02"},
            {"subject": "specific_disease", "applied_on": "2024-09-02", "disease": "haemophilia"},
        ]
        applied = [await ask(window, "POST", f"{PATH}/certificate-applications", body, number=number) for number, body in enumerate(wanted)]
        letter = (await ask(window, "POST", f"{PATH}/letters", {"kind": "acquisition"})).json()
        await report(window.world, date(2024, 9, 2), oldest=date(2023, 6, 30))
        of_arrears = await window.world.value("SELECT letter_id::text FROM arrears_letter")
        assert await window.world.value("SELECT refusal FROM arrears_letter") is None
        papers = [f"/certificates/{one.json()['certificate_id']}/document" for one in applied]
        papers += [f"/letters/{letter['document_id']}/document", f"{PATH}/arrears/letters/{of_arrears}/document"]

        opened = [await ask(window, "GET", path) for path in papers]

        assert [answer.status_code for answer in (*applied, *opened)] == [201, 201, 200, 200, 200, 200]
        assert [shows(answer) for answer in opened] == [[], [], [], []]


async def test_the_notice_of_a_protected_holder_is_handed_over_and_no_certificate_of_hers_goes_by_post(
    databases: Databases, keys: Path
) -> None:
    """I-39. Seen to fail without the question for 支援措置 in `issue_now`: a certificate was made for the post."""
    async with a_window(databases, keys, today=date(2026, 8, 3)) as window:
        await _protected(window)
        await window.world.rows(
            """INSERT INTO card_holding (municipality_code, resident_number, insured_id, holds, batch_id, valid_from, recorded_from)
            SELECT municipality_code, resident_number, insured_id, true, gen_random_uuid(), date '2026-08-01', now() FROM qualification
            RETURNING 1"""
        )
        await window.world.rows("UPDATE certificate SET state = 'withdrawn', decided_at = now() RETURNING 1")
        run_id = await jobs.prepare(IssueCards(), {}, window.world.units, by="tester")
        await jobs.approve(run_id, window.world.units, by="tester")
        result = await jobs.execute(IssueCards(), run_id, window.world.units)

        (waiting,) = (await ask(window, "GET", "/handovers")).json()
        notice = await ask(window, "GET", f"/certificates/{waiting['certificate_id']}/document")
        by_post = await ask(window, "POST", f"{PATH}/certificates", {"by_post": True})

        assert result["differences"] == {}
        assert (waiting["kind"], notice.status_code, shows(notice)) == ("eligibility_notice", 200, [])
        assert (by_post.status_code, by_post.json()["code"]) == (409, "KOKI-E049")
        assert (await ask(window, "GET", "/deliveries/sending")).json() == []
        assert (await ask(window, "GET", "/print-files")).json() == []
