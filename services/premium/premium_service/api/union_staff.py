"""Who may run what-if trials: staff of the union, who see the whole of it."""

from __future__ import annotations

from typing import Annotated

from chassis.problems import NOT_ALLOWED, Problem
from chassis.tokens import Principal
from chassis.web import role
from fastapi import Depends, Header


async def _whole_union(who: Annotated[Principal, Depends(role("union_staff"))]) -> Principal:
    if who.municipalities is not None:
        raise Problem(403, *NOT_ALLOWED, detail="広域連合全体を扱う権限が必要です。")
    return who


UnionStaff = Annotated[Principal, Depends(_whole_union)]
FormKey = Annotated[str, Header(alias="idempotency-key", min_length=8, max_length=100)]
"""The key of a form: the same one asks for the same thing."""
