"""受領確認: whoever sends is answered within seconds, with an error for each record that is wrong.

Through the broker and the gateway itself. That nothing is lost while broker, services and database are killed is shown in
tests/failure/test_kills.py (rows W-08 and E-18: every message is answered, and what was accepted is applied).
"""

from __future__ import annotations

import time

from services.gateway.tests.municipal import change, resident, residents_file
from services.gateway.tests.world import GatewayWorld

SECONDS = 5.0
"""E-18 says "within seconds"; on a machine that does several things at once."""


async def test_each_change_is_acknowledged_within_seconds_with_the_errors_of_its_record(gateway: GatewayWorld) -> None:
    """E-18, W-08."""
    right, wrong, parked = change(resident(1)), change(resident(2, sex="7")), change(resident(3, name="●町　花子"))
    began = time.monotonic()
    await gateway.send([right, wrong, parked])
    answers = {answer["message_id"]: answer for answer in await gateway.answers(3)}
    assert time.monotonic() - began < SECONDS

    assert [answers[item["id"]]["state"] for item in (right, wrong, parked)] == ["accepted", "rejected", "parked"]
    (error,) = answers[wrong["id"]]["errors"]
    assert (error["column"], error["value"]) == ("sex", "7")
    assert error["message"]
    assert error["remedy"]
    assert answers[right["id"]]["errors"] == []


async def test_a_file_is_acknowledged_at_once_and_its_records_within_seconds(gateway: GatewayWorld) -> None:
    """E-18, W-08: the number of receipt comes with the answer, the errors by row and column follow."""
    file = residents_file([resident(number) for number in range(1, 200)]).with_text("000000000000007,1,", "000000000000007,x,")
    began = time.monotonic()
    answer = await gateway.hand_in(file)
    assert answer.status_code == 202
    assert answer.json()["intake_id"]
    result = await gateway.result_of(answer)
    assert time.monotonic() - began < SECONDS

    assert (result["rows"], result["accepted"], result["rejected"]) == (199, 198, 1)
    assert [(error["row"], error["column"]) for error in result["errors"]] == [(7, "history_number")]
