"""A list about arrears as it is asked for: rows for a screen, a PDF, or a CSV."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from chassis.documents import DocumentRefused
from chassis.problems import Problem
from fastapi import Query, Response

from collection_service.api.arrears import UNPRINTABLE
from collection_service.documents import arrears_lists
from collection_service.documents.arrears_lists import ArrearsList

Form = Annotated[Literal["json", "pdf", "csv", "csv_cp932"], Query(description="形式")]
Place = Annotated[str, Query(max_length=60, description="一覧に書く市区町村の名前")]


async def listed(
    of: ArrearsList, rows: Sequence[Mapping[str, Any]], form: str, place: str, line: str, today: date
) -> Response | list[dict[str, Any]]:
    """A list as it was asked for: rows, or a file of them."""
    if form == "json":
        return [dict(row) for row in rows]
    try:
        content = await asyncio.to_thread(arrears_lists.write, of, rows, form=form, place=place, line=line, today=today)
    except DocumentRefused as refused:
        raise Problem(409, *UNPRINTABLE, detail=str(refused)) from refused
    return Response(content, media_type=arrears_lists.MEDIA_TYPES[form], headers={"Cache-Control": "no-store"})
