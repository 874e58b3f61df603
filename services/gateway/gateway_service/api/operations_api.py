"""The operator's acts as JSON, for tools: what the console does by forms, `GET` and `POST /api/operations/{service}/…`.

The session's cookie is sent by our own pages and tools alone (SameSite=Strict); a browser that says it comes from elsewhere is refused.
"""

from __future__ import annotations

from typing import Annotated

from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from fastapi import APIRouter, Request, Response

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import allowed, comes_from_here
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(tags=["operations"])


@router.api_route("/api/operations/{service}/{path:path}", methods=["GET", "POST"])
async def operations(service: str, path: str, request: Request, session: Annotated[Session, allowed(Right.OPERATE)]) -> Response:
    """Pass an operator's question or act on to a service's `/operations`; every act is in the access log."""
    if not comes_from_here(request):
        raise Problem(403, *NOT_ALLOWED)
    gateway = gateway_of(request)
    if service not in gateway.upstream.addresses or ".." in path:
        raise Problem(404, *NOT_FOUND)
    body = await request.json() if request.method == "POST" and await request.body() else None
    query = dict(request.query_params)
    found = await gateway.upstream.ask(service, f"/operations/{path}", session.principal, method=request.method, params=query, json=body)
    if request.method == "POST":
        await gateway.record(session, "operate", "done" if found.ok else "refused", detail=f"{service} {path}")
    return Response(found.content, status_code=found.status or 503, media_type=found.content_type or "application/json")
