"""Single changes by message: events for right ones, the same errors as in files for wrong ones, an answer for each."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis.testing import Databases, eventually
from contracts.envelope import read
from contracts.events.municipal import IncomeDetermined, ResidentChanged
from gateway_service.domain.intake import as_events
from gateway_service.handlers.change_consumer import ChangeConsumer

from services.gateway.tests.municipal import HACHIOJI, change, income, resident, residents_file
from services.gateway.tests.world import GatewayWorld, a_gateway


async def test_a_right_change_becomes_an_event_and_is_answered(gateway: GatewayWorld) -> None:
    sent = change(resident(1, history=3))
    await gateway.send([sent])

    (answer,) = await gateway.answers(1)
    assert answer == {"message_id": sent["id"], "state": "accepted", "errors": []}
    (item,) = await gateway.events(ResidentChanged.type)
    event = read(item, ResidentChanged).event
    assert (event.sequence, event.effective_on.isoformat(), event.name) == (3, "2026-06-01", "麹町　花子")
    assert (item["causationid"], item["correlationid"], item["source"]) == (sent["id"], sent["id"], "gateway")


async def test_an_income_takes_its_day_from_the_message(gateway: GatewayWorld) -> None:
    await gateway.send([change(income(1))])

    assert (await gateway.answers(1))[0]["state"] == "accepted"
    (item,) = await gateway.events(IncomeDetermined.type)
    assert (item["effectiveon"], item["data"]["public_pension_receipts"]) == ("2026-06-10", 1_800_000)


async def test_a_flag_is_true_or_false_in_a_message_and_no_amount_is(gateway: GatewayWorld) -> None:
    """W-09: with flags written as Python writes them, every income that told one was rejected."""
    told, wrong = change(income(1)), change(income(2))
    told["data"].update(receives_welfare_pension=True, resident_tax_status="2")
    wrong["data"].update(total_income=True)
    await gateway.send([told])
    await gateway.send([wrong])

    answers = {answer["message_id"]: answer for answer in await gateway.answers(2)}
    assert answers[told["id"]]["state"] == "accepted"
    assert (answers[wrong["id"]]["state"], answers[wrong["id"]]["errors"][0]["column"]) == ("rejected", "total_income")
    (item,) = await gateway.events(IncomeDetermined.type)
    assert item["data"]["receives_welfare_pension"] is True


@pytest.mark.parametrize(
    ("code", "column", "changes_made"),
    [
        ("KOKI-R105", "born_on", {"born_on": "1945-02-30"}),
        ("KOKI-R106", "relationship", {"relationship": "=1"}),
        ("KOKI-R101", "name", {"name": ""}),
        ("KOKI-R109", "municipality_code", {"municipality_code": HACHIOJI}),
        ("KOKI-R108", "name_kana", {"name_kana": "こうじまち"}),
    ],
    ids=["impossible date", "unknown code", "empty name", "somebody else's resident", "kana"],
)
async def test_a_wrong_change_is_rejected_with_the_code_and_words_of_the_same_row_in_a_file(
    gateway: GatewayWorld, code: str, column: str, changes_made: dict[str, Any]
) -> None:
    sent = change(resident(1))
    sent["data"].update(changes_made)
    await gateway.send([sent])

    (answer,) = await gateway.answers(1)
    assert (answer["state"], [(e["code"], e["column"]) for e in answer["errors"]]) == ("rejected", [(code, column)])
    assert answer["errors"][0]["remedy"]
    assert await gateway.events(ResidentChanged.type) == []

    if column == "born_on":
        file = residents_file([resident(1)]).with_text(",1945-06-01,", ",1945-02-30,")
        (in_file,) = (await gateway.taken_in(file))["errors"]
        assert {k: in_file[k] for k in ("code", "column", "value", "message", "remedy")} == {
            k: answer["errors"][0][k] for k in ("code", "column", "value", "message", "remedy")
        }


async def test_a_pack_leaves_as_a_pack_and_each_item_is_answered(gateway: GatewayWorld) -> None:
    items = [change(resident(number)) for number in range(1, 101)]
    items[49]["data"]["sex"] = "9"
    await gateway.send(items, packed=True)

    answers = {answer["message_id"]: answer["state"] for answer in await gateway.answers(100)}
    assert [answers[item["id"]] for item in items] == ["accepted"] * 49 + ["rejected"] + ["accepted"] * 50
    (pack,) = await gateway.rows("SELECT content_type, body FROM outbox WHERE exchange = 'gateway.events'")
    assert (pack.content_type, len(json.loads(pack.body))) == ("application/cloudevents-batch+json", 99)


async def test_an_unidentified_character_parks_a_change_until_it_comes_in_order(gateway: GatewayWorld) -> None:
    await gateway.send([change(resident(1, name="●田　花子"))])
    assert [answer["state"] for answer in await gateway.answers(1)] == ["parked"]
    assert await gateway.value("SELECT count(*) FROM parked_row WHERE replaced_at IS NULL") == 1

    await gateway.send([change(resident(1, name="邉田　花子"))])
    assert [answer["state"] for answer in await gateway.answers(1)] == ["accepted"]
    assert await gateway.value("SELECT count(*) FROM parked_row WHERE replaced_at IS NULL") == 0


async def test_a_repeated_message_changes_nothing_and_gets_its_first_answer_again(gateway: GatewayWorld) -> None:
    right, wrong = change(resident(1)), change(resident(2))
    wrong["data"]["sex"] = "9"
    await gateway.send([right, wrong])
    first = {answer["message_id"]: answer for answer in await gateway.answers(2)}
    await gateway.send([right, wrong])
    again = {answer["message_id"]: answer for answer in await gateway.answers(2)}

    assert len(await gateway.events(ResidentChanged.type)) == 1
    assert {key: answer["state"] for key, answer in again.items()} == {key: answer["state"] for key, answer in first.items()}
    assert again[wrong["id"]]["errors"][0]["code"] == first[wrong["id"]]["errors"][0]["code"]


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("KOKI-M001", lambda item: b"{not json"),
        ("KOKI-M001", lambda item: json.dumps({**item, "data": 7}).encode()),
        ("KOKI-M002", lambda item: json.dumps({**item, "type": "premium.assessed.v1"}).encode()),
        ("KOKI-M003", lambda item: json.dumps({**item, "id": "17"}).encode()),
    ],
    ids=["no JSON", "no data", "foreign type", "no UUID"],
)
async def test_what_is_no_proper_message_is_answered_too(gateway: GatewayWorld, code: str, spoil: Any) -> None:
    item = change(resident(1))
    await gateway.send([item], body=spoil(item))

    (answer,) = await gateway.answers(1)
    assert (answer["state"], answer["errors"][0]["code"]) == ("rejected", code)
    assert await gateway.value("SELECT count(*) FROM dead_letter") == 0


async def test_a_sender_whom_nobody_knows_is_a_dead_letter_and_others_go_on(gateway: GatewayWorld) -> None:
    await gateway.send([change(resident(1))], code="139998")
    await gateway.send([change(resident(2))])

    assert [answer["state"] for answer in await gateway.answers(1)] == ["accepted"]
    await eventually(lambda: _dead(gateway, "UnknownSender"))


async def _dead(gateway: GatewayWorld, code: str) -> bool:
    return bool(await gateway.value("SELECT count(*) = 1 FROM dead_letter WHERE reason_code = :code", code=code))


async def test_a_surprise_is_kept_for_the_operator_the_sender_is_told_and_others_go_on(
    gateway: GatewayWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = as_events

    def fails_for_one(accepted: Any, kind: Any) -> Any:
        if "000000000000002" in accepted["resident_number"].to_list():
            raise ZeroDivisionError
        return real(accepted, kind)

    monkeypatch.setattr("gateway_service.handlers.changes.as_events", fails_for_one)
    sent = [change(resident(number)) for number in (1, 2, 3)]
    await gateway.send(sent)

    answers = {answer["message_id"]: answer for answer in await gateway.answers(3)}
    assert [answers[item["id"]]["state"] for item in sent] == ["accepted", "rejected", "accepted"]
    assert answers[sent[1]["id"]]["errors"][0]["code"] == "KOKI-M900"
    assert await _dead(gateway, "ZeroDivisionError")
    assert "麹町" not in await gateway.value("SELECT reason FROM dead_letter")


async def test_the_counts_of_the_day_add_up_to_what_was_sent(gateway: GatewayWorld) -> None:
    items = [change(resident(number)) for number in range(1, 31)]
    for number in (3, 13):
        items[number]["data"]["sex"] = "9"
    items[20]["data"]["name"] = "●田　花子"
    await gateway.send(items)
    await gateway.answers(30)

    (row,) = await gateway.rows("SELECT sum(accepted) AS a, sum(rejected) AS r, sum(parked) AS p FROM intake_message_count")
    assert (row.a, row.r, row.p) == (27, 2, 1)


async def test_the_trace_of_the_municipality_is_continued_into_the_outbox(gateway: GatewayWorld) -> None:
    trace_id = uuid4().hex
    await gateway.send([change(resident(1), traceparent=f"00-{trace_id}-00f067aa0ba902b7-01"), change(resident(2))])
    await gateway.answers(2)

    continued, begun = await gateway.rows("SELECT traceparent FROM outbox WHERE exchange = 'gateway.events' ORDER BY subject")
    assert continued.traceparent.split("-")[1] == trace_id
    assert continued.traceparent.split("-")[2] != "00f067aa0ba902b7", "it hangs under the span of the gateway"
    assert begun.traceparent.split("-")[1] not in ("", trace_id)


async def test_what_was_acknowledged_to_nobody_is_taken_in_by_the_next_worker(
    databases: Databases, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_gateway(databases, broker, tmp_path, monkeypatch, worker=False) as gateway:
        await gateway.send([change(resident(number)) for number in range(20)])
        consumer = ChangeConsumer(gateway.runtime)
        killed = asyncio.create_task(consumer.run())
        await asyncio.sleep(0.2)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        again = asyncio.create_task(ChangeConsumer(gateway.runtime).run())
        try:
            answers = await gateway.answers(20)
        finally:
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)
        assert {answer["state"] for answer in answers} == {"accepted"}
        assert len(await gateway.events(ResidentChanged.type)) == 20


async def test_the_health_says_whether_the_intake_of_changes_works(gateway: GatewayWorld) -> None:
    async def works() -> bool:
        return bool((await gateway.runtime.health()) == {"database": True, "relay": True, "consumers": True, "intake": True})

    await eventually(works)
    gateway.runtime.proofs["intake"] = lambda: False
    assert (await gateway.client.get("/health")).status_code == 503
