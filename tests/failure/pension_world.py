"""The exchange with the pension payers of the simulator, for the tests of collection: a small union, its pensions, a cycle step by step."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import numpy as np
import obstore
from chassis import jobs
from chassis.clock import derived_id
from chassis.database import driver
from chassis.jobs import Job
from chassis.law import day_number
from chassis.settings import Settings
from chassis.testing import TestDatabase
from chassis.tokens import Principal
from chassis.unit_of_work import Units
from chassis.web import create_app, principal
from collection_service.bootstrap import SERVICE
from collection_service.domain.decisions import DECISION
from collection_service.jobs.make_requests import MakeRequests
from collection_service.jobs.take_candidates import TakeCandidates
from collection_service.jobs.take_care import TakeCare
from collection_service.jobs.take_payments import TakePayments
from collection_service.jobs.take_results import TakeResults
from collection_service.rules.collection_method import Method, Reason, RequestKind
from collection_service.rules.pensions import PensionKind
from collection_service.store import exchange as store
from collection_service.store import methods
from contracts.layouts.site_codes import Notice

from services.collection.tests.people import apply, insured, resident, rows
from tests.simulators.municipality.population import Population, populate
from tests.simulators.pension.care_office import care_file
from tests.simulators.pension.network import Files, Network, network_of
from tests.simulators.pension.register import Pension, pensions_of

CAPTURED: Final = date(2026, 4, 1)
LISTED, CARE, DECIDED, REQUESTED, ANSWERED = date(2026, 5, 29), date(2026, 6, 12), date(2026, 7, 20), date(2026, 7, 28), date(2026, 9, 24)
OCTOBER, PAID_ON, PAID_IN = date(2026, 10, 1), date(2026, 10, 15), date(2026, 11, 10)
TOWNS: Final = {"13101": "131016", "13201": "132012", "13308": "133086"}
PAYMENT: Final = 7_200
"""Yen of October, December and February for everybody who is collected from."""
YEAR: Final = 2026


@cache
def people() -> Population:
    """The people of the union on the day of the capture."""
    return populate(60, 1, CAPTURED)


@cache
def pensions() -> tuple[Pension, ...]:
    """Their pensions."""
    return tuple(pensions_of(people(), 1))


def of_town(files: Files, town: str) -> list[bytes]:
    """The files of every route for a municipality."""
    return [content for (_, code), content in sorted(files.items()) if code == town]


@dataclass(slots=True)
class Exchange:
    """Our side and theirs. `done`: what each job said at its end, in order."""

    database: TestDatabase
    store: Path
    network: Network

    async def run(self, job: Job, today: date, **parameters: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Prepare, approve and execute on a business day: the preview and the outcome."""
        async with self.database.units(today=today, store=self.store) as units:
            run_id = await jobs.prepare(job, parameters, units, by="tester")
            async with units.open() as uow:
                (found,) = await jobs.runs(uow, run_id=run_id)
            await jobs.approve(run_id, units, by="tester")
            return found["preview"], await jobs.execute(job, run_id, units)

    async def take(self, job: Job, content: bytes, today: date, **parameters: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Lay a file into the store and let a job take it."""
        key = f"came/{hashlib.sha256(content).hexdigest()}"
        async with self.database.units(store=self.store) as units:
            await obstore.put_async(units.store, key, content)
        return await self.run(job, today, key=key, **parameters)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.database.units() as units:
            return await rows(units, query)

    async def candidates(self, notice: Notice = Notice.CANDIDATES) -> dict[str, dict[str, int]]:
        """①–⑥: lists for every municipality are taken; municipality → verdicts."""
        found: dict[str, dict[str, int]] = {}
        for (_, town), content in sorted(self.network.list_candidates(notice, CAPTURED, LISTED).items()):
            _, outcome = await self.take(TakeCandidates(), content, LISTED, captured_on=str(CAPTURED))
            assert outcome["differences"] == {}
            for state, count in outcome["totals"].items():
                of_municipality = found.setdefault(town, {})
                of_municipality[state] = of_municipality.get(state, 0) + count
        return found

    async def care(self) -> None:
        """The care offices hand on what they take."""
        for town in TOWNS:
            content = care_file(pensions(), town, Notice.REQUEST, CAPTURED, CARE)
            await self.take(TakeCare(), content, CARE, captured_on=str(CAPTURED))

    async def decided(self) -> list[UUID]:
        """Everybody identified is to be collected from: charged and decided as the tables have it; whom, in order."""
        found = await self.rows(_PENSIONS)
        async with self.database.units(today=DECIDED) as units, units.open() as uow:
            raw = await driver(uow.connection)
            for insured_id, code, *_ in found:
                await raw.execute(_CHARGE, insured_id, YEAR, code, [104, 105, 106], [10, 12, 2], PAYMENT, DECIDED)
            await methods.replace(raw, np.concatenate([_decisions(*row) for row in found]))
        return [row[0] for row in found]

    async def requests(self, today: date = REQUESTED, **parameters: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """⑦: make and send."""
        return await self.run(MakeRequests(), today, captured_on=str(CAPTURED), **parameters)

    async def sent(self, notice: Notice = Notice.REQUEST) -> dict[str, bytes]:
        """What we have sent: five-digit municipality → file."""
        found = await self.rows(f"SELECT municipality_code, sha256 FROM exchange_file WHERE state = 'sent' AND notice = '{notice}'")
        async with self.database.units(store=self.store) as units:
            contents = {
                code[:5]: bytes(await (await obstore.get_async(units.store, f"pension-exchange/{sha256}")).bytes_async())
                for code, sha256 in found
            }
        return dict(sorted(contents.items()))

    async def answers(self, files: Files, today: date = ANSWERED) -> list[dict[str, Any]]:
        """⑨⑩: the answers are taken; what each job said."""
        return [
            (await self.take(TakeResults(), content, today, captured_on=str(CAPTURED)))[1] for _, content in sorted(files.items())
        ]  # fmt: skip

    async def payments(self, *, month: date = OCTOBER, paid_on: date = PAID_ON, today: date = PAID_IN) -> list[dict[str, Any]]:
        """⑪⑫: results and money of a payment are taken; what each job said."""
        files, yen = self.network.pay(month, paid_on, today)
        return [
            (await self.take(TakePayments(), content, today, paid_month=str(month), paid_in=str(yen[key])))[1]
            for key, content in sorted(files.items())
        ]  # fmt: skip

    async def lost(self, insured_id: UUID, lost_on: date) -> None:
        """Somebody has died: eligibility says that the insurance has ended."""
        query = f"SELECT insured_number, municipality_code, resident_number, acquired_on FROM insured WHERE insured_id = '{insured_id}'"
        ((number, code, resident_number, acquired_on),) = await self.rows(query)
        changes = {"municipality_code": code, "resident_number": resident_number, "acquired_on": acquired_on, "lost_on": lost_on}
        async with self.database.units() as units:
            await apply(units, insured(1, sequence=2, insured_id=insured_id, insured_number=number, **changes))

    async def lost_and_not_followed(self, insured_id: UUID, lost_on: date) -> None:
        """The ledger of the insured says that somebody has died, and the decision did not follow, as in 2008."""
        async with self.database.units() as units, units.open() as uow:
            await (await driver(uow.connection)).execute("UPDATE insured SET lost_on = $2 WHERE insured_id = $1", insured_id, lost_on)

    async def known_from_last_year(self, pension: Pension) -> None:
        """A pension that an earlier list told of."""
        code = TOWNS[pension.municipality_number]
        insured_id, kind = derived_id("insured", code, pension.resident_number), PensionKind.OLD_AGE_BASIC
        known = methods.Pension(
            insured_id, pension.basic_pension_number, pension.pension_code, pension.collector_code, kind, pension.year_amount,
            pension.payment_amount, True, True, date(2025, 4, 1), code,
        )  # fmt: skip
        async with self.database.units() as units, units.open() as uow:
            await methods.keep_pensions(await driver(uow.connection), [known])

    async def explained(self, municipality_code: str, kind: str, cases: int) -> None:
        """An officer says why so many cases do not agree."""
        async with self.database.units() as units, units.open() as uow:
            raw = await driver(uow.connection)
            await store.explain(
                raw, CAPTURED, municipality_code, kind, cases, reason="死亡の届出が依頼の作成後に届いた", by="officer", today=REQUESTED
            )  # fmt: skip

    @asynccontextmanager
    async def asking(self, role: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client in the place of the gateway, for somebody with a role."""
        found = Settings(
            service="collection", database_url=self.database.url, business_date=REQUESTED, object_store=str(self.store), sample_data=True
        )  # fmt: skip
        app = create_app(SERVICE, found, worker=False)
        app.dependency_overrides[principal] = lambda: Principal("officer", frozenset({role}), None)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://collection") as client:
            yield client
        await app.state.runtime.engine.dispose()

    async def until_accepted(self) -> list[UUID]:
        """The whole way to accepted requests, with nothing wrong; who is collected from."""
        await self.candidates()
        await self.care()
        found = await self.decided()
        await self.requests()
        await self.answers(self.network.answer(await self.sent(), OCTOBER, ANSWERED))
        return found


async def exchange(database: TestDatabase, store: Path) -> Exchange:
    """A union whose residents are registered; everybody of 75 and over is insured."""
    async with database.units(store=store) as units:
        await _registered(units)
    return Exchange(database, store, network_of(pensions(), known=frozenset(TOWNS)))


async def _registered(units: Units) -> None:
    events: list[Any] = []
    names = (
        "municipality_code", "resident_number", "household_number", "relationship", "status", "name", "name_kana", "sex", "born_on",
        "postal_code", "address_prefecture", "address_municipality", "address_town", "address_number",
    )  # fmt: skip
    for row in people().residents.to_dicts():
        events.append(resident(1, **{name: row[name] for name in names}))
        if row["status"] == "1" and (2026 - row["born_on"].year, (4, 1)) >= (75, (row["born_on"].month, row["born_on"].day)):
            code, number = row["municipality_code"], row["resident_number"]
            changes = {name: row[name] for name in ("municipality_code", "resident_number", "household_number", "born_on", "sex")}
            insured_id = derived_id("insured", code, number)
            events.append(insured(len(events), insured_id=insured_id, insured_number=f"{len(events):08}", **changes))
    await apply(units, *events)


def _decisions(insured_id: UUID, municipality_code: str, basic_pension_number: str, pension_code: str) -> Any:
    """Collected from in October, December and February."""
    found = np.zeros(3, DECISION)
    usual = {
        "insured_id": insured_id.bytes, "fiscal_year": YEAR, "sequence": 1, "municipality_code": municipality_code.encode(),
        "decided_on": day_number(DECIDED), "method": Method.SPECIAL, "reason": Reason.STARTED, "request_kind": RequestKind.SPECIAL,
        "premium_payment": PAYMENT, "care_is_known": True, "care_payment": 5_000, "pension_payment": 100_000, "most": 50_000,
        "starts": 2026 * 12 + 9, "basic_pension_number": basic_pension_number.encode(), "pension_code": pension_code.encode(),
    }  # fmt: skip
    for name, value in usual.items():
        found[name] = value
    found["month"] = [10, 12, 2]
    return found


_PENSIONS: Final = """
SELECT DISTINCT ON (insured_id) insured_id, municipality_code, basic_pension_number, pension_code FROM pension ORDER BY 1, 3
"""
_CHARGE: Final = """
WITH decided AS (
    INSERT INTO assessment (insured_id, fiscal_year, municipality_code, resident_number, assessment_id, annual_amount, provisional,
                            sequence, revision, calendar_hash, assessed_amount, decided_on)
    VALUES ($1, $2, $3, 'special', $1, $6 * 3, false, 1, 1, 'special', $6 * 3, $7)
)
INSERT INTO charge_entry (insured_id, fiscal_year, number, revision, reverses, municipality_code, month, due_on, amount, charged_on)
SELECT $1, $2, k.number, 1, 0, $3, k.month, $7, $6, $7 FROM unnest($4::int[], $5::int[]) AS k(number, month)
"""
