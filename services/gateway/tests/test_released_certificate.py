"""支援措置: a certificate that a second officer has released is asked for with that release."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from chassis.tokens import Principal
from gateway_service.api.upstream import Reply, Upstream

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.world import Gateways, hidden

PERSON = f"/people/{CHIYODA}/000000000000001"


async def test_a_release_goes_with_the_order_of_the_certificate_and_not_into_its_path(
    gateways: Gateways, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail with the release written behind a question mark in the path, where it is quoted."""
    asked: list[tuple[str, Any]] = []

    async def ask(self: Upstream, service: str, path: str, principal: Principal, **more: Any) -> Reply:
        asked.append((path, more.get("params")))
        return Reply(service, 201, json.dumps({"certificate_id": str(uuid4())}).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    release = uuid4()
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        csrf = hidden(await browser.get("/account"))
        form = {"csrf": csrf, "key": str(uuid4()), "release": str(release)}

        answer = await browser.post(f"{PERSON}/documents/issue", data=form)

    assert answer.status_code == 303, answer.text
    assert asked[-1] == (f"{PERSON}/certificates", {"release": str(release)})
