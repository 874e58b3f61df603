"""The style sheet, under a name that changes with its content."""

from __future__ import annotations

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Response

from gateway_service.api.pages import STYLE, STYLE_NAME

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def static_file(name: str) -> Response:
    if name != STYLE_NAME:
        raise Problem(404, *NOT_FOUND)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(STYLE, media_type="text/css", headers=headers)
