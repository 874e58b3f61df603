"""支援措置 in collection: a notice of a protected person or the household shows no address and is in no file that goes to the post."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import obstore
from chassis.database import driver
from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases
from chassis.unit_of_work import Units
from collection_service.store import notices
from contracts.events.eligibility import AddressProtected

from services.collection.tests.jobs.test_issue_notices import person, run
from services.collection.tests.people import CHIYODA, DAY, ROOT, apply, rows

SECRET: dict[str, Any] = {"postal_code": "9876543", "address_town": "隠田", "address_number": "7丁目77番"}
SHOWN = ("987-6543", "隠田", "7丁目77番")


def protected(number: int, *, sequence: int = 1, **changes: Any) -> AddressProtected:
    return AddressProtected(
        effective_on=DAY, sequence=sequence, municipality_code=CHIYODA, resident_number=str(number), valid_from=DAY, **changes
    )


async def files(units: Units) -> dict[bool, str]:
    """The text of the print file that is posted and of the one that is handed over."""
    texts = {}
    for sha256, by_hand in await rows(units, "SELECT DISTINCT document_sha256, by_hand FROM notice WHERE state = 'issued'"):
        pdf = bytes(await (await obstore.get_async(units.store, notices.key_of(sha256))).bytes_async())
        texts[by_hand] = "".join(PageTexts(pdf))
    return texts


async def test_the_notice_of_a_protected_person_and_of_the_household_is_apart_and_without_an_address(
    databases: Databases, tmp_path: Path
) -> None:
    """I-39."""
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1, **SECRET)
        await person(units, 2, household_number="1", **SECRET)
        await person(units, 3)
        await apply(units, protected(1))

        _, outcome = await run(units)

        texts = await files(units)
        assert outcome["totals"]["issued"] == 3
        assert outcome["differences"] == {}
        assert not any(part in text for text in texts.values() for part in SHOWN)
        assert texts[True].count("（手渡し）") == 2
        assert "千代田1番1号" in texts[False]
        async with units.open() as uow:
            waiting = await notices.to_hand_over(await driver(uow.connection))
        assert [(found["resident_number"], found["page"]) for found in waiting] == [("1", 1), ("2", 2)]


async def test_a_notice_from_before_the_protection_is_not_opened_again(databases: Databases, tmp_path: Path) -> None:
    """I-39"""
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1, **SECRET)
        await run(units)
        withheld = []
        for event in (None, protected(1), protected(1, sequence=2, valid_until=DAY)):
            if event is not None:
                await apply(units, event)
            async with units.open() as uow:
                found = await notices.document_of(await driver(uow.connection), CHIYODA, "1", 2026)
            assert found is not None
            withheld.append(found[2])

        assert withheld == [False, True, False]
