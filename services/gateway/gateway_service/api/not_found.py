"""An address that leads nowhere, said in Japanese; the last route of all."""

from __future__ import annotations

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Response

from gateway_service.api.guard import SignedIn
from gateway_service.api.pages import ScreenRoute

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)


@router.get("/{path:path}")
async def nowhere(path: str, session: SignedIn) -> Response:
    raise Problem(404, *NOT_FOUND, detail="この住所の画面はありません。")
