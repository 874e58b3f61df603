"""Files of lists: the same key is the same list, and a long one is a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from chassis import jobs
from chassis.testing import Databases
from eligibility_service.bootstrap import SERVICE
from eligibility_service.domain import lists as domain_lists
from eligibility_service.store import made_lists

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.api.test_lists import OWN, content, made
from services.eligibility.tests.pdf import pages_of
from services.eligibility.tests.people import resident


async def test_the_same_key_gives_the_same_list(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1))
        first = await made(window, "ledger", "csv")
        await window.world.hear(resident(2))

        again = await made(window, "ledger", "csv")

        assert (again["list_id"], again["rows"], len(await _files(window))) == (first["list_id"], 1, 1)


async def _files(window: Window) -> list[dict[str, Any]]:
    return list((await window.client.get("/lists/files", headers=window.as_("window_clerk", of=OWN))).json())


async def test_a_long_list_is_a_job_in_volumes_of_the_rows_that_were_frozen(
    databases: Databases, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_lists, "AT_ONCE", 10)
    monkeypatch.setattr(domain_lists, "PAGES_A_VOLUME", 1)
    async with a_window(databases, keys) as window:
        await window.world.hear(*(resident(number) for number in range(1, 61)))

        waiting = await made(window, "ledger", "pdf")
        await window.world.hear(resident(61))
        ((run_id, name),) = await jobs.approved_runs(window.world.units)
        job = next(job for job in SERVICE.jobs if job.name == name)
        outcome = await jobs.execute(job, run_id, window.world.units)

        (ready,) = await _files(window)
        texts = [pages_of(await content(window, ready, number))[0] for number in (1, 2, 3)]
        assert (waiting["state"], waiting["parts"], ready["state"]) == ("making", [], "ready")
        assert outcome == {"totals": {"rows": 60, "marked": 0}, "differences": {}}
        assert [part["rows"] for part in ready["parts"]] == [26, 26, 8]
        assert [f"{number}/3ページ" in text for number, text in enumerate(texts, start=1)] == [True, True, True]
        assert sum(f"{61:015d}" in text for text in texts) == 0


async def test_no_volume_is_made_of_rows_that_are_not_those_that_were_frozen(
    databases: Databases, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E-11: a list is what was asked for, or it is not made. Seen to fail without the comparison of hashes in `thaw`."""
    monkeypatch.setattr(made_lists, "AT_ONCE", 0)
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1), resident(2))
        await made(window, "ledger", "csv")
        key = await window.world.value("SELECT rows_key FROM made_list")
        path = window.world.folder / key
        pl.read_parquet(path).head(1).write_parquet(path)
        ((run_id, name),) = await jobs.approved_runs(window.world.units)

        with pytest.raises(made_lists.RowsChanged):
            await jobs.execute(next(job for job in SERVICE.jobs if job.name == name), run_id, window.world.units)
