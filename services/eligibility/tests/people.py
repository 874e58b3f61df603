"""Invented residents for the tests of eligibility."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from chassis.clock import uuid7
from contracts.envelope import Message
from contracts.events.municipal import IncomeDetermined, ResidentChanged

CHIYODA, HACHIOJI, OKUTAMA = "131016", "132012", "133086"
SERVICE_ROOT = "services/eligibility"


def resident(number: int = 1, sequence: int = 1, *, municipality: str = CHIYODA, **changed: Any) -> ResidentChanged:
    """A record: somebody born on 1940-05-05, resident since 1990, unless said otherwise."""
    record: dict[str, Any] = {
        "effective_on": changed.get("changed_on", date(1990, 4, 1)),
        "sequence": sequence,
        "municipality_code": municipality,
        "resident_number": f"{number:015d}",
        "household_number": f"{number // 2:015d}",
        "relationship": "02",
        "status": "1",
        "change_reason": "01",
        "changed_on": date(1990, 4, 1),
        "notified_on": None,
        "name": "後期　花子",
        "name_kana": "コウキ　ハナコ",
        "sex": "2",
        "born_on": date(1940, 5, 5),
        "born_on_unknown_text": None,
        "postal_code": "1000001",
        "address_prefecture": "東京都",
        "address_municipality": "千代田区",
        "address_town": "千代田",
        "address_number": "1番1号",
        "address_building": None,
        "resident_since": date(1990, 4, 1),
        "ended_on": None,
    }
    return ResidentChanged(**(record | changed))


def income(number: int = 1, sequence: int = 1, *, municipality: str = CHIYODA, **changed: Any) -> IncomeDetermined:
    """A declared income of 2025: a pension of 1.8 million, not taxed, nobody to support, unless said otherwise."""
    record: dict[str, Any] = {
        "effective_on": date(2026, 6, 1),
        "sequence": sequence,
        "municipality_code": municipality,
        "resident_number": f"{number:015d}",
        "income_year": 2025,
        "status": "1",
        "public_pension_receipts": 1_800_000,
        "taxable_income": 0,
        "resident_tax_status": "2",
        "dependants_under_16": 0,
        "dependants_16_to_18": 0,
    }
    return IncomeDetermined(**(record | changed))


def message(event: Any, *, message_id: UUID | None = None, pack_id: UUID | None = None) -> Message[Any]:
    found = message_id or uuid7()
    return Message(id=found, source="gateway", time=datetime(2026, 7, 13, tzinfo=UTC), event=event, correlation_id=found, pack_id=pack_id)


def heard(events: Iterable[ResidentChanged | IncomeDetermined], *, packed: bool = False) -> list[tuple[str, Message[Any]]]:
    """Events as the consumer takes them: (handler, message)."""
    pack = uuid7() if packed else None
    return [
        ("on_residents_changed" if isinstance(event, ResidentChanged) else "on_incomes_determined", message(event, pack_id=pack))
        for event in events
    ]


def as_rows(events: Sequence[ResidentChanged]) -> list[dict[str, Any]]:
    """Events as the rows of a residents file that the gateway has sealed."""
    return [{**event.model_dump(mode="python", exclude={"effective_on"}), "status": event.status.value} for event in events]
