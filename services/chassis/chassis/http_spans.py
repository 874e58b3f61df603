"""A span around each HTTP request: method, route and status, never the address itself, whose query may hold a name or a day of birth."""

from __future__ import annotations

from typing import Final

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOT_TRACED: Final = frozenset({"/health", "/v1/traces"})
"""Asked every second, and the spans themselves."""
_tracer = trace.get_tracer("koki")
_propagator = TraceContextTextMapPropagator()


class HttpSpans:
    """ASGI around a whole application, its answers to surprises included: they tell the number of the trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in NOT_TRACED:
            await self._app(scope, receive, send)
            return
        method, status = scope["method"], 0
        # By hand: the library's context manager takes as long again, and notes what an error says, which may be personal.
        span = _tracer.start_span(method, context=_caller(scope), kind=SpanKind.SERVER)
        before = context.attach(trace.set_span_in_context(span))

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:
            span.set_attribute("exception.type", type(error).__name__)
            raise
        finally:
            # The route is known only after the application has looked for it.
            route = getattr(scope.get("route"), "path", "")
            span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
            if route:
                span.update_name(f"{method} {route}")
            if status >= 500:
                span.set_status(StatusCode.ERROR)
            context.detach(before)
            span.end()


def _caller(scope: Scope) -> Context | None:
    """Where the span hangs: below the span of whoever asks, when a readable `traceparent` says so."""
    carrier = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in (b"traceparent", b"tracestate")}
    return _propagator.extract(carrier) if carrier else None
