"""A command of a clerk on its way to a service: carried once, kept in the access log, and its refusal told as the service put it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.problems import Problem

from gateway_service.api.gateway import Gateway
from gateway_service.api.upstream import REFUSED
from gateway_service.store.sign_ins import Session

SERVICE_TERMS = {"eligibility": "資格サービス", "premium": "賦課サービス", "collection": "収納サービス", "statistics": "統計サービス"}


async def carry(
    gateway: Gateway,
    session: Session,
    service: str,
    path: str,
    body: dict[str, Any],
    *,
    key: UUID,
    action: str,
    about: tuple[str, ...] = (),
    params: dict[str, str] | None = None,
    what: str = "保存",
    look: str = "前の画面を開き",
) -> dict[str, Any]:
    """POST `body` with the form's key, so that a second press changes nothing; the service's answer.

    `action`: its code in the access log (domain/words.py). `what` and `look` complete the sentences for a clerk who does not know
    whether it was done: 「{what}できたかどうか確かめられませんでした。{look}、…」.
    """
    headers = {"Idempotency-Key": str(key)}
    reply = await gateway.upstream.ask(service, path, session.principal, method="POST", params=params, json=body, headers=headers)
    await gateway.record(session, action, "done" if reply.ok else "refused", about=about, detail=str(reply.status))
    if not reply.sent:
        detail = f"{SERVICE_TERMS[service]}に接続できません。何も{what}していません。"
        again = "前の画面に戻り、つながってから同じボタンをもう一度押してください。二重にはなりません。"
        raise Problem(503, "KOKI-S530", "いまは受け付けられません。", detail, saved=again)
    if reply.unavailable:
        raise Problem(
            503,
            "KOKI-S503",
            f"{what}できたかどうか確かめられませんでした。",
            f"{SERVICE_TERMS[service]}から返事がありませんでした。",
            saved=f"{look}、{what}されていなければ、もう一度行ってください。同じ画面から二度押しても、二重にはなりません。",
        )
    if not reply.ok:
        found = reply.problem
        code, title = str(found.get("code") or REFUSED[0]), str(found.get("title") or REFUSED[1])
        raise Problem(reply.status, code, title, str(found.get("detail") or ""), saved=f"何も{what}していません。")
    answer = reply.json()
    assert isinstance(answer, dict)
    return answer
