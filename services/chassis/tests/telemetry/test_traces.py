"""One trace from the first message to the last: outbox → message → span of the handler → next outbox."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import pytest
from chassis import telemetry
from chassis.testing import Databases, eventually
from contracts.envelope import Message
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from services.chassis.tests.messaging.world import World, a_world, assessed

OUTSIDE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE_ID, SPAN_ID = OUTSIDE.split("-")[1:3]


def _from_outside(person: int, sequence: int = 1, traceparent: str | None = OUTSIDE) -> Message[Any]:
    return replace(assessed(person, sequence), traceparent=traceparent)


def _named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


HANDLED = "collection premium.assessed.v1"


def _place(span: ReadableSpan) -> tuple[str, str, str | None]:
    """(trace, span, parent) in hex."""
    context = span.get_span_context()
    assert context
    return f"{context.trace_id:032x}", f"{context.span_id:016x}", f"{span.parent.span_id:016x}" if span.parent else None


async def _outbox(world: World) -> list[tuple[str, ...]]:
    """(trace, span) of the traceparent of each outbox row; its flags say only that it is recorded."""
    return [tuple(row[0].split("-")[1:3]) for row in await world.rows("SELECT traceparent FROM outbox ORDER BY id")]


async def test_what_a_handler_says_hangs_below_its_span_and_that_below_the_message(
    databases: Databases, broker: str, spans: InMemorySpanExporter
) -> None:
    async with a_world(databases, broker) as world:
        await world.consumer().apply([("on_assessed", _from_outside(1)), ("on_assessed", _from_outside(2))])

        handled = _named(spans, HANDLED)
        assert [_place(span)[0] for span in handled] == [TRACE_ID] * 2
        assert [_place(span)[2] for span in handled] == [SPAN_ID] * 2
        assert sorted(await _outbox(world)) == sorted(_place(span)[:2] for span in handled)
        assert {span.status.status_code for span in handled} == {StatusCode.OK}


async def _two_said(world: World) -> bool:
    return len(await _outbox(world)) == 2


async def test_the_trace_goes_from_a_piece_of_work_over_the_broker_to_what_its_reader_says(
    databases: Databases, broker: str, spans: InMemorySpanExporter
) -> None:
    async with a_world(databases, broker) as world, world.running(consumer := world.consumer(), world.relay("premium")):
        await eventually(lambda: consumer.consuming)
        with telemetry.step("intake of a file", file="131016/1"):
            async with world.units.open() as uow:
                uow.publish(assessed(1, 1).event)
        await eventually(lambda: _two_said(world))

        (intake,), (handled,) = _named(spans, "intake of a file"), _named(spans, HANDLED)
        assert _place(handled)[0] == _place(intake)[0]
        assert _place(handled)[2] == _place(intake)[1]
        assert await _outbox(world) == [_place(intake)[:2], _place(handled)[:2]]


async def test_a_pack_is_one_span_however_many_events_it_carries(databases: Databases, broker: str, spans: InMemorySpanExporter) -> None:
    async with a_world(databases, broker) as world:
        pack = uuid4()
        await world.consumer().apply([("on_assessed", replace(_from_outside(person), pack_id=pack)) for person in range(100)])
        assert len(_named(spans, HANDLED)) == 1
        assert len(await _outbox(world)) == 1


async def test_a_handler_that_fails_leaves_a_span_that_says_so(databases: Databases, broker: str, spans: InMemorySpanExporter) -> None:
    async with a_world(databases, broker) as world:
        world.poison.add("1")
        with pytest.raises(ValueError, match="cannot be applied"):
            await world.consumer().apply([("on_assessed", _from_outside(1))])
        (span,) = _named(spans, HANDLED)
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")


@pytest.mark.parametrize("traceparent", ["nonsense", "00-zz-yy-01", "00-0-0-00", f"{OUTSIDE}-extra", "", None])
async def test_a_message_with_a_trace_that_cannot_be_read_is_applied_all_the_same(
    databases: Databases, broker: str, spans: InMemorySpanExporter, traceparent: str | None
) -> None:
    async with a_world(databases, broker) as world:
        await world.consumer().apply([("on_assessed", _from_outside(1, traceparent=traceparent))])
        assert await world.seen() == [(1, 1)]
        (span,) = _named(spans, HANDLED)
        assert _place(span)[2] is None, "a trace of its own"
        assert await _outbox(world) == [_place(span)[:2]]


async def test_spans_carry_identifiers_and_never_what_the_event_says(
    databases: Databases, broker: str, spans: InMemorySpanExporter
) -> None:
    async with a_world(databases, broker) as world:
        message = _from_outside(1)
        await world.consumer().apply([("on_assessed", message)])
        (span,) = _named(spans, HANDLED)
        wanted = {"messaging.message.id": str(message.id), "koki.subject": "131016:1", "koki.type": "premium.assessed.v1"}
        assert dict(span.attributes or {}) == wanted


def test_outside_of_any_trace_there_is_no_traceparent() -> None:
    assert telemetry.traceparent_of(None) is None
    assert telemetry.traceparent_of(_from_outside(1)) == OUTSIDE, "nobody handles it here: it keeps its own"


def test_spans_are_handed_in_over_http() -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Tests are quiet."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        provider = telemetry.start("premium", f"http://127.0.0.1:{server.server_port}/")
        assert provider
        provider.get_tracer("test").start_span("assess").end()
        provider.shutdown()
        server.shutdown()

    ((path, body),) = received
    assert path == "/v1/traces"
    assert b"premium" in body
    assert b"assess" in body
