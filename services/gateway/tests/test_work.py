"""The print log hears cards, the worklist hears cases."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from chassis.clock import uuid7
from chassis.testing import Databases
from chassis.unit_of_work import UnitOfWork
from contracts.catalogue import CATALOGUE
from contracts.envelope import Event, Message
from contracts.events import eligibility
from contracts.events.eligibility import CertificateIssued, CertificateKind
from contracts.events.premium import CaseClosed, CaseKind, CaseRaised
from gateway_service.handlers.routing import ROUTES
from gateway_service.handlers.work import on_cases, on_certificates_issued
from sqlalchemy import text

NOW = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)
PERSON = {"effective_on": date(2026, 7, 13), "insured_id": uuid7(), "municipality_code": "131016", "resident_number": "1"}


def messages(*events: Event) -> list[Message[Any]]:
    return [Message(uuid7(), "premium", NOW, event, uuid7()) for event in events]


def raised(case_id: Any, waiting_since: date = date(2026, 6, 1)) -> CaseRaised:
    return CaseRaised.model_validate(
        {**PERSON, "case_id": case_id, "kind": CaseKind.INCOME_MISSING, "fiscal_year": 2026, "waiting_since": waiting_since}
    )


def closed(case_id: Any) -> CaseClosed:
    return CaseClosed.model_validate({**PERSON, "case_id": case_id, "kind": CaseKind.INCOME_MISSING})


async def rows(uow: UnitOfWork, query: str) -> Sequence[Any]:
    return (await uow.connection.execute(text(query))).all()


def test_the_gateway_hears_what_the_catalogue_says() -> None:
    assert {event_type for _, event_type in ROUTES.types} == {kind for kind, entry in CATALOGUE.items() if "gateway" in entry.heard_by}


async def test_a_card_is_in_the_print_log_once(databases: Databases) -> None:
    card = CertificateIssued.model_validate(
        {
            **PERSON,
            "certificate_id": uuid7(),
            "kind": CertificateKind.ELIGIBILITY_CONFIRMATION,
            "valid_from": date(2026, 8, 1),
            "valid_until": date(2027, 8, 1),
            "document_sha256": "0" * 64,
        }
    )
    database = await databases("gateway", Path("services/gateway"))
    async with database.units() as units, units.open() as uow:
        await on_certificates_issued(messages(card, card), uow)
        await on_certificates_issued(messages(card), uow)
        (row,) = await rows(uow, "SELECT kind, issued_at FROM print_log")
        assert (row.kind, row.issued_at) == ("eligibility_confirmation", NOW)


async def test_a_case_is_open_until_it_is_closed_and_stays_closed_in_any_order(databases: Databases) -> None:
    first, second = uuid7(), uuid7()
    database = await databases("gateway", Path("services/gateway"))
    async with database.units() as units, units.open() as uow:
        await on_cases(messages(raised(first), raised(first), raised(second)), uow)
        await on_cases(messages(closed(first)), uow)
        open_cases = await rows(uow, "SELECT case_id FROM work_item WHERE closed_at IS NULL")
        assert [row.case_id for row in open_cases] == [second]

        late = uuid7()
        await on_cases(messages(closed(late)), uow)
        await on_cases(messages(raised(late)), uow)
        (row,) = (await uow.connection.execute(text("SELECT closed_at FROM work_item WHERE case_id = :id"), {"id": late})).all()
        assert row.closed_at == NOW


async def test_a_case_about_a_resident_who_is_not_insured_stands_on_the_worklist_until_it_is_closed(databases: Databases) -> None:
    database = await databases("gateway", Path("services/gateway"))
    person = {name: PERSON[name] for name in ("effective_on", "municipality_code", "resident_number")}
    case = {**person, "case_id": uuid7(), "kind": eligibility.CaseKind.CERTIFICATE_UNPRINTABLE}
    async with database.units() as units:
        async with units.open() as uow:
            await on_cases(messages(eligibility.CaseRaised.model_validate({**case, "waiting_since": date(2026, 7, 1)})), uow)
        async with units.open() as uow:
            (waiting,) = await rows(uow, "SELECT * FROM work_item WHERE closed_at IS NULL")
            await on_cases(messages(eligibility.CaseClosed.model_validate(case)), uow)
        async with units.open() as uow:
            left = await rows(uow, "SELECT * FROM work_item WHERE closed_at IS NULL")
    assert (waiting.kind, waiting.insured_id, waiting.fiscal_year) == ("certificate_unprintable", None, None)
    assert left == []
