"""Traces: one from the municipal message to the card. `traceparent` travels in the outbox and in the message."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import structlog
from contracts.envelope import Message
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_handling: ContextVar[dict[UUID, Span] | None] = ContextVar("koki_handling", default=None)
_tracer = trace.get_tracer("koki")
_propagator = TraceContextTextMapPropagator()


def start(service: str, endpoint: str) -> TracerProvider | None:
    """Export the spans of this process by OTLP/HTTP to `endpoint`; without one, spans are made but not sent."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
        provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=20_000, schedule_delay_millis=500, max_export_batch_size=1_000)
        )
    trace.set_tracer_provider(provider)
    return provider


def as_traceparent(span: Span) -> str | None:
    """The W3C traceparent of a span; None outside any trace."""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}" if context.is_valid else None


def _context(traceparent: str | None) -> Context | None:
    """Where a span hangs: below `traceparent`, at the root when that is not readable, below the current span without one."""
    return _propagator.extract({"traceparent": traceparent}) if traceparent else None


def traceparent_of(message: Message[Any] | None) -> str | None:
    """Where what follows from `message` hangs: the span that handles it; without a message, the current span."""
    span = (_handling.get() or {}).get(message.id) if message else trace.get_current_span()
    if span is not None:
        return as_traceparent(span)
    return message.traceparent if message else None


@contextmanager
def handling(service: str, messages: Sequence[Message[Any]]) -> Iterator[None]:
    """A consumer span for each message of a batch, around the handlers of the batch."""
    spans: dict[UUID, Span] = {}
    of_pack: dict[UUID, Span] = {}
    for message in messages:
        # A pack travels and is handled as one: it is one span, or a yearly run would bury the traces people look for.
        if message.pack_id in of_pack:
            spans[message.id] = of_pack[message.pack_id]
            continue
        attributes = {"messaging.message.id": str(message.id), "koki.subject": message.event.subject, "koki.type": message.event.type}
        span = _tracer.start_span(
            f"{service} {message.event.type}", context=_context(message.traceparent), kind=SpanKind.CONSUMER, attributes=attributes
        )
        spans[message.id] = span
        if message.pack_id:
            of_pack[message.pack_id] = span
    token = _handling.set(spans)
    failed = False
    try:
        yield
    except BaseException as error:
        failed = True
        for span in spans.values():
            span.record_exception(error) if isinstance(error, Exception) else None
            span.set_status(trace.StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        _handling.reset(token)
        for span in {id(span): span for span in spans.values()}.values():
            if not failed:
                span.set_status(trace.StatusCode.OK)
            span.end()


@contextmanager
def step(name: str, *, traceparent: str | None = None, **attributes: str | int) -> Iterator[Span]:
    """A span around one piece of work (a job chunk, a document, an intake); attributes carry identifiers, never names."""
    values = {f"koki.{key}": value for key, value in attributes.items()}
    with _tracer.start_as_current_span(name, context=_context(traceparent), attributes=values) as span:
        yield span
