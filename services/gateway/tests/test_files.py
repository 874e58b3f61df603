"""Municipal files: right ones are sealed and announced, wrong ones leave nothing behind, and sent = accepted + rejected + parked."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import obstore
import polars as pl
import pytest
from chassis import batches
from chassis.testing import Databases
from contracts.envelope import read
from contracts.events.municipal import IncomesBatchSealed, ResidentChanged, ResidentsBatchSealed
from gateway_service.domain.intake import KINDS
from gateway_service.handlers import files

from contracts.layouts import load_layout, read_file, sha256_of
from services.gateway.tests.municipal import CHIYODA, HACHIOJI, File, income, resident, residents_file
from services.gateway.tests.world import GatewayWorld, a_gateway

ROWS = [resident(number) for number in range(1, 6)]


def adds_up(result: dict[str, Any]) -> bool:
    return bool(result["rows"] == result["accepted"] + result["rejected"] + result["parked"])


async def test_a_right_file_is_sealed_and_announced_with_the_columns_of_the_event(gateway: GatewayWorld) -> None:
    result = await gateway.taken_in(residents_file(ROWS))

    assert (result["state"], result["accepted"], result["errors"]) == ("accepted", 5, [])
    (item,) = await gateway.events(ResidentsBatchSealed.type)
    event = read(item, ResidentsBatchSealed).event
    frame = await batches.open_sealed(gateway.runtime.store, event, schema_name=ResidentChanged.type)
    assert frame.columns == list(ResidentChanged.model_fields)
    assert frame["sequence"].to_list() == [1] * 5
    assert frame["effective_on"].to_list() == frame["changed_on"].to_list()
    assert (event.municipality_code, event.generation, event.seal.totals) == (CHIYODA, 1, {"sequence": 5})
    assert ResidentChanged.model_validate(frame.row(0, named=True)).name == "麹町　花子"


async def test_incomes_are_sealed_with_their_sums_as_control_totals(gateway: GatewayWorld) -> None:
    rows = [income(1), income(2, status="3", public_pension_receipts=0, total_income=None, taxable_income=None)]
    result = await gateway.taken_in(residents_file(rows, kind="incomes"))

    assert result["state"] == "accepted"
    (item,) = await gateway.events(IncomesBatchSealed.type)
    event = read(item, IncomesBatchSealed).event
    assert event.seal.totals["public_pension_receipts"] == 1_800_000
    frame = await batches.open_sealed(gateway.runtime.store, event, schema_name=KINDS["incomes"].schema_name)
    assert frame["total_income"].to_list() == [700_000, None]


async def test_an_incomes_file_without_the_optional_columns_is_taken_and_what_it_does_not_tell_is_unknown(gateway: GatewayWorld) -> None:
    """E-27, I-15: a municipality that does not send them yet; null, never a zero."""
    optional = [field.name for field in load_layout("incomes").fields if field.optional_column]
    whole = residents_file([income(1)], kind="incomes")
    frame = pl.read_csv(whole.data, infer_schema=False)
    data = frame.drop(optional).write_csv(quote_style="necessary").encode()

    result = await gateway.taken_in(File(data, replace(whole.control, sha256=sha256_of(data))))

    assert (result["state"], len(optional) > 0) == ("accepted", True)
    (item,) = await gateway.events(IncomesBatchSealed.type)
    event = read(item, IncomesBatchSealed).event
    sealed = await batches.open_sealed(gateway.runtime.store, event, schema_name=KINDS["incomes"].schema_name)
    assert {name: sealed[name].to_list() for name in optional} == {name: [None] for name in optional}


async def test_the_original_is_kept_bit_for_bit(gateway: GatewayWorld) -> None:
    file = residents_file(ROWS)
    await gateway.taken_in(file)

    (row,) = await gateway.rows("SELECT data_key, data_sha256, data_bytes, control_key FROM intake_file")
    kept = bytes(await (await obstore.get_async(gateway.runtime.store, row.data_key)).bytes_async())
    assert (kept, row.data_sha256, row.data_bytes) == (file.data, sha256_of(file.data), len(file.data))
    kept_control = bytes(await (await obstore.get_async(gateway.runtime.store, row.control_key)).bytes_async())
    assert kept_control == file.control_bytes


def _broken_encoding(file: File) -> File:
    data = file.data.replace("麹町　花子".encode(), b"\xff\xfe", 1)
    return File(data, replace(file.control, sha256=sha256_of(data)))


def _missing_column(file: File) -> File:
    frame = pl.read_csv(io.BytesIO(file.data), infer_schema=False).drop("born_on")
    data = frame.write_csv().encode()
    return File(data, replace(file.control, sha256=sha256_of(data)))


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("KOKI-F005", lambda file: file.with_control(row_count=6)),
        ("KOKI-F006", lambda file: file.with_control(sha256="0" * 64)),
        ("KOKI-F002", _broken_encoding),
        ("KOKI-F003", _missing_column),
        ("KOKI-F007", lambda file: file.with_control(control_totals={**file.control.control_totals, "resident_count": 4})),
        ("KOKI-F008", lambda file: file.with_control(kind="pensions")),
        ("KOKI-G002", lambda file: file.with_control(municipality_code="132012")),
        ("KOKI-G002", lambda file: file.with_control(municipality_code="139998")),
    ],
    ids=["wrong count", "wrong hash", "broken encoding", "missing column", "wrong total", "unknown kind", "somebody else", "unknown"],
)
async def test_a_file_that_is_wrong_as_a_whole_is_refused_and_nothing_of_it_is_loaded(gateway: GatewayWorld, code: str, spoil: Any) -> None:
    result = await gateway.taken_in(spoil(residents_file(ROWS)))

    assert (result["state"], result["accepted"]) == ("refused", 0)
    assert code in {error["code"] for error in result["errors"]}
    assert all(error["message"] and error["remedy"] for error in result["errors"])
    assert await gateway.events(ResidentsBatchSealed.type) == []
    assert adds_up(result)

    corrected = await gateway.taken_in(residents_file(ROWS, generation=2))
    assert (corrected["state"], corrected["accepted"]) == ("accepted", 5)


async def test_a_control_file_that_cannot_be_read_refuses_the_file(gateway: GatewayWorld) -> None:
    answer = await gateway.client.post(
        "/municipal/files", files={"data": ("a.csv", b"x"), "control": ("c.json", b"{not json")}, auth=gateway.secret()
    )
    result = await gateway.result_of(answer)

    assert (result["state"], [error["code"] for error in result["errors"]]) == ("refused", ["KOKI-F011"])


async def test_wrong_rows_are_refused_with_row_column_value_and_what_to_do_and_the_others_are_loaded(gateway: GatewayWorld) -> None:
    file = residents_file([*ROWS, resident(6), resident(7), resident(7)])
    file = file.with_text("000000000000006,1,000000000005006,02,1,20,2026-06-01", "000000000000006,1,000000000005006,02,1,20,2026-02-30")
    result = await gateway.taken_in(file)

    assert (result["state"], result["rows"], result["accepted"], result["rejected"]) == ("accepted_with_errors", 8, 5, 3)
    impossible, *duplicates = result["errors"]
    assert (impossible["code"], impossible["row"], impossible["column"], impossible["value"]) == (
        "KOKI-R105",
        6,
        "changed_on",
        "2026-02-30",
    )
    assert [(error["code"], error["row"]) for error in duplicates] == [("KOKI-R110", 7), ("KOKI-R110", 8)]
    assert adds_up(result)


async def test_the_announcement_says_what_was_sent_and_whether_it_was_everybody(gateway: GatewayWorld) -> None:
    """T-01, I-23: sent = accepted + rejected + parked, and the mark of completeness as the control file has it."""
    rows = [*ROWS, resident(6, name="●田　花子"), resident(7)]
    file = residents_file(rows).with_text(
        "000000000000007,1,000000000005007,02,1,20,2026-06-01", "000000000000007,1,000000000005007,02,1,20,2026-02-30"
    )
    await gateway.taken_in(file.with_control(complete_as_of=date(2026, 7, 1)))
    await gateway.taken_in(residents_file([resident(8)], generation=2))

    whole, changes = [event["data"] for event in await gateway.events("municipal.residents_batch_sealed.v1")]
    assert (whole["complete_as_of"], whole["sent"], whole["seal"]["rows"], whole["rejected"], whole["parked"]) == ("2026-07-01", 7, 5, 1, 1)
    assert (changes["complete_as_of"], changes["sent"]) == (None, 1)


async def test_a_row_with_an_unidentified_character_is_parked_until_it_comes_again_in_order(gateway: GatewayWorld) -> None:
    first = await gateway.taken_in(residents_file([*ROWS, resident(6, name="●田　花子")]))

    assert (first["state"], first["accepted"], first["parked"]) == ("accepted_with_errors", 5, 1)
    assert [error["code"] for error in first["errors"]] == ["KOKI-R201"]
    (parked,) = await gateway.rows("SELECT resident_number, replaced_at, row FROM parked_row")
    assert (parked.resident_number, parked.replaced_at, parked.row["name"]) == ("000000000000006", None, "●田　花子")

    second = await gateway.taken_in(residents_file([resident(6, name="邉田　花子")], generation=2))
    assert second["state"] == "accepted"
    assert await gateway.value("SELECT count(*) FROM parked_row WHERE replaced_at IS NULL") == 0


async def test_the_same_file_again_changes_nothing_and_gets_the_first_answer(gateway: GatewayWorld) -> None:
    file = residents_file(ROWS)
    first = await gateway.hand_in(file)
    await gateway.result_of(first)
    again = await gateway.hand_in(file)
    with_new_control = await gateway.hand_in(file.with_control(generation=2))

    assert {again.json()["intake_id"], with_new_control.json()["intake_id"]} == {first.json()["intake_id"]}
    assert (again.json()["state"], again.json()["repeated"]) == ("accepted", True)
    assert len(await gateway.events(ResidentsBatchSealed.type)) == 1


async def test_the_same_data_may_come_again_with_a_corrected_control_file(gateway: GatewayWorld) -> None:
    file = residents_file(ROWS)
    assert (await gateway.taken_in(file.with_control(row_count=9)))["state"] == "refused"
    assert (await gateway.taken_in(file.with_control(generation=2)))["state"] == "accepted"


async def test_an_older_generation_than_the_accepted_one_is_refused(gateway: GatewayWorld) -> None:
    await gateway.taken_in(residents_file(ROWS, generation=3))
    result = await gateway.taken_in(residents_file([resident(9)], generation=2))

    assert (result["state"], result["errors"][0]["code"]) == ("refused", "KOKI-G001")


async def test_a_row_of_another_municipality_is_refused(gateway: GatewayWorld) -> None:
    result = await gateway.taken_in(residents_file([resident(1), resident(2, code=HACHIOJI)]))

    assert (result["accepted"], [error["code"] for error in result["errors"]]) == (1, ["KOKI-R109"])


async def test_a_wrong_secret_is_refused_and_guessing_is_made_slow(gateway: GatewayWorld) -> None:
    path = "/municipal/files/00000000-0000-0000-0000-000000000000"
    statuses = [(await gateway.client.get(path, auth=(CHIYODA, f"guess {n}"))).status_code for n in range(6)]

    assert statuses == [401] * 5 + [429]
    assert (await gateway.client.get(path, auth=gateway.secret())).status_code == 429
    assert (await gateway.client.get(path)).status_code == 401
    assert (await gateway.client.get(path, auth=("139998", "guess"))).status_code == 401


async def test_a_municipality_cannot_ask_for_the_file_of_another(gateway: GatewayWorld) -> None:
    answer = await gateway.hand_in(residents_file(ROWS))
    path = f"/municipal/files/{answer.json()['intake_id']}"

    assert (await gateway.client.get(path, auth=gateway.secret(HACHIOJI))).status_code == 404
    assert (await gateway.client.get(f"{path}.csv", auth=gateway.secret(HACHIOJI))).status_code == 404


async def test_the_error_list_can_be_fetched_for_a_spreadsheet_and_holds_no_formula(gateway: GatewayWorld) -> None:
    file = residents_file([resident(1)]).with_text(",02,1,20,", ",=1,1,20,")
    answer = await gateway.hand_in(file)
    await gateway.result_of(answer)
    listed = await gateway.client.get(f"/municipal/files/{answer.json()['intake_id']}.csv", auth=gateway.secret())

    lines = listed.content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "コード,行,列,項目,値,内容,どうすればよいか"
    assert lines[1].startswith("KOKI-R106,1,relationship,続柄コード,'=1,")


async def test_a_file_whose_processing_was_killed_is_processed_once_by_the_next_worker(
    databases: Databases, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_gateway(databases, broker, tmp_path, monkeypatch, worker=False) as gateway:
        answer = await gateway.hand_in(residents_file(ROWS))

        async def killed(*_: Any, **__: Any) -> None:
            raise ConnectionError("killed")

        with monkeypatch.context() as patched:
            patched.setattr("gateway_service.store.intake.finish_file", killed)
            with pytest.raises(ConnectionError):
                await files.process_next(gateway.runtime.units)
        assert await gateway.rows("SELECT state FROM intake_file WHERE state <> 'received'") == []
        assert await gateway.events(ResidentsBatchSealed.type) == []

        assert await files.process_next(gateway.runtime.units)
        assert not await files.process_next(gateway.runtime.units)
        assert (await gateway.result_of(answer))["accepted"] == 5
        assert len(await gateway.events(ResidentsBatchSealed.type)) == 1


async def test_a_surprise_in_one_file_does_not_stop_the_files_behind_it(gateway: GatewayWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    real = read_file

    def fails_on_the_first(data: bytes, *rest: Any, **more: Any) -> Any:
        if b"000000000000001" in data:
            raise ZeroDivisionError
        return real(data, *rest, **more)

    monkeypatch.setattr("gateway_service.handlers.files.read_file", fails_on_the_first)
    first = await gateway.taken_in(residents_file(ROWS))
    second = await gateway.taken_in(residents_file([resident(9)], generation=2))

    assert (first["state"], first["errors"][0]["code"]) == ("refused", "KOKI-G900")
    assert second["state"] == "accepted"
