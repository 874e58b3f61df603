"""外字: a row with 「●」 is asked about, identified with a character that the fonts show, answered, and taken when it comes again."""

from __future__ import annotations

import csv
import io

import httpx
import polars as pl
import pytest
from chassis.documents.fonts import typefaces
from contracts.events.municipal import ResidentChanged
from gateway_service.domain.characters import Conversion, NotACharacter, converted, read_character, table_of
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.tests.municipal import CHIYODA, HACHIOJI, change, resident, residents_file
from services.gateway.tests.world import GatewayWorld, hidden

VARIANT = "葛\U000e0100"
REQUESTS = "SELECT * FROM character_request ORDER BY resident_number, position"


async def identify(browser: httpx.AsyncClient, request_id: str, character: str, *, ground: str = "identified") -> httpx.Response:
    """Evidence and answer as an officer of the union gives them."""
    csrf = hidden(await browser.get(f"/characters/{request_id}"))
    evidence = {"csrf": csrf, "shape": "くさかんむりに曷", "reading": "カツ", "strokes": "12"}
    assert (await browser.post(f"/characters/{request_id}/evidence", data=evidence)).status_code == 303
    form = {"csrf": csrf, "character": character, "ground": ground, "reason": "戸籍統一文字と照合"}
    return await browser.post(f"/characters/{request_id}/answer", data=form)


async def test_the_loop_closes_from_the_mark_to_the_event_with_the_character(gateway: GatewayWorld) -> None:
    """I-43, E-30."""
    await gateway.send([change(resident(1, history=3, name="●西　花子"))])
    (parked,) = await gateway.answers(1)
    (asked,) = await gateway.rows(REQUESTS)
    browser = await gateway.sign_in("union")

    assert "●西　花子" in (await browser.get("/characters")).text
    assert (await identify(browser, asked.request_id, "U+845B U+E0100")).status_code == 303
    (told,) = await gateway.answers(1)
    await gateway.send([change(resident(1, history=3, name="●西　花子"))])
    (accepted,) = await gateway.answers(1)

    assert (parked["state"], accepted["state"]) == ("parked", "accepted")
    assert (told["state"], told["character"], told["codes"], told["position"]) == ("identified", VARIANT, "U+845B U+E0100", 0)
    (event,) = await gateway.events(ResidentChanged.type)
    assert event["data"]["name"] == f"{VARIANT}西　花子"
    assert await gateway.value("SELECT count(*) FROM parked_row WHERE replaced_at IS NULL") == 0
    listed = await gateway.client.get("/municipal/characters.csv", auth=gateway.secret())
    rows = list(csv.reader(io.StringIO(listed.content.decode("utf-8-sig"))))
    assert rows[1][4:] == ["●", "同定", VARIANT, "U+845B U+E0100"]


async def test_a_file_that_comes_again_is_taken_with_the_character_and_its_counts_add_up(gateway: GatewayWorld) -> None:
    """I-43: ● means the character for this person and place alone; somebody else's ● stays parked."""
    rows = [resident(1), resident(2, name="●西　花子"), resident(3, name="●西　次郎"), resident(4)]
    first = await gateway.taken_in(residents_file(rows))
    asked = (await gateway.rows(REQUESTS))[0]
    await identify(await gateway.sign_in("union"), asked.request_id, VARIANT)
    second = await gateway.taken_in(residents_file(rows, generation=2))

    assert (first["accepted"], first["parked"]) == (2, 2)
    assert (second["rows"], second["accepted"], second["parked"], second["rejected"]) == (4, 3, 1, 0)
    key = (await gateway.events("municipal.residents_batch_sealed.v1"))[-1]["data"]["key"]
    names = pl.read_parquet(gateway_object(gateway, key))["name"].to_list()
    assert names == ["麹町　花子", f"{VARIANT}西　花子", "麹町　花子"]


def gateway_object(gateway: GatewayWorld, key: str) -> str:
    """Where a sealed batch lies."""
    return f"{gateway.runtime.settings.object_store}/{key}"


async def test_a_code_of_the_municipality_is_the_same_for_everybody_there_and_for_nobody_elsewhere(gateway: GatewayWorld) -> None:
    own = "\ue012"
    for code in (CHIYODA, HACHIOJI):
        await gateway.send([change(resident(1, code=code, name=f"{own}西　花子"))], code=code)
        assert [answer["state"] for answer in await gateway.answers(1, code)] == ["parked"]
    asked = next(row for row in await gateway.rows(REQUESTS) if row.municipality_code == CHIYODA)
    await identify(await gateway.sign_in("union"), asked.request_id, "葛")
    await gateway.answers(1)

    await gateway.send([change(resident(9, name=f"{own}山　太郎"))])
    await gateway.send([change(resident(9, code=HACHIOJI, name=f"{own}山　太郎"))], code=HACHIOJI)

    assert [answer["state"] for answer in (*await gateway.answers(1), *await gateway.answers(1, HACHIOJI))] == ["accepted", "parked"]


async def test_a_substitute_lets_the_person_be_insured_until_the_character_is_known(gateway: GatewayWorld) -> None:
    """I-43, the rule to fall back on: the table keeps what was believed, and the right character takes its place."""
    await gateway.send([change(resident(1, name="●西　花子"))])
    await gateway.answers(1)
    (asked,) = await gateway.rows(REQUESTS)
    browser = await gateway.sign_in("union")
    csrf = hidden(await browser.get(f"/characters/{asked.request_id}"))
    unproven = {"csrf": csrf, "character": "葛", "ground": "identified", "reason": "たぶん"}

    refused = await browser.post(f"/characters/{asked.request_id}/answer", data=unproven)
    stood_in = await browser.post(f"/characters/{asked.request_id}/answer", data={**unproven, "ground": "substitute"})
    await identify(browser, asked.request_id, VARIANT)

    assert (refused.status_code, stood_in.status_code) == (422, 303)
    table = await gateway.rows("SELECT character, ground, withdrawn_at IS NULL AS holds FROM character_conversion ORDER BY decided_at")
    assert [tuple(row) for row in table] == [("葛", "substitute", False), (VARIANT, "identified", True)]


async def test_a_municipality_gives_evidence_about_its_own_characters_alone(gateway: GatewayWorld) -> None:
    await gateway.send([change(resident(1, name="●西　花子"))])
    await gateway.answers(1)
    ((found),) = (await gateway.client.get("/municipal/characters", auth=gateway.secret())).json()
    path = f"/municipal/characters/{found['request_id']}/evidence"

    nothing = await gateway.client.post(path, json={"reading": "カツ"}, auth=gateway.secret())
    foreign = await gateway.client.post(path, json={"shape": "くさかんむり"}, auth=gateway.secret(HACHIOJI))
    own = await gateway.client.post(path, json={"image_reference": "131016-0042", "strokes": 12}, auth=gateway.secret())

    assert (nothing.status_code, foreign.status_code, own.status_code) == (422, 404, 200)
    assert (await gateway.rows(REQUESTS))[0].image_reference == "131016-0042"
    assert (await gateway.client.get("/municipal/characters", auth=gateway.secret(HACHIOJI))).json() == []


@pytest.mark.parametrize("typed", ["", "葛西", "●", "U+E012", "U+845B U+E01EF", "U+110000", "U+845B U+E0100 U+E0101", "\U000e0100"])
def test_what_the_fonts_cannot_show_as_one_character_is_refused(typed: str) -> None:
    """E-30: the sequence must be one of the font's own, or another shape would be printed without a word."""
    with pytest.raises(NotACharacter):
        read_character(typed, typefaces())


def test_a_character_is_read_as_itself_or_by_its_codes() -> None:
    assert [read_character(typed, typefaces()) for typed in (VARIANT, "U+845B U+E0100", "845B,E0100", "葛")] == [VARIANT] * 3 + ["葛"]


@given(text=st.text("●\ue012葛西　", max_size=12), other=st.text("●葛", min_size=1, max_size=3))
def test_only_the_mark_at_its_place_is_replaced_and_everything_else_stays(text: str, other: str) -> None:
    table = table_of([Conversion("\ue012", "渡"), Conversion("●", "葛", "1", "name", 0)])
    found = converted(text, resident_number="1", field="name", table=table)

    expected = "".join("渡" if one == "\ue012" else "葛" if (place, one) == (0, "●") else one for place, one in enumerate(text))
    assert found == expected
    assert converted(other, resident_number="2", field="name", table=table) == other
