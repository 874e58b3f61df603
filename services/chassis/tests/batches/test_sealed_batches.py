"""A sealed batch is loaded as announced or not at all; the same in a folder and in an object store behind a URL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

import obstore
import polars as pl
import pytest
from chassis.batches import SealBroken, open_sealed, open_store, seal, totals_of
from chassis.clock import derived_id
from contracts.batches import Seal
from contracts.events.premium import AssessmentsBatchSealed
from obstore.store import MemoryStore, ObjectStore, S3Store

KEY = "premium/assessments/1.parquet"


@pytest.fixture(params=["folder", "object store"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "objects")) if request.param == "folder" else MemoryStore()


def _frame(rows: int = 3, amount: int = 1_000) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "resident_number": [str(number) for number in range(rows)],
            "annual_amount": pl.Series([amount + number for number in range(rows)], dtype=pl.Int64),
            "child_support_amount": pl.Series([None] * rows, dtype=pl.Int64),
        }
    )


TOTALS = ("annual_amount", "child_support_amount")


def _event(found: Seal, key: str = KEY) -> AssessmentsBatchSealed:
    batch_id: UUID = derived_id("batch", key)
    return AssessmentsBatchSealed(effective_on=date(2026, 4, 1), batch_id=batch_id, key=key, seal=found, fiscal_year=2026)


async def _sealed(store: ObjectStore, frame: pl.DataFrame | None = None) -> AssessmentsBatchSealed:
    return _event(await seal(store, KEY, _frame() if frame is None else frame, schema_name="assessments", totals=TOTALS))


async def test_what_was_sealed_is_read_back_row_for_row(store: ObjectStore) -> None:
    event = await _sealed(store)
    assert event.seal.rows == 3
    assert event.seal.totals == {"annual_amount": 3_003, "child_support_amount": 0}
    assert (await open_sealed(store, event, schema_name="assessments")).equals(_frame())


async def test_an_empty_batch_is_a_batch(store: ObjectStore) -> None:
    event = await _sealed(store, _frame(0))
    assert (await open_sealed(store, event, schema_name="assessments")).height == 0


BREAKS: dict[str, tuple[Callable[[Seal], Seal], str]] = {
    "rows": (lambda s: s.model_copy(update={"rows": s.rows + 1}), "3 rows, the seal says 4"),
    "one total": (lambda s: s.model_copy(update={"totals": {**s.totals, "annual_amount": 3_004}}), "control totals"),
    "hash": (lambda s: s.model_copy(update={"sha256": "0" * 64}), "SHA-256 is"),
    "schema": (lambda s: s.model_copy(update={"schema_name": "residents"}), "schema residents, expected assessments"),
}


@pytest.mark.parametrize("fault", BREAKS)
async def test_a_seal_that_says_something_else_is_refused_and_says_what(store: ObjectStore, fault: str) -> None:
    break_seal, message = BREAKS[fault]
    event = await _sealed(store)
    with pytest.raises(SealBroken, match=message):
        await open_sealed(store, _event(break_seal(event.seal)), schema_name="assessments")


async def test_a_total_over_a_column_that_the_file_does_not_have_is_refused(store: ObjectStore) -> None:
    event = await _sealed(store)
    wrong = event.seal.model_copy(update={"totals": {"amount_of_last_year": 3}})
    with pytest.raises(SealBroken, match="amount_of_last_year"):
        await open_sealed(store, _event(wrong), schema_name="assessments")


async def test_a_file_with_one_changed_yen_is_refused(store: ObjectStore) -> None:
    event = await _sealed(store)
    other = await seal(store, "other", _frame(amount=1_001), schema_name="assessments", totals=TOTALS)
    assert other.sha256 != event.seal.sha256
    await obstore.put_async(store, KEY, bytes(await (await obstore.get_async(store, "other")).bytes_async()))

    with pytest.raises(SealBroken, match="SHA-256"):
        await open_sealed(store, event, schema_name="assessments")


async def test_a_file_that_is_cut_off_is_refused(store: ObjectStore) -> None:
    event = await _sealed(store)
    content = bytes(await (await obstore.get_async(store, KEY)).bytes_async())
    await obstore.put_async(store, KEY, content[:-1])

    with pytest.raises(SealBroken, match="SHA-256"):
        await open_sealed(store, event, schema_name="assessments")


async def test_a_file_that_is_not_there_is_refused_by_its_key(store: ObjectStore) -> None:
    event = await _sealed(store)
    with pytest.raises(SealBroken, match=r"nowhere\.parquet is not in the object store"):
        await open_sealed(store, _event(event.seal, "nowhere.parquet"), schema_name="assessments")


async def test_the_same_rows_sealed_again_have_the_same_seal(store: ObjectStore) -> None:
    assert (await _sealed(store)).seal == (await _sealed(store)).seal


def test_totals_count_nulls_as_nothing_and_never_round() -> None:
    frame = pl.DataFrame({"yen": [None, 9_007_199_254_740_993, 1]})
    assert totals_of(frame, ("yen",)) == {"yen": 9_007_199_254_740_994}


def test_a_path_is_a_folder_that_is_made_and_a_url_is_the_store_that_it_names(tmp_path: Path) -> None:
    open_store(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()
    assert isinstance(open_store("memory:///"), MemoryStore)
    assert isinstance(open_store("s3://koki-batches/union-13"), S3Store)
