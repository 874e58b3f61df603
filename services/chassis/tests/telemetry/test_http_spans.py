"""One span for each HTTP request: its place in the trace, its route and status, and nothing that somebody typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from chassis.testing import Databases
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from services.chassis.tests.http.world import a_web

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def _of_requests(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if "http.route" in (span.attributes or {})]


async def test_a_request_is_one_span_with_its_route_and_without_its_address(
    databases: Databases, tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    """With the instrumentation of the library, which writes the whole address, this failed."""
    async with a_web(databases, tmp_path) as web:
        await web.client.get("/number/7?kana=サトウ&born_on=1941-05-05", headers=web.token())
    (span,) = _of_requests(spans)
    assert span.name == "GET /number/{number}"
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/number/{number}",
        "http.response.status_code": 200,
    }


@pytest.mark.parametrize("traceparent", [f"00-{TRACE}-{CALLER}-01", "nonsense", None])
async def test_a_request_hangs_below_whoever_asks_or_begins_a_trace(
    databases: Databases, tmp_path: Path, spans: InMemorySpanExporter, traceparent: str | None
) -> None:
    async with a_web(databases, tmp_path) as web:
        await web.client.get("/me", headers=web.token() | ({"traceparent": traceparent} if traceparent else {}))
    (span,) = _of_requests(spans)
    if traceparent and TRACE in traceparent:
        assert span.parent
        assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, CALLER)
    else:
        assert span.parent is None


async def test_a_surprise_is_an_error_of_its_kind_alone_and_the_answer_tells_its_trace(
    databases: Databases, tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    """With the span put in as a middleware, inside of the answer to surprises, this failed."""
    async with a_web(databases, tmp_path) as web:
        answer = await web.client.get("/surprise", headers=web.token())
    (span,) = _of_requests(spans)
    context = span.get_span_context()
    assert context
    assert answer.json()["trace"] == f"{context.trace_id:032x}"
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert (span.attributes or {})["exception.type"] == "RuntimeError"
    assert "佐藤" not in span.to_json()


async def test_the_health_and_the_spans_themselves_are_not_traced(
    databases: Databases, tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    async with a_web(databases, tmp_path) as web:
        await web.client.get("/health")
        await web.client.post("/v1/traces")
    assert _of_requests(spans) == []
