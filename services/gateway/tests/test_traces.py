"""Spans: taken from trusted machines only, kept without personal data, drawn as a waterfall, forgotten after two days."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.testing import Databases
from gateway_service.domain.spans import Span, waterfall
from gateway_service.store import spans
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.gateway.tests.world import GatewayWorld

NOW = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)
TRACE = bytes(range(16))


def span(number: int, parent: int | None = None, *, start: int = 0, end: int = 100, trace: bytes = TRACE, **more: Any) -> Span:
    known = {"name": f"work {number}", "service": "eligibility", "status": 1, "subject": "131016:1", "attributes": {}}
    parent_id = None if parent is None else bytes([parent] * 8)
    times = {"started_ns": start * 1_000_000, "ended_ns": end * 1_000_000}
    return Span(trace_id=trace, span_id=bytes([number] * 8), parent_id=parent_id, **{**known, **times, **more})


def request(*, attributes: dict[str, str] | None = None) -> bytes:
    """An OTLP request with one span."""
    made = ExportTraceServiceRequest()
    resource = made.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "premium"
    found = resource.scope_spans.add().spans.add(trace_id=TRACE, span_id=b"12345678", name="premium municipal.resident_changed.v1")
    found.start_time_unix_nano, found.end_time_unix_nano, found.status.code = 1_000, 5_000, 1
    for key, value in (attributes or {}).items():
        found.attributes.add(key=key).value.string_value = value
    return bytes(made.SerializeToString())


@pytest.mark.parametrize("encoding", ["", "gzip"])
async def test_spans_handed_in_are_kept_with_service_subject_and_time(gateway: GatewayWorld, encoding: str) -> None:
    body = request(attributes={"koki.subject": "131016:1", "http.route": "/people/{m}/{r}"})
    content = gzip.compress(body) if encoding else body
    answer = await gateway.client.post("/v1/traces", content=content, headers={"content-encoding": encoding} if encoding else {})

    assert answer.status_code == 200
    (row,) = await gateway.rows("SELECT * FROM span WHERE span_id = '12345678'")
    assert (row.service, row.subject, row.started_ns, row.ended_ns, row.trace_id) == ("premium", "131016:1", 1_000, 5_000, TRACE)


async def test_an_attribute_that_could_hold_personal_data_is_not_kept(gateway: GatewayWorld) -> None:
    private = {
        "url.query": "kana=サトウ",
        "http.url": "http://x/people?kana=サトウ",
        "http.target": "/people?kana=サトウ",
        "db.statement": "x",
    }
    await gateway.client.post("/v1/traces", content=request(attributes={**private, "koki.rows": "7"}))

    (row,) = await gateway.rows("SELECT attributes FROM span WHERE span_id = '12345678'")
    assert row.attributes == {"koki.rows": "7"}


async def test_spans_from_another_machine_or_through_a_proxy_are_refused(gateway: GatewayWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await gateway.client.post("/v1/traces", content=request(), headers={"x-forwarded-for": "127.0.0.1"})).status_code == 403
    far = httpx.AsyncClient(transport=httpx.ASGITransport(gateway.app, client=("10.1.2.3", 4)), base_url="http://gateway.test")
    assert (await far.post("/v1/traces", content=request())).status_code == 403

    monkeypatch.setenv("KOKI_GATEWAY_TRUSTED_NETWORKS", '["10.1.0.0/16"]')
    del gateway.app.state.gateway
    assert (await far.post("/v1/traces", content=request())).status_code == 200


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"{}"])
async def test_what_is_no_otlp_is_refused(gateway: GatewayWorld, body: bytes) -> None:
    assert (await gateway.client.post("/v1/traces", content=body)).status_code == 400
    assert (await gateway.client.post("/v1/traces", content=body, headers={"content-encoding": "gzip"})).status_code == 400


async def test_traces_are_found_by_whom_they_are_about_and_forgotten_after_two_days(gateway: GatewayWorld) -> None:
    engine = gateway.runtime.engine
    async with engine.begin() as connection:
        await spans.keep(connection, [span(1), span(2, 1, service="premium", status=2)], NOW)
        await spans.keep(connection, [span(3, trace=b"x" * 16, subject=None)], NOW)
        (line,) = await spans.about(connection, ["131016:1"])
        assert (line.trace_id, line.spans, set(line.services), line.failed) == (TRACE.hex(), 2, {"eligibility", "premium"}, True)

    await spans.forget_old(engine, NOW + timedelta(hours=40))
    async with engine.connect() as connection:
        assert len(await spans.of_trace(connection, TRACE)) == 2
    await spans.forget_old(engine, NOW + timedelta(hours=57))
    async with engine.connect() as connection:
        assert await spans.of_trace(connection, TRACE) == []


async def test_more_than_the_largest_number_of_spans_empties_the_oldest_part(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a database without a worker, which would empty what is the oldest part by its own clock."""
    monkeypatch.setattr(spans, "LARGEST", 2)
    async with (await databases("gateway", Path("services/gateway"))).units() as units:
        async with units.engine.begin() as connection:
            await spans.keep(connection, [span(1), span(2)], NOW - timedelta(hours=16))
            await spans.keep(connection, [span(3)], NOW)
        await spans.forget_old(units.engine, NOW)
        async with units.engine.connect() as connection:
            assert [found.name for found in await spans.of_trace(connection, TRACE)] == ["work 3"]


def test_a_waterfall_hangs_each_span_under_its_parent_in_the_order_of_time() -> None:
    drawn = waterfall([span(3, 1, start=50, end=90), span(1, start=0, end=100), span(2, 1, start=10, end=40), span(4, 2, start=12, end=20)])
    assert drawn is not None
    assert [(bar.span.name, bar.depth) for bar in drawn.bars] == [("work 1", 0), ("work 2", 1), ("work 4", 2), ("work 3", 1)]
    assert [(bar.left, bar.width) for bar in drawn.bars] == [(0, 10_000), (1_000, 3_000), (1_200, 800), (5_000, 4_000)]


def test_a_span_whose_parent_was_lost_stands_at_the_top_and_nothing_is_left_out() -> None:
    drawn = waterfall([span(1, 9, start=5, end=6), span(2, start=0, end=1)])
    assert drawn is not None
    assert [bar.depth for bar in drawn.bars] == [0, 0]
    assert waterfall([]) is None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=30))
def test_every_bar_lies_within_the_drawing(made: list[tuple[int, int, int]]) -> None:
    drawn = waterfall([span(n + 1, parent, start=start, end=start + long) for n, (parent, start, long) in enumerate(made)])
    assert drawn is not None
    for bar in drawn.bars:
        assert 0 <= bar.left < 10_000
        assert 0 < bar.width <= 10_000 - bar.left
