"""業務: the menu of everything that is not a person's screen."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Request, Response

from gateway_service.api.guard import allowed
from gateway_service.api.pages import ScreenRoute, page
from gateway_service.domain.desk import MENU
from gateway_service.domain.roles import Right, has_right
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)


@router.get("/desk")
async def desk(request: Request, session: Annotated[Session, allowed(Right.APPROVE)]) -> Response:
    """The screens that the session may open, in groups."""
    entries = [entry for entry in MENU if has_right(session.roles, entry.right)]
    groups = [(group, list(found)) for group, found in groupby(entries, lambda entry: entry.group)]
    return page(request, "desk.html", groups=groups)
