"""Bad files and messages at the doors of the municipalities: told in Japanese where and what, nothing half loaded, the rest goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.failure.doors import Doors
from tests.failure.offices import SENT_AT, Letterbox
from tests.failure.strangers import Strangers, next_record
from tests.failure.union import FailureUnion
from tests.simulators.municipality.faults import UNKNOWN_MUNICIPALITY, spoil
from tests.simulators.municipality.sender import PublishRefused, publish
from tests.simulators.municipality.union import CHIYODA, HACHIOJI, OKUTAMA

JAPANESE = re.compile(r"[ぁ-ん]")


@dataclass(frozen=True)
class Expected:
    """What a fault leads to: a code, and how many rows of the file fall out (None: the whole file)."""

    code: str
    rejected: int | None = None
    parked: int = 0


FAULTS = {
    ("wrong_count", "residents"): Expected("KOKI-F005"),
    ("wrong_count", "incomes"): Expected("KOKI-F005"),
    ("wrong_hash", "residents"): Expected("KOKI-F006"),
    ("unknown_municipality", "residents"): Expected("KOKI-G002"),
    ("broken_encoding", "residents"): Expected("KOKI-F002"),
    ("missing_column", "residents"): Expected("KOKI-F003"),
    ("impossible_date", "residents"): Expected("KOKI-R105", rejected=1),
    ("impossible_date", "incomes"): Expected("KOKI-R105", rejected=1),
    ("duplicate_person", "residents"): Expected("KOKI-R110", rejected=2),
    ("unidentified_character", "residents"): Expected("KOKI-R201", rejected=0, parked=1),
    ("foreign_row", "residents"): Expected("KOKI-R109", rejected=1),
}


@pytest.mark.parametrize(("fault", "kind"), FAULTS)
async def test_a_bad_file_is_refused_where_it_is_wrong_and_the_corrected_one_is_enough(
    doors: Doors, strangers: Strangers, tmp_path: Path, fault: str, kind: str
) -> None:
    expected = FAULTS[fault, kind]
    village, neighbours = strangers.village(HACHIOJI.code), strangers.village(OKUTAMA.code)
    files = strangers.write(village, tmp_path, await doors.next_generations(HACHIOJI.code))
    files += strangers.write(neighbours, tmp_path, await doors.next_generations(OKUTAMA.code))
    target = next(file for file in files if (file.municipality_code, file.kind) == (HACHIOJI.code, kind))
    spoiled = spoil(fault, target, seed=4, files=files)
    before, said = await doors.known(), await doors.batches_said()

    result = await doors.hand_in(spoiled.file, as_municipality=HACHIOJI.code)

    whole = expected.rejected is None
    assert result["state"] == ("refused" if whole else "accepted_with_errors")
    assert result["rows"] == result["accepted"] + result["rejected"] + result["parked"]
    assert {error["code"] for error in result["errors"]} == {expected.code}
    for error in result["errors"]:
        assert JAPANESE.search(error["message"])
        assert JAPANESE.search(error["remedy"])
    if whole:
        assert result["accepted"] == 0
        assert await doors.batches_said() == said
        assert await doors.known() == before
        assert fault != "broken_encoding" or result["errors"][0]["row"] == spoiled.row
        assert fault != "missing_column" or result["errors"][0]["column"] == spoiled.column
    else:
        assert (result["rejected"], result["parked"]) == (expected.rejected, expected.parked)
        rows = {spoiled.row, spoiled.twin_row} - {None}
        assert {(error["row"], error["column"], error["value"]) for error in result["errors"]} == {
            (row, spoiled.column, spoiled.value) for row in rows
        }
        await _is_loaded(doors, village.prefix, kind, result["accepted"])

    corrected = strangers.write(village, tmp_path / "corrected", await doors.next_generations(HACHIOJI.code))
    for file in corrected:
        result = await doors.hand_in(file)
        assert (result["state"], result["accepted"]) == ("accepted", file.rows)
    await doors.wait_known(village.prefix, residents=village.people, incomes=village.incomes.height)
    await doors.at_rest()
    assert (await doors.known(village.prefix))["premium"]["residents"] == village.people


async def _is_loaded(doors: Doors, prefix: str, kind: str, rows: int) -> None:
    await doors.wait_known(prefix, residents=rows if kind == "residents" else 0, incomes=rows if kind == "incomes" else 0)


async def test_a_municipality_that_the_union_does_not_have_hands_in_nothing(doors: Doors, strangers: Strangers, tmp_path: Path) -> None:
    village = strangers.village(HACHIOJI.code)
    files = strangers.write(village, tmp_path, await doors.next_generations(HACHIOJI.code))
    spoiled = spoil("unknown_municipality", files[0], seed=1, files=files)
    doors.thread.secrets = {**doors.thread.secrets, UNKNOWN_MUNICIPALITY: "a guess"}

    answer = await doors.upload(spoiled.file, as_municipality=UNKNOWN_MUNICIPALITY)

    assert answer.status == 401
    assert JAPANESE.search(answer.body["title"])


async def test_a_bad_message_is_refused_with_the_same_words_and_a_corrected_one_is_enough(
    union: FailureUnion, doors: Doors, strangers: Strangers
) -> None:
    village = strangers.village(HACHIOJI.code, households=2)
    right = village.changes()
    person = right[0]
    async with Letterbox(union.broker_urls()) as box:
        wrong = {**person, "sex": "7"}
        unclear = {**right[1], "name": "●" + right[1]["name"][1:]}
        refused, parked = await doors.send([wrong, unclear], box)

        assert (refused["state"], parked["state"]) == ("rejected", "parked")
        for answer, code, column, value in (
            (refused, "KOKI-R106", "sex", "7"),
            (parked, "KOKI-R201", "name", unclear["name"]),
        ):
            (error,) = answer["errors"]
            assert (error["code"], error["column"], error["value"]) == (code, column, value)
            assert JAPANESE.search(error["message"])
            assert JAPANESE.search(error["remedy"])
        assert not any((await doors.known(village.prefix))["eligibility"].values())

        answers = await doors.send(right, box)
        assert {answer["state"] for answer in answers} == {"accepted"}
    await doors.wait_known(village.prefix, residents=village.people, incomes=village.incomes.height)
    await doors.at_rest()


async def test_the_broker_itself_refuses_a_message_of_one_municipality_about_another(
    union: FailureUnion, doors: Doors, strangers: Strangers
) -> None:
    foreign = strangers.village(OKUTAMA.code).changes()[0]
    before = await doors.books.fetch("gateway", "SELECT count(*) FROM inbox")

    with pytest.raises(PublishRefused):
        await publish([foreign], union.broker_urls()[CHIYODA.code], sent_at=SENT_AT)

    assert await doors.books.fetch("gateway", "SELECT count(*) FROM inbox") == before


async def test_a_message_under_the_own_code_about_a_foreign_resident_is_refused_by_the_gateway(
    union: FailureUnion, doors: Doors, strangers: Strangers
) -> None:
    village = strangers.village(OKUTAMA.code)
    foreign = next_record({**village.changes()[0], "history_number": 0})
    async with Letterbox(union.broker_urls()) as box:
        answer = await doors.send_as(CHIYODA.code, foreign, box)

    assert answer["state"] == "rejected"
    assert [(error["code"], error["column"], error["value"]) for error in answer["errors"]] == [
        ("KOKI-R109", "municipality_code", OKUTAMA.code)
    ]
    assert not any((await doors.known(village.prefix))["eligibility"].values())
