"""Spans as the console keeps and draws them. Only attributes that carry identifiers are kept: never an address line with a search in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

KEPT_ATTRIBUTES: Final = frozenset(
    {
        "messaging.message.id", "http.method", "http.request.method", "http.route", "http.status_code", "http.response.status_code",
        "db.system", "db.operation", "exception.type",
    }
)  # fmt: skip
KEPT_PREFIX: Final = "koki."


@dataclass(frozen=True, slots=True)
class Span:
    """One span; times in nanoseconds since 1970 UTC. `status`: 0 unset, 1 right, 2 error."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes | None
    name: str
    service: str
    started_ns: int
    ended_ns: int
    status: int
    subject: str | None
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a waterfall: depth in the tree, and where the bar begins and ends in hundredths of a per cent of the whole."""

    span: Span
    depth: int
    left: int
    width: int

    @property
    def milliseconds(self) -> float:
        return (self.span.ended_ns - self.span.started_ns) / 1_000_000


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A trace as it is drawn."""

    trace_id: str
    started_ns: int
    duration_ns: int
    bars: list[Bar] = field(default_factory=list)

    @property
    def services(self) -> list[str]:
        """In the order of their first work."""
        return list(dict.fromkeys(bar.span.service for bar in self.bars))

    @property
    def failed(self) -> int:
        return sum(bar.span.status == 2 for bar in self.bars)


def kept(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes that may be stored."""
    return {name: value for name, value in attributes.items() if name in KEPT_ATTRIBUTES or name.startswith(KEPT_PREFIX)}


def waterfall(spans: list[Span]) -> Waterfall | None:
    """The spans of one trace, each under its parent, siblings by their start; a span whose parent is missing stands at the top."""
    if not spans:
        return None
    first = min(span.started_ns for span in spans)
    whole = max(max(span.ended_ns for span in spans) - first, 1)
    known = {span.span_id for span in spans}
    below: dict[bytes | None, list[Span]] = {}
    for span in sorted(spans, key=lambda found: (found.started_ns, found.ended_ns)):
        below.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)
    bars: list[Bar] = []
    stack = [(span, 0) for span in reversed(below.get(None, []))]
    seen: set[bytes] = set()
    while stack:
        span, depth = stack.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        left = (span.started_ns - first) * 10_000 // whole
        width = max((span.ended_ns - span.started_ns) * 10_000 // whole, 15)
        bars.append(Bar(span, depth, min(left, 9_985), min(width, 10_000 - min(left, 9_985))))
        stack += [(child, depth + 1) for child in reversed(below.get(span.span_id, []))]
    return Waterfall(spans[0].trace_id.hex(), first, whole, bars)
