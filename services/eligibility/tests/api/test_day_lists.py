"""障害認定者一覧 and 居所不明者一覧: who belongs to them on a day, as known on another; on screen, as PDF and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

from chassis.testing import Databases

from services.eligibility.tests.api.conftest import a_window
from services.eligibility.tests.api.test_lists import ALL, OWN, content, listed, made
from services.eligibility.tests.handlers.test_entries import certify
from services.eligibility.tests.handlers.test_moves import decide as same_person
from services.eligibility.tests.pdf import pages_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident


async def test_who_is_certified_is_listed_as_of_any_two_days_wherever_the_certification_was_decided(
    databases: Databases, keys: Path
) -> None:
    """E-14: also after a move within the union, and not any more from the 75th birthday on. Seen to fail with the ground as the test."""
    async with a_window(databases, keys) as window:
        world = window.world
        young: dict[str, Any] = {"born_on": date(1955, 9, 1)}
        moved_on = date(2026, 5, 20)
        await world.hear(resident(1, **young), resident(2, born_on=date(1951, 7, 13)), resident(3), resident(4, **young))
        await world.hear(resident(9, municipality=HACHIOJI, resident_since=moved_on, changed_on=moved_on, **young))
        await certify(world, date(2024, 4, 10))
        await certify(world, date(2024, 4, 11), f"{2:015d}")
        await world.hear(resident(1, 2, status="2", changed_on=moved_on, ended_on=moved_on, **young))
        await same_person(world, is_same=True)

        async def listed_of(of: frozenset[str] | None, **wanted: Any) -> list[tuple[str, ...]]:
            found = await listed(window, "certified", of=of, municipality="*" if of is None else CHIYODA, **wanted)
            return [(row["resident_number"].lstrip("0"), row["evidence"], row["grade"]) for row in found["rows"]]

        handbook = ("身体障害者手帳", "1級")
        assert await listed_of(None) == [("9", *handbook)], "the second is 75 today"
        assert await listed_of(None, valid_on="2026-07-12") == [("2", *handbook), ("9", *handbook)]
        assert await listed_of(OWN, valid_on="2026-05-19") == [("1", *handbook), ("2", *handbook)]
        assert await listed_of(OWN, valid_on="2026-05-19", known_on="2024-01-01") == []
        file = await made(window, "certified", "csv", valid_on="2026-05-19")
        head, *rows = csv.reader(io.StringIO((await content(window, file)).decode("utf-8-sig")))
        assert (head[-3:], [row[-3] for row in rows]) == (["確かめた書類", "障害の程度", "書類の有効期限"], ["身体障害者手帳"] * 2)
        pdf = pages_of(await content(window, await made(window, "certified", "pdf", key="key-00000002", valid_on="2026-05-19")))
        assert "令和8年5月19日に障害認定により資格のある人" in pdf[0]


async def test_whose_residence_is_looked_for_is_listed_for_the_whole_union_without_withheld_addresses(
    databases: Databases, keys: Path
) -> None:
    """E-17, I-39."""
    async with a_window(databases, keys) as window:
        world = window.world
        await world.hear(resident(1, address_number="88番"), resident(2), resident(5, municipality=HACHIOJI))
        staff = window.as_("union_staff", of=ALL)

        async def post(path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
            answer = await window.client.post(path, headers={**staff, "Idempotency-Key": key}, json=body)
            assert answer.status_code in (200, 201), answer.text
            return dict(answer.json())

        opening = {"cause": "returned_mail", "remark": ""}
        survey = await post(f"/people/{CHIYODA}/{1:015d}/residence-surveys", {**opening, "deadline": "2026-08-12"}, "survey-01")
        await post(f"/people/{HACHIOJI}/{5:015d}/residence-surveys", {**opening, "deadline": "2026-08-01"}, "survey-02")
        await post(
            f"/residence-surveys/{survey['survey_id']}/acts", {"act": "visit", "done_on": "2026-07-10", "remark": "不在"}, "act-00001"
        )

        every = await listed(window, "searched", of=ALL, municipality="*")
        own = await listed(window, "searched")
        assert [(row["municipality_code"], row["due_on"], row["step"], row["last"]) for row in every["rows"]] == [
            (HACHIOJI, "2026-08-01", "調査中", "2026-07-13 調査の開始"), (CHIYODA, "2026-08-12", "調査中", "2026-07-10 訪問"),
        ]  # fmt: skip
        assert [row["address"][-3:] for row in own["rows"]] == ["88番"]
        assert (await listed(window, "searched", valid_on="2026-07-12"))["rows"] == []
        pdf = pages_of(await content(window, await made(window, "searched", "pdf")))
        assert "居所不明者一覧" in pdf[0]
        assert "88番" in pdf[0]
        protection = {"applicant": "本人", "ground": "other", "valid_from": "2026-07-01", "expires_on": "2027-06-30", "remark": ""}
        await post(f"/people/{CHIYODA}/{1:015d}/address-protection", protection, "protect-1")
        withheld = pages_of(await content(window, await made(window, "searched", "pdf", key="key-00000003")))
        assert "88番" not in withheld[0]
        await post(
            f"/residence-surveys/{survey['survey_id']}/acts", {"act": "found", "done_on": "2026-07-13", "remark": "在宅"}, "act-00002"
        )
        assert (await listed(window, "searched"))["rows"] == []
