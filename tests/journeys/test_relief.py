"""Incomes that are not known, 減免 and 徴収猶予 on the screens of real services: gateway, eligibility, premium and collection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.consumer import Consumer
from chassis.runtime import Service
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, Databases, TestDatabase
from chassis.unit_of_work import Units
from chassis.web import create_app
from collection_service import settings as collection_settings
from collection_service.bootstrap import SERVICE as COLLECTION
from collection_service.handlers.routing import ROUTES as COLLECTION_ROUTES
from contracts.catalogue import CATALOGUE, model_of
from contracts.envelope import Event, decode, read
from contracts.events.municipal import IncomeDetermined, IncomeStatus
from eligibility_service.bootstrap import SERVICE as ELIGIBILITY
from eligibility_service.handlers.routing import ROUTES as ELIGIBILITY_ROUTES
from premium_service.bootstrap import SERVICE as PREMIUM
from premium_service.handlers.routing import ROUTES as PREMIUM_ROUTES
from premium_service.jobs.following import check_incomes_today
from sqlalchemy import text

from services.eligibility.tests.people import message, resident
from services.gateway.tests.world import GatewayWorld, a_gateway
from tests.journeys.gateway_process import free_port
from tests.journeys.test_registers import post, served

CHIYODA = "131016"
ROUTES = {"eligibility": ELIGIBILITY_ROUTES, "premium": PREMIUM_ROUTES, "collection": COLLECTION_ROUTES}
HANA, MOVER = (f"/people/{CHIYODA}/{number:015d}" for number in (2, 4))


@dataclass
class House:
    """Three services behind a gateway; `settle` hands over what they have said, as the broker would, until nothing new is said."""

    gateway: GatewayWorld
    units: dict[str, Units]
    heard: set[Any]

    async def tell(self, *events: Event) -> None:
        for event in events:
            for service in CATALOGUE[event.type].heard_by & self.units.keys():
                routes = ROUTES[service]
                said = message(event)
                await Consumer(units=self.units[service], routes=routes, broker_url="").apply([(routes.handler_of(event.type), said)])

    async def settle(self) -> None:
        for _ in range(6):
            new = await self._said()
            if not new:
                return
            await self.tell(*new)
        raise AssertionError("the services go on talking")

    async def _said(self) -> list[Event]:
        found: list[Event] = []
        for units in self.units.values():
            async with units.engine.connect() as connection:
                rows = (await connection.execute(text("SELECT body FROM outbox ORDER BY id"))).all()
            for item in (item for row in rows for item in decode(bytes(row.body))):
                if item["id"] not in self.heard and item["type"] in CATALOGUE:
                    self.heard.add(item["id"])
                    found.append(read(item, model_of(item["type"])).event)
        return found


@pytest.fixture
async def house(databases: Databases, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Hanako of 81, whose income is known, and somebody who came in May and whose income is not."""
    monkeypatch.setattr(collection_settings, "current", lambda: Settings(service="collection", sample_data=True))
    services: dict[str, Service] = {"eligibility": ELIGIBILITY, "premium": PREMIUM, "collection": COLLECTION}
    ports = {name: free_port() for name in services}
    async with AsyncExitStack() as stack:
        made: dict[str, TestDatabase] = {name: await databases(name, Path(f"services/{name}")) for name in services}
        units = {name: await stack.enter_async_context(found.units(store=tmp_path / "objects")) for name, found in made.items()}
        addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        gateway = await stack.enter_async_context(a_gateway(databases, broker, tmp_path, monkeypatch, worker=False, services=addresses))
        for name, service in services.items():
            settings = Settings(
                service=name,
                database_url=made[name].url,
                object_store=str(tmp_path / "objects"),
                token_public_key_file=tmp_path / "token.pub",
                business_date=SAMPLE_DAY,
                sample_data=True,
            )
            app = create_app(service, settings, worker=False)
            await stack.enter_async_context(served(app, ports[name]))
            stack.push_async_callback(app.state.runtime.engine.dispose)
            if name == "premium":
                premium = app.state.runtime
        built = House(gateway, units, set())
        await built.tell(resident(2), resident(4, resident_since=date(2026, 5, 20), name="転入　次郎", name_kana="テンニュウ　ジロウ"))
        await built.settle()
        await built.tell(_income(2, public_pension_receipts=3_500_000), _income(4, status=IncomeStatus.UNDECLARED))
        await built.settle()
        await check_incomes_today(premium)
        await premium._work_on_jobs()
        yield built


def _income(number: int, **changes: Any) -> IncomeDetermined:
    record: dict[str, Any] = {
        "effective_on": date(2026, 6, 10), "sequence": 1, "municipality_code": CHIYODA, "resident_number": f"{number:015d}",
        "income_year": 2025, "status": IncomeStatus.DECLARED,
    }  # fmt: skip
    return IncomeDetermined(**{**record, **changes})


async def text_of(browser: httpx.AsyncClient, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
    return answer.text


async def test_a_mover_is_on_the_list_of_other_municipalities_until_the_answer_comes(house: House) -> None:
    """T-06, T-09, I-18, I-20"""
    clerk = await house.gateway.sign_in("chiyoda")
    listed = await text_of(clerk, "/income-gaps?gap=other_municipality")
    asked = await post(clerk, f"{MOVER}/acts/incomes", f"{MOVER}/acts/incomes/inquiry", income_year="2025")
    await house.settle()
    inquiring = await text_of(clerk, "/income-gaps?gap=inquiring")
    await house.tell(_income(4, sequence=2, public_pension_receipts=900_000))
    checks = await text_of(clerk, "/income-checks")

    assert "転入　次郎" in listed
    assert "後期　花子" not in listed
    assert (asked.status_code, "転入　次郎" in inquiring) == (303, True)
    assert "転入　次郎" not in await text_of(clerk, "/income-gaps?gap=inquiring")
    for part in ("1月2日以後に住民となり、未申告とされている", "全員と一致", "回答を反映"):
        assert part in checks, part
    assert "不一致" not in checks
    other = await house.gateway.sign_in("okutama")
    assert "転入　次郎" not in await text_of(other, "/income-gaps?gap=other_municipality")
    assert (await other.get(f"{MOVER}/acts/incomes")).status_code == 404


async def test_a_declaration_is_shown_once_more_taken_in_and_printed(house: House) -> None:
    """P-08"""
    clerk = await house.gateway.sign_in("chiyoda")
    act = f"{MOVER}/acts/incomes"
    form = {
        "income_year": "2025", "declared_on": "R8.7.13", "declarant": "転入　次郎", "relationship": "本人",
        "amount_public_pension_receipts": "1,000,000", "evidence": "pension_slip",
    }  # fmt: skip
    checked = await post(clerk, act, f"{act}/declaration", step="check", **form)
    taken = await post(clerk, checked, f"{act}/declaration", step="take", **form)
    await house.settle()
    page = await text_of(clerk, act)
    premium = await text_of(clerk, f"{MOVER}/assessment")
    sheet = await clerk.get(f"{act}/declarations/2025.pdf")

    assert (checked.status_code, "1,000,000" in checked.text, taken.status_code) == (200, True, 303)
    assert "簡易申告" in page
    assert "7/10" in premium, "the reduction is judged on what was declared"
    assert sheet.content.startswith(b"%PDF")
    logged = await house.gateway.rows("SELECT result FROM access_log WHERE action = 'declare_income'")
    assert [row.result for row in logged] == ["done"]


RELIEF = {
    "fiscal_year": "2026", "degree": "sample_disaster_2026_06/half_destroyed", "happened_on": "R8.6.12", "applied_on": "R8.7.13",
    "applicant": "後期　花子", "relationship": "本人", "evidence": "disaster_certificate", "evidence_note": "千代田区発行",
}  # fmt: skip


async def test_a_remission_goes_from_the_window_through_two_officers_to_the_instalments(house: House) -> None:
    """P-10, W-07, I-46"""
    clerk, union = await house.gateway.sign_in("chiyoda"), await house.gateway.sign_in("union")
    form, act = f"{HANA}/acts/relief/apply/remission", f"{HANA}/acts/relief"
    checked = await post(clerk, form, form, step="check", **RELIEF)
    taken = await post(clerk, checked, form, step="take", **RELIEF)
    listed = await text_of(clerk, "/relief-applications")
    application = await _value(house, "SELECT application_id::text FROM premium_application")
    by_clerk = await post(clerk, act, f"{act}/{application}/proposal", decision="grant", reason="要件に該当")
    proposed = await post(union, act, f"{act}/{application}/proposal", decision="grant", reason="要件に該当")
    approval = await _value(house, "SELECT approval_id::text FROM approval")
    own = await text_of(union, f"/approvals/{approval}")
    second = await house.gateway.sign_in("premium")
    decided = await post(second, f"/approvals/{approval}", f"/approvals/{approval}", decision="approve")
    await house.settle()
    instalments = await text_of(clerk, f"{HANA}/instalments")

    assert [answer.status_code for answer in (checked, taken, by_clerk, proposed, decided)] == [200, 303, 403, 303, 303]
    assert "令和8年6月豪雨による減免" in listed
    assert "自分の申請は承認できません" in own
    assert "103,800円" in own
    for part in ("減免後の年間保険料額", "145,300", "1/2"):
        assert part in await text_of(clerk, act), part
    for part in ("145,300", "103,800", "249,100"):
        assert part in instalments, part
    for kind in ("receipt", "decision"):
        assert (await clerk.get(f"{act}/{application}/{kind}.pdf")).content.startswith(b"%PDF")
    stranger = await clerk.get(f"{MOVER}/acts/relief/{application}/decision.pdf")
    assert stranger.status_code == 404


async def test_a_deferral_is_chosen_among_the_instalments_and_shown_on_them(house: House) -> None:
    """P-11"""
    clerk, union, second = [await house.gateway.sign_in(name) for name in ("chiyoda", "union", "premium")]
    form, act = f"{HANA}/acts/relief/apply/deferral", f"{HANA}/acts/relief"
    chosen = {
        **{name: RELIEF[name] for name in ("applied_on", "applicant", "relationship", "evidence_note")}, "evidence": "medical_certificate",
        "instalments": ["2026/1/2026-07-31", "2026/2/2026-08-31"], "until": "R9.1.29", "ground": "illness",
    }  # fmt: skip
    shown = await text_of(clerk, form)
    checked = await post(clerk, form, form, step="check", **chosen)
    taken = await post(clerk, checked, form, step="take", **chosen)
    application = await _value(house, "SELECT application_id::text FROM premium_application")
    await post(union, act, f"{act}/{application}/proposal", decision="grant", reason="入院が続いている")
    approval = await _value(house, "SELECT approval_id::text FROM approval")
    decided = await post(second, f"/approvals/{approval}", f"/approvals/{approval}", decision="approve")
    await house.settle()
    instalments = await text_of(clerk, f"{HANA}/instalments")

    assert "2026/1/2026-07-31" in shown
    assert [answer.status_code for answer in (checked, taken, decided)] == [200, 303, 303]
    assert instalments.count("徴収猶予") == 2
    assert (await clerk.get(f"{act}/{application}/decision.pdf")).content.startswith(b"%PDF")


async def test_whether_somebody_was_a_dependant_is_asked_and_recorded_at_the_window(house: House) -> None:
    """P-12, I-02: unknown is shown and is not no; once the certificate is seen, nothing of the income is charged, only the flat amounts."""
    clerk, entry = await house.gateway.sign_in("chiyoda"), f"{HANA}/acts/notices/previous_insurer"
    unknown = await text_of(clerk, f"{HANA}/assessment")
    fields = {
        "effective_on": "H27.5.4",
        "notified_on": "R8.7.13",
        "insurer": "employee_dependant",
        "elderly_record": "",
        "confirmed": "yes",
    }
    checked = await post(clerk, entry, f"{entry}/confirm", **fields)
    taken = await post(clerk, checked, entry, **fields)
    await house.settle()
    known = await text_of(clerk, f"{HANA}/assessment")

    assert ("確かめていない" in unknown, "249,100" in unknown) == (True, True)
    assert (checked.status_code, taken.status_code) == (200, 303)
    assert ("該当（所得割なし）" in known, "54,600" in known) == (True, True), "53,300 and 1,300 yen a year, and no income part"


async def _value(house: House, query: str) -> Any:
    async with house.units["premium"].engine.connect() as connection:
        return (await connection.execute(text(query + " ORDER BY 1 DESC LIMIT 1"))).scalar_one()
