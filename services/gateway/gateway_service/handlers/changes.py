"""Single changes of municipalities: a micro-batch of AMQP bodies becomes events, errors and answers in one transaction."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis import telemetry
from chassis.clock import uuid7
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import LARGEST_PACK, Event, Message, decode
from pydantic_core import to_json

from contracts.layouts import ReadResult
from gateway_service.domain import answers
from gateway_service.domain.intake import KIND_OF_TYPE, Kind, as_events, errors_by_row, judge_changes
from gateway_service.store import characters, intake, municipalities
from gateway_service.store.intake import Parked, Wrong

_NAMES_KEPT_SECONDS = 60


class UnknownSender(Exception):
    """The routing key does not begin with the code of a municipality of the union: nobody can be answered."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came from the broker: the sender's code and the type from its routing key, the message id of AMQP, the body."""

    code: str
    type: str
    message_id: str
    body: bytes


def delivery_of(routing_key: str, message_id: str | None, body: bytes) -> Delivery:
    """`<code>.<type>` taken apart."""
    code, _, event_type = routing_key.partition(".")
    return Delivery(code, event_type, message_id or "", body)


@dataclass(frozen=True, slots=True)
class _About:
    """Enough of an event for its span, before the row is judged."""

    type: str
    subject: str


@dataclass
class _Change:
    """One change of a delivery on its way to an answer."""

    delivery: int
    code: str
    kind: Kind
    item: dict[str, Any]
    key: UUID
    because: Message[Any]
    event: Event | None = None
    errors: list[Any] = field(default_factory=list)


class Changes:
    """Applies micro-batches; keeps the list of municipalities for a minute."""

    def __init__(self) -> None:
        self._codes: frozenset[str] = frozenset()
        self._codes_until = 0.0

    async def apply(self, deliveries: Sequence[Delivery], uow: UnitOfWork) -> None:
        """Judge, keep and answer every change of the deliveries. Raises UnknownSender before anything is written."""
        await self._require_known(deliveries, uow)
        told: dict[int, list[dict[str, Any]]] = defaultdict(list)
        changes: list[_Change] = []
        for index, delivery in enumerate(deliveries):
            changes += _changes_of(index, delivery, uow.now, told[index])

        new = await intake.admit(uow, [change.key for change in changes])
        fresh: list[_Change] = []
        repeated: list[_Change] = []
        for change in changes:
            (fresh if change.key in new else repeated).append(change)
            new.discard(change.key)
        with telemetry.handling("gateway intake", [change.because for change in fresh]):
            await _judge(fresh, uow)
        for change in fresh:
            given = [answers.of_row(error) for error in change.errors]
            told[change.delivery].append(answers.answer(change.item["id"], answers.state_of(change.errors), given))
        await _tell_again(repeated, told, uow)
        _send(deliveries, told, uow)

    async def _require_known(self, deliveries: Sequence[Delivery], uow: UnitOfWork) -> None:
        senders = {delivery.code for delivery in deliveries}
        if not senders <= self._codes or time.monotonic() > self._codes_until:
            self._codes = frozenset(await municipalities.names(uow.connection))
            self._codes_until = time.monotonic() + _NAMES_KEPT_SECONDS
        if unknown := senders - self._codes:
            raise UnknownSender(f"No municipality of this union has the code {', '.join(sorted(unknown))}.")


def _changes_of(index: int, delivery: Delivery, now: datetime, told: list[dict[str, Any]]) -> list[_Change]:
    """The changes in one body; what cannot be read is answered at once."""
    try:
        items = decode(delivery.body)
        if len(items) > LARGEST_PACK or not all(isinstance(item["data"], dict) for item in items):
            raise ValueError(f"{len(items)}件あるか、data がオブジェクトではありません。")
    except ValueError as error:
        detail = str(error) if "件" in str(error) else ""
        told.append(answers.answer(delivery.message_id, answers.REJECTED, [answers.own_error("KOKI-M001", detail=detail)]))
        return []
    found = []
    pack_id = uuid7() if len(items) > 1 else None
    for item in items:
        kind = KIND_OF_TYPE.get(str(item["type"]))
        if kind is None or item["type"] != delivery.type:
            problem = answers.own_error(
                "KOKI-M002", column="type", value=str(item["type"]), type=item["type"], known="、".join(KIND_OF_TYPE)
            )
            told.append(answers.answer(str(item["id"]), answers.REJECTED, [problem]))
            continue
        try:
            identifier = UUID(str(item["id"]))
        except ValueError:
            problem = answers.own_error("KOKI-M003", column="id", value=str(item["id"]), id=item["id"])
            told.append(answers.answer(str(item["id"]), answers.REJECTED, [problem]))
            continue
        about: Any = _About(kind.schema_name, f"{delivery.code}:{item['data'].get('resident_number')}")
        because = Message(
            id=identifier,
            source=delivery.code,
            time=now,
            event=about,
            correlation_id=identifier,
            traceparent=_traceparent(item),
            pack_id=pack_id,
        )
        found.append(_Change(index, delivery.code, kind, item, intake.change_key(delivery.code, identifier), because))
    return found


def _traceparent(item: dict[str, Any]) -> str | None:
    found = item.get("traceparent")
    return found if isinstance(found, str) else None


async def _judge(changes: Sequence[_Change], uow: UnitOfWork) -> None:
    """Events for what is right, error rows and worklist rows for what is not; and the counts of the day."""
    groups: dict[tuple[str, str], list[_Change]] = defaultdict(list)
    for change in changes:
        groups[change.code, change.kind.layout_name].append(change)
    wrong: list[Wrong] = []
    parked: list[Parked] = []
    counts: dict[tuple[str, str, date], tuple[int, int, int]] = {}
    for (code, name), group in groups.items():
        kind = group[0].kind
        result = judge_changes([change.item for change in group], kind, code, uow.now)
        result = await characters.identify(uow, code, name, result)
        by_row = errors_by_row(result.errors) if result.error_frame.height else {}
        for number, errors in by_row.items():
            group[number - 1].errors = errors
            wrong += [_wrong(group[number - 1], error) for error in errors]
        right = [change for change in group if not change.errors]
        for change, event in zip(right, as_events(result.frame, kind), strict=True):
            change.event = event
        parked += _parked(group, result, name)
        counts[code, name, uow.today] = (len(right), result.refused_count, result.parked_count)
        histories = list(zip(result.frame["resident_number"].to_list(), result.frame["history_number"].to_list(), strict=True))
        await intake.replace_parked(uow, code, name, histories)
    for change in changes:
        if change.event is not None:
            uow.publish(change.event, because=change.because)
    await intake.keep_errors(uow, wrong)
    await intake.park(uow, parked)
    await intake.count_changes(uow, counts)


def _wrong(change: _Change, error: Any) -> Wrong:
    return Wrong(
        intake_id=change.key,
        municipality_code=change.code,
        code=error.code,
        severity=error.severity,
        message=error.message,
        remedy=error.remedy,
        column=error.column,
        term=error.term,
        value=error.value,
    )


def _parked(group: Sequence[_Change], result: ReadResult, kind_name: str) -> list[Parked]:
    rows = zip(result.parked_row_numbers.to_list(), result.parked.iter_rows(named=True), strict=True)
    return [
        Parked(group[number - 1].key, group[number - 1].code, kind_name, row, [answers.of_row(e) for e in group[number - 1].errors])
        for number, row in rows
    ]


async def _tell_again(repeated: Sequence[_Change], told: dict[int, list[dict[str, Any]]], uow: UnitOfWork) -> None:
    """A change that came before has its first answer given again: the sender may have lost it."""
    if not repeated:
        return
    kept: dict[UUID, list[Any]] = defaultdict(list)
    for row in await intake.errors_of(uow, [change.key for change in repeated]):
        kept[row.intake_id].append(row)
    for change in repeated:
        rows = kept[change.key]
        given = [
            {"code": r.code, "row": None, "column": r.column_name, "value": r.value, "message": r.message, "remedy": r.remedy} for r in rows
        ]
        told[change.delivery].append(answers.answer(change.item["id"], answers.state_of(rows), given))


def _send(deliveries: Sequence[Delivery], told: dict[int, list[dict[str, Any]]], uow: UnitOfWork) -> None:
    """One message of answers for each municipality and micro-batch: an object, or an array when there are several."""
    by_code: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for index, delivery in enumerate(deliveries):
        by_code[delivery.code] += told[index]
    for code, given in by_code.items():
        for start in range(0, len(given), LARGEST_PACK):
            part = given[start : start + LARGEST_PACK]
            body = to_json(part[0] if len(part) == 1 else part)
            uow.send(body, exchange=answers.EXCHANGE, routing_key=code, subject=code, content_type=answers.CONTENT_TYPE)
