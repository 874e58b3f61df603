"""Banks, mandates and files that have arrived, for the tests of ordinary collection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import obstore
import polars as pl
from chassis import jobs
from chassis.clock import derived_id
from chassis.database import driver
from chassis.jobs import Job
from chassis.settings import Settings
from chassis.testing import TestDatabase
from chassis.tokens import Principal
from chassis.unit_of_work import Units
from chassis.web import create_app, principal
from collection_service.bootstrap import SERVICE
from collection_service.domain.mandates import Account
from collection_service.store import arrivals, bank_branches, debits, mandates

from contracts.layouts import load_layout, write_control, write_file
from services.collection.tests.people import CHIYODA, DAY, apply, assessed, insured, resident, rows

DUE = date(2026, 7, 31)
BRANCHES = pl.DataFrame(
    [
        ("9901", "001", "架空銀行", "ｶｸｳ", "本店", "ﾎﾝﾃﾝ"),
        ("9901", "102", "架空銀行", "ｶｸｳ", "北支店", "ｷﾀ"),
        ("9902", "005", "見本信用金庫", "ﾐﾎﾝｼﾝｷﾝ", "駅前支店", "ｴｷﾏｴ"),
    ],
    schema=list(bank_branches.COLUMNS),
    orient="row",
)


def account(number: int, *, bank: str = "9901") -> Account:
    """An account of person `number`."""
    return Account(bank, "102" if bank == "9901" else "005", "1", f"{number:07}", "ｶｸｳ ﾊﾅｺ")


async def person(units: Units, number: int, annual_amount: int = 58_050, **changes: Any) -> None:
    """Somebody with a premium, a number and an address."""
    of_place = {name: value for name, value in changes.items() if name == "municipality_code"}
    await apply(units, resident(number, **changes), insured(number, **of_place), assessed(number, annual_amount, **of_place))


async def branches(units: Units) -> None:
    """The banks of the sample union."""
    async with units.open() as uow:
        await bank_branches.keep(await driver(uow.connection), BRANCHES)


async def mandate(units: Units, number: int, *, bank: str = "9901", since: date = DAY, municipality_code: str = CHIYODA) -> None:
    """Person `number` pays from an account, as a run has carried it over."""
    async with units.open() as uow:
        run_id = derived_id("run of mandates", municipality_code, number, since)
        await mandates.give(
            await driver(uow.connection),
            municipality_code,
            str(number),
            account(number, bank=bank),
            since=since,
            applied_on=DAY,
            run_id=run_id,
        )


async def run(units: Units, job: Job, *, approved_by: str = "second", **parameters: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Prepare, approve and execute: the preview and the outcome."""
    run_id = await jobs.prepare(job, parameters, units, by="first")
    async with units.open() as uow:
        (found,) = await jobs.runs(uow, run_id=run_id)
    await jobs.approve(run_id, units, by=approved_by)
    return found["preview"], await jobs.execute(job, run_id, units)


async def arrived(units: Units, kind: str, data: bytes, control: bytes | None = None) -> str:
    """A file that somebody has sent; its SHA-256."""
    async with units.open() as uow:
        return await arrivals.keep(uow, kind, CHIYODA, data, control, by="first")


async def arrived_rows(units: Units, folder: Path, kind: str, found: list[dict[str, Any]]) -> str:
    """A file of koki-1 with its control, as a partner writes it; its SHA-256."""
    layout = load_layout(kind)
    async with units.open() as uow:
        now = uow.now
    control = write_file(
        pl.DataFrame(found).select(layout.names), layout, folder / f"{kind}.csv", municipality_code=CHIYODA, generation=1, created_at=now
    )
    return await arrived(units, kind, (folder / f"{kind}.csv").read_bytes(), write_control(control))


async def requests(units: Units) -> list[bytes]:
    """The requests to banks that lie in the store, in the order of their runs."""
    found = await rows(units, "SELECT sha256 FROM debit_file ORDER BY run_id, municipality_code, bank_code")
    return [bytes(await (await obstore.get_async(units.store, debits.key_of(sha256))).bytes_async()) for (sha256,) in found]


@asynccontextmanager
async def asking(
    database: TestDatabase, store: Path, user: str = "clerk", *, today: date = DAY, municipalities: frozenset[str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client in the place of the gateway."""
    settings = Settings(service="collection", database_url=database.url, business_date=today, object_store=str(store))
    app = create_app(SERVICE, settings, worker=False)
    app.dependency_overrides[principal] = lambda: Principal(user, frozenset({"window_clerk", "municipal_manager"}), municipalities)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://collection") as client:
        yield client
    await app.state.runtime.engine.dispose()
