"""The same thing twice, late or in another order has one effect and the right one; who asks for others' people sees nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chassis.tokens import Principal

from tests.failure.doors import Doors
from tests.failure.offices import Letterbox
from tests.failure.picture import Databases
from tests.failure.strangers import Strangers, Village, next_record, of_person
from tests.failure.union import FailureUnion
from tests.simulators.municipality import codes
from tests.simulators.municipality.books import HEAD
from tests.simulators.municipality.union import CHIYODA, HACHIOJI

RECORD = "SELECT (to_jsonb(r) - 'recorded_from')::text AS row FROM resident r WHERE resident_number LIKE $1"
VERSIONS = "SELECT count(*) FROM resident_history WHERE resident_number LIKE $1"
REVISIONS = "SELECT sum(revision)::int FROM qualification WHERE resident_number LIKE $1"
PREMIUMS = """
SELECT DISTINCT ON (a.insured_id) substr(r.resident_number, 8) AS who, a.annual_amount, a.months FROM assessment a
JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident
WHERE r.resident_number LIKE $1 ORDER BY a.insured_id, a.revision DESC
"""
INSTALMENTS = """
SELECT substr(a.resident_number, 8) AS who, e.number, e.due_on, sum(e.amount)::bigint AS yen FROM assessment a
JOIN charge_entry e USING (insured_id, fiscal_year) WHERE a.resident_number LIKE $1 GROUP BY 1, 2, 3 HAVING sum(e.amount) <> 0
"""
LEDGER = """
SELECT substr(resident_number, 8) AS who, ordinal, residence_since, acquired_on, acquisition_ground, lost_on, loss_reason
FROM qualification WHERE resident_number LIKE $1
"""


async def outcome(books: Databases, prefix: str) -> dict[str, list[tuple[Any, ...]]]:
    """Ledger, premiums and instalments of people whose numbers begin with `prefix`, without the prefix."""
    queries = {"eligibility": LEDGER, "premium": PREMIUMS, "collection": INSTALMENTS}
    return {service: sorted(tuple(row) for row in await books.fetch(service, query, f"{prefix}%")) for service, query in queries.items()}


async def traces_of(books: Databases, prefix: str) -> list[Any]:
    """Everything that a second effect would change."""
    found = [await books.fetch("eligibility", query, f"{prefix}%") for query in (RECORD, VERSIONS, REVISIONS)]
    decisions = await books.fetch(
        "premium",
        "SELECT count(*) FROM assessment a JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident "
        "WHERE r.resident_number LIKE $1",
        f"{prefix}%",
    )
    return [[tuple(row) for row in rows] for rows in (*found, decisions)] + [await outcome(books, prefix)]


async def test_the_same_file_by_two_clients_at_once_has_one_effect(doors: Doors, strangers: Strangers, tmp_path: Path) -> None:
    village = strangers.village(HACHIOJI.code)
    (file, _) = strangers.write(village, tmp_path, await doors.next_generations(HACHIOJI.code))
    said = await doors.batches_said()

    answers = await asyncio.gather(*(doors.upload(file, as_municipality=HACHIOJI.code) for _ in range(6)))

    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["intake_id"] for answer in answers}) == 1
    assert [answer.body["repeated"] for answer in answers].count(False) == 1
    result = await doors.result_of(HACHIOJI.code, answers[0].body["intake_id"])
    assert (result["state"], result["accepted"]) == ("accepted", file.rows)
    await doors.wait_known(village.prefix, residents=village.people)
    await doors.at_rest()
    assert await doors.batches_said() == said + 1
    assert [tuple(row) for row in await doors.books.fetch("eligibility", VERSIONS, f"{village.prefix}%")] == [(0,)]


async def test_a_message_sent_again_is_answered_again_and_has_one_effect(union: FailureUnion, doors: Doors, strangers: Strangers) -> None:
    village = strangers.village(HACHIOJI.code, households=2)
    async with Letterbox(union.broker_urls()) as box:
        first = await doors.send(village.changes(), box)
        await doors.at_rest()
        before = await traces_of(doors.books, village.prefix)

        again = await doors.send(village.changes(), box)
        await doors.at_rest()

        assert first == again
        assert await traces_of(doors.books, village.prefix) == before


async def test_what_a_gateway_restored_from_a_backup_takes_in_and_sends_again_has_one_effect(
    union: FailureUnion, doors: Doors, strangers: Strangers
) -> None:
    village = strangers.village(HACHIOJI.code, households=2)
    rows = village.changes()
    later = [next_record(row, name_kana="ア" + row["name_kana"]) for row in rows if row["kind"] == "resident"]
    async with Letterbox(union.broker_urls()) as box:
        await doors.send(rows, box)
        await doors.at_rest()
        await asyncio.to_thread(union.keep_backup, "gateway")
        await doors.send(later, box)
        await doors.at_rest()
        before = await traces_of(doors.books, village.prefix)

        # The backup knows nothing of the later changes, and believes that it has still to send the earlier ones.
        await asyncio.to_thread(union.restore_backup, "gateway", "UPDATE outbox SET published_at = NULL")
        answers = await doors.send([*rows, *later], box)
        await doors.at_rest()

        assert {answer["state"] for answer in answers} == {"accepted"}
        assert await traces_of(doors.books, village.prefix) == before


async def test_a_stale_change_does_not_undo_a_newer_one(union: FailureUnion, doors: Doors, strangers: Strangers) -> None:
    village = strangers.village(HACHIOJI.code, households=2)
    rows = village.changes()
    person = rows[0]
    newer = next_record(person, name="新しい　氏名", name_kana="アタラシイ　シメイ")
    stale = {**person, "name": "古い　氏名", "name_kana": "フルイ　シメイ"}
    async with Letterbox(union.broker_urls()) as box:
        await doors.send([*rows, newer], box)
        await doors.at_rest()
        before = await traces_of(doors.books, village.prefix)

        await doors.send([stale], box)
        await doors.at_rest()

    assert await traces_of(doors.books, village.prefix) == before
    records = [json.loads(row["row"]) for row in await doors.books.fetch("eligibility", RECORD, f"{person['resident_number']}%")]
    assert [record["name"] for record in records] == ["新しい　氏名"]


async def test_changes_that_come_in_another_order_lead_to_the_same(union: FailureUnion, doors: Doors, strangers: Strangers) -> None:
    in_order = strangers.village(HACHIOJI.code, households=6)
    shuffled = strangers.village(HACHIOJI.code, twin_of=in_order)
    rows = _life(shuffled)
    np.random.default_rng(5).shuffle(rows)
    async with Letterbox(union.broker_urls()) as box:
        await doors.send(_life(in_order), box)
        await doors.send(rows, box)
        await doors.at_rest()

    found = await outcome(doors.books, shuffled.prefix)
    assert found == await outcome(doors.books, in_order.prefix)
    assert found["premium"]
    assert found["collection"]


def _life(village: Village) -> list[dict[str, Any]]:
    """First records, and then each household moves, whoever is not its head dies, and every income is corrected."""
    rows = village.changes()
    people = [row["resident_number"] for row in rows if row["kind"] == "resident"]
    for number in people:
        person = of_person(rows, number, "resident")
        moved = next_record(
            person, change_reason=str(codes.MOVED_WITHIN), changed_on="2026-07-08", notified_on="2026-07-08", address_number="１番地"
        )
        rows.append(moved)
        if person["relationship"] != HEAD:
            day = {"changed_on": "2026-07-10", "notified_on": "2026-07-11", "ended_on": "2026-07-10"}
            rows.append(next_record(moved, status=str(codes.DEAD), change_reason=str(codes.DIED), **day))
        incomes = [row for row in rows if row["kind"] == "income" and row["resident_number"] == number and row["status"] == "1"]
        rows += [next_record(row, other_income=row["other_income"] + 700_000, total_income=None, taxable_income=None) for row in incomes]
    return rows


CLERK_OF_CHIYODA = Principal("chiyoda", frozenset({"window_clerk"}), frozenset({CHIYODA.code}))
CLERK_OF_HACHIOJI = Principal("hachioji", frozenset({"window_clerk"}), frozenset({HACHIOJI.code}))
PLACES = {
    "eligibility": ["/people/{m}/{r}", "/people?number={r}", "/people?kana={kana}&born_on={born}", "/certificates/{certificate}/document"],
    "premium": ["/people/{m}/{r}/assessments", "/assessments/{assessment}", "/assessments/{assessment}/document"],
    "collection": ["/people/{m}/{r}/instalments", "/people/{m}/{r}/notices", "/people/{m}/{r}/notices/2026/document"],
    "benefits": ["/insured/{number}"],
}


@pytest.fixture
async def somebody(union: FailureUnion, books: Databases) -> dict[str, str]:
    """An insured resident of 八王子市 with a premium, instalments and a card; everything by which a service may be asked."""
    (person,) = await books.fetch(
        "eligibility",
        """SELECT q.municipality_code AS m, q.resident_number AS r, q.insured_number AS number, q.insured_id, r.name, r.name_kana AS kana,
               r.born_on::text AS born
        FROM qualification q JOIN resident r USING (municipality_code, resident_number)
        WHERE q.municipality_code = $1 AND q.lost_on IS NULL ORDER BY q.insured_number LIMIT 1 OFFSET 3""",
        HACHIOJI.code,
    )
    (assessment,) = await books.fetch(
        "premium", "SELECT assessment_id::text FROM assessment WHERE insured_id = $1 ORDER BY revision LIMIT 1", person["insured_id"]
    )
    return {**{name: str(value) for name, value in person.items()}, "assessment": assessment[0]}


async def test_a_clerk_of_one_municipality_sees_nobody_of_another(doors: Doors, somebody: dict[str, str]) -> None:
    certificate = await _card_of(doors, somebody)
    for service, paths in PLACES.items():
        for path in paths:
            asked = path.format(**somebody, certificate=certificate)
            own = await asyncio.to_thread(doors.ask, service, asked, CLERK_OF_HACHIOJI)
            foreign = await asyncio.to_thread(doors.ask, service, asked, CLERK_OF_CHIYODA)

            assert own.status_code in (200, 404), (service, asked, own.text)
            assert own.status_code == 200 or path.endswith("notices/2026/document"), (service, asked, own.text)
            # Somebody of 千代田区 may have the same 宛名番号: each municipality numbers its own people.
            seen = [] if foreign.status_code == 404 else [row["municipality_code"] for row in foreign.json()]
            assert set(seen) <= {CHIYODA.code}, (service, asked, foreign.text)
            assert somebody["name"] not in foreign.text
            # Whoever asks by a number knows it already.
            assert "{number}" in path or somebody["number"] not in foreign.text.replace(asked, "")


async def test_a_clerk_cannot_issue_a_card_for_somebody_of_another_municipality(doors: Doors, somebody: dict[str, str]) -> None:
    answer = await asyncio.to_thread(
        doors.ask,
        "eligibility",
        "/people/{m}/{r}/certificates".format(**somebody),
        CLERK_OF_CHIYODA,
        method="POST",
        headers={"Idempotency-Key": "not-my-people"},
    )
    assert answer.status_code == 403


async def test_nobody_is_answered_without_a_token_of_the_gateway(doors: Doors, somebody: dict[str, str]) -> None:
    for service, paths in PLACES.items():
        asked = paths[0].format(**somebody)
        assert (await asyncio.to_thread(doors.ask, service, asked, None)).status_code == 401
        assert (await asyncio.to_thread(doors.ask, service, "/operations/summary", CLERK_OF_HACHIOJI)).status_code == 403


async def test_a_clerk_counts_the_own_municipality_alone(doors: Doors) -> None:
    found = (await asyncio.to_thread(doors.ask, "statistics", "/insured-counts", CLERK_OF_CHIYODA)).json()
    assert {row["municipality_code"] for row in found["rows"]} == {CHIYODA.code}


async def _card_of(doors: Doors, somebody: dict[str, str]) -> str:
    answer = await asyncio.to_thread(
        doors.ask,
        "eligibility",
        "/people/{m}/{r}/certificates".format(**somebody),
        CLERK_OF_HACHIOJI,
        method="POST",
        headers={"Idempotency-Key": f"card-of-{somebody['insured_id']}"},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["certificate_id"])
