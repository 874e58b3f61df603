"""Files for the municipalities: kept as they were announced, offered, fetched, and confirmed with their hash (E-19)."""

from __future__ import annotations

import json
from typing import Any

import obstore
import pytest
from chassis.batches import SealBroken
from chassis.clock import uuid7
from chassis.unit_of_work import UnitOfWork
from contracts.batches import Seal
from contracts.envelope import Message
from contracts.events.eligibility import FileForMunicipality, QualificationFileSealed
from gateway_service.handlers.down_files import on_files_for_municipalities

from contracts.layouts import read_control, read_file, sha256_of
from services.gateway.tests.municipal import CHIYODA, CREATED, HACHIOJI, File, residents_file
from services.gateway.tests.world import GatewayWorld


def qualification(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "municipality_code": CHIYODA, "resident_number": f"{number:015d}", "resident_history_number": 1, "history_number": 1,
        "insurer_number": "39131016", "insured_number": f"{number:08d}", "qualification_status": "1", "acquisition_ground": "101",
        "acquired_on": CREATED.date(), "loss_reason": None, "lost_on": None, "copay_rate": "1", "limit_class": "21",
        "copay_rate_from": CREATED.date(), **changes,
    }  # fmt: skip


async def offered(gateway: GatewayWorld, file: File, *, code: str = CHIYODA, generation: int = 1, sha256: str | None = None) -> None:
    """What eligibility says of a file that it has put into the object store."""
    store, place = gateway.runtime.store, f"eligibility/qualification-files/{code}/{generation:06}"
    await obstore.put_async(store, f"{place}.csv", file.data)
    await obstore.put_async(store, f"{place}.control.json", file.control_bytes)
    rows = file.control.row_count
    event = QualificationFileSealed(
        effective_on=CREATED.date(), batch_id=uuid7(), key=f"{place}.csv", municipality_code=code, generation=generation, is_whole=False,
        seal=Seal(schema_name="koki-1/qualifications", rows=rows, totals={}, sha256=sha256 or sha256_of(file.data)),
        control_key=f"{place}.control.json", control_sha256=sha256_of(file.control_bytes),
    )  # fmt: skip
    message: Message[FileForMunicipality] = Message(id=uuid7(), source="eligibility", time=CREATED, event=event, correlation_id=uuid7())
    async with gateway.runtime.units.open() as uow:
        assert isinstance(uow, UnitOfWork)
        await on_files_for_municipalities([message], uow)


@pytest.fixture
def file() -> File:
    return residents_file([qualification(1), qualification(2)], kind="qualifications")


async def test_a_municipality_lists_fetches_and_confirms_its_file(gateway: GatewayWorld, file: File) -> None:
    await offered(gateway, file)
    at = "/municipal/files/down/qualifications/1"

    (listed,) = (await gateway.client.get("/municipal/files/down", auth=gateway.secret())).json()
    data = await gateway.client.get(at, auth=gateway.secret())
    control = await gateway.client.get(f"{at}/control", auth=gateway.secret())
    receipt = await gateway.client.post(f"{at}/receipt", json={"sha256": sha256_of(data.content)}, auth=gateway.secret())

    assert (listed["kind"], listed["generation"], listed["rows"], listed["confirmed_at"]) == ("qualifications", 1, 2, None)
    assert listed["sha256"] == sha256_of(data.content) == data.headers["X-Content-SHA256"]
    result = read_file(data.content, None, read_control(control.content))
    assert (result.accepted_count, result.file_errors, result.errors) == (2, [], [])
    assert receipt.status_code == 200
    assert receipt.json()["confirmed_at"]
    again = await gateway.client.post(f"{at}/receipt", json={"sha256": sha256_of(data.content)}, auth=gateway.secret())
    assert again.json() == receipt.json()


async def test_the_municipality_is_told_through_its_queue_of_answers(gateway: GatewayWorld, file: File) -> None:
    await offered(gateway, file)
    (told,) = await gateway.answers(1)
    assert told["state"] == "offered"
    assert told["file"] == {"kind": "qualifications", "generation": 1, "is_whole": False, "rows": 2, "sha256": sha256_of(file.data)}


async def test_a_receipt_with_another_hash_or_of_a_file_never_fetched_confirms_nothing(gateway: GatewayWorld, file: File) -> None:
    await offered(gateway, file)
    at = "/municipal/files/down/qualifications/1"
    unfetched = await gateway.client.post(f"{at}/receipt", json={"sha256": sha256_of(file.data)}, auth=gateway.secret())
    await gateway.client.get(at, auth=gateway.secret())
    other = await gateway.client.post(f"{at}/receipt", json={"sha256": "0" * 64}, auth=gateway.secret())
    assert [(answer.status_code, answer.json()["code"]) for answer in (unfetched, other)] == [(409, "KOKI-S561"), (409, "KOKI-S560")]
    assert await gateway.value("SELECT confirmed_at FROM down_file") is None


async def test_nobody_fetches_the_file_of_another_municipality(gateway: GatewayWorld, file: File) -> None:
    await offered(gateway, file)
    at = "/municipal/files/down/qualifications/1"
    assert (await gateway.client.get("/municipal/files/down", auth=gateway.secret(HACHIOJI))).json() == []
    foreign = [await gateway.client.get(path, auth=gateway.secret(HACHIOJI)) for path in (at, f"{at}/control")]
    assert [answer.status_code for answer in foreign] == [404, 404]
    assert (await gateway.client.get(at)).status_code == 401


async def test_a_file_that_is_not_what_was_announced_is_not_offered(gateway: GatewayWorld, file: File) -> None:
    with pytest.raises(SealBroken):
        await offered(gateway, file, sha256="0" * 64)
    assert await gateway.rows("SELECT * FROM down_file") == []


async def test_a_kept_file_that_was_changed_does_not_leave(gateway: GatewayWorld, file: File) -> None:
    await offered(gateway, file)
    await obstore.put_async(gateway.runtime.store, f"down/{CHIYODA}/qualifications/000001.csv", file.data + b" ")
    answer = await gateway.client.get("/municipal/files/down/qualifications/1", auth=gateway.secret())
    assert (answer.status_code, answer.json()["code"]) == (500, "KOKI-S562")


async def test_a_file_made_again_is_told_again_and_stays_confirmed(gateway: GatewayWorld, file: File) -> None:
    await offered(gateway, file)
    at = "/municipal/files/down/qualifications/1"
    await gateway.client.get(at, auth=gateway.secret())
    await gateway.client.post(f"{at}/receipt", json={"sha256": sha256_of(file.data)}, auth=gateway.secret())

    await offered(gateway, file)

    assert len(await gateway.answers(2)) == 2
    assert await gateway.value("SELECT count(confirmed_at) FROM down_file") == 1


def holders(code: str, *, generation: int = 1) -> File:
    row = {"insured_number": "00000001", "born_on": CREATED.date(), "sex": "2", "holding": "1", "confirmed_on": CREATED.date()}
    return residents_file(
        [row, {**row, "insured_number": "00000002", "holding": "2"}], kind="card_holdings", code=code, generation=generation
    )


async def test_the_union_hands_in_holders_of_cards_through_the_same_door(gateway: GatewayWorld) -> None:
    result = await gateway.taken_in(holders("138991"), "138991")

    assert (result["state"], result["accepted"], result["errors"]) == ("accepted", 2, [])
    (event,) = await gateway.events("municipal.card_holdings_batch_sealed.v1")
    assert event["data"]["seal"]["schema_name"] == "koki-1/card_holdings"
    assert event["data"]["seal"]["rows"] == 2


async def test_each_kind_is_taken_only_from_those_who_have_it(gateway: GatewayWorld) -> None:
    cards = await gateway.taken_in(holders(CHIYODA))
    people = await gateway.taken_in(residents_file([], code="138991"), "138991")
    assert [(result["state"], result["errors"][0]["code"]) for result in (cards, people)] == [("refused", "KOKI-G003")] * 2
    assert "138991" not in json.dumps([tuple(row) for row in await gateway.rows("SELECT code FROM municipality WHERE NOT is_union")])
