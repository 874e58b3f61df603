"""The OTLP receiver: services hand in their spans over HTTP, so that the console can draw a trace without other software."""

from __future__ import annotations

import ipaddress
import zlib
from typing import Any

from chassis.problems import Problem
from fastapi import APIRouter, Request, Response
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from gateway_service.api.gateway import gateway_of
from gateway_service.domain.spans import Span
from gateway_service.store import spans

router = APIRouter(tags=["traces"])
PROTOBUF = "application/x-protobuf"
LARGEST_BODY = 16 * 1024 * 1024


@router.post("/v1/traces")
async def take_spans(request: Request) -> Response:
    """OTLP/HTTP with protobuf (gzip or plain), from this machine or a trusted network only."""
    gateway = gateway_of(request)
    if not _is_trusted(request, gateway.settings.trusted_networks):
        raise Problem(403, "KOKI-T403", "この場所からはスパンを受け付けません。", "KOKI_GATEWAY_TRUSTED_NETWORKS を確かめてください。")
    body = await request.body()
    try:
        if request.headers.get("content-encoding") == "gzip":
            body = _unzipped(body)
        found = spans_of(ExportTraceServiceRequest.FromString(body))
    except (DecodeError, OSError, EOFError, ValueError, zlib.error) as error:
        raise Problem(400, "KOKI-T400", "OTLP の protobuf として読めません。") from error
    if found:
        async with gateway.runtime.engine.begin() as connection:
            await spans.keep(connection, found, gateway.runtime.clock.now())
    return Response(ExportTraceServiceResponse().SerializeToString(), media_type=PROTOBUF)


def _is_trusted(request: Request, networks: tuple[Any, ...]) -> bool:
    # A request that came through a proxy came from somewhere else, whatever machine the proxy runs on.
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    address = ipaddress.ip_address(request.client.host)
    return address.is_loopback or any(address in network for network in networks)


def _unzipped(body: bytes) -> bytes:
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    plain = stream.decompress(body, LARGEST_BODY)
    if stream.unconsumed_tail:
        raise ValueError("The body is too large.")
    return plain


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    """The spans of an OTLP request with the service they came from."""
    found = []
    for resource in request.resource_spans:
        service = next((a.value.string_value for a in resource.resource.attributes if a.key == "service.name"), "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {a.key: _plain(a.value) for a in span.attributes}
                subject = attributes.get("koki.subject")
                found.append(
                    Span(
                        trace_id=span.trace_id,
                        span_id=span.span_id,
                        parent_id=span.parent_span_id or None,
                        name=span.name[:200],
                        service=service,
                        started_ns=span.start_time_unix_nano,
                        ended_ns=span.end_time_unix_nano,
                        status=span.status.code,
                        subject=subject if isinstance(subject, str) else None,
                        attributes=attributes,
                    )
                )
    return found


def _plain(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value[:500]
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
    return None
