"""The profiles of a population under the law of a year: made once from its files, kept beside them, and the last ones in memory."""

from __future__ import annotations

import asyncio
import io
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import obstore
import polars as pl
from obstore.store import ObjectStore

from premium_service.domain.income_table import read_income_table
from premium_service.domain.law_sets import LawSet
from premium_service.rules.parameters import Parameters
from premium_service.rules.profiles import KEY_COLUMNS, Profiles, profile_columns, profiles_of
from premium_service.store import populations

_KEPT = 2
_kept: OrderedDict[tuple[str, str], Profiles] = OrderedDict()
_making = asyncio.Lock()


async def profiles_for(store: ObjectStore, population: Mapping[str, Any], law: Parameters) -> Profiles:
    """The profiles of a complete population under a law; from memory, from the store, or made now."""
    key = (str(population["population_id"]), law.hash)
    async with _making:
        if key not in _kept:
            _kept[key] = await _stored_or_made(store, population, law)
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


async def keep(store: ObjectStore, population: Mapping[str, Any], law: Parameters, profiles: Profiles) -> None:
    """Write profiles beside the files of their population."""
    for part, file in zip(("people", "distinct"), await asyncio.to_thread(_written, profiles), strict=True):
        await obstore.put_async(store, f"{_name(population, law)}.{part}.parquet", file)


def forget() -> None:
    """Keep none in memory any more."""
    _kept.clear()


def _folder(population: Mapping[str, Any]) -> str:
    return f"premium/populations/{population['population_id']}"


def _name(population: Mapping[str, Any], law: Parameters) -> str:
    return f"{_folder(population)}/profiles-{law.hash[:32]}"


async def keep_table(store: ObjectStore, population_id: Any, text: str) -> None:
    """An uploaded table of incomes, as it came."""
    await obstore.put_async(store, f"premium/populations/{population_id}/table.csv", text.encode())


async def _stored_or_made(store: ObjectStore, population: Mapping[str, Any], law: Parameters) -> Profiles:
    if population["source"] == "table":
        content = await obstore.get_async(store, f"{_folder(population)}/table.csv")
        return await asyncio.to_thread(read_income_table, bytes(await content.bytes_async()).decode())
    name = _name(population, law)
    try:
        files = [bytes(await (await obstore.get_async(store, f"{name}.{part}.parquet")).bytes_async()) for part in ("distinct", "people")]
    except FileNotFoundError:
        made = await _made(store, population, law)
        await keep(store, population, law, made)
        return made
    return await asyncio.to_thread(_read, *files)


async def _made(store: ObjectStore, population: Mapping[str, Any], law: Parameters) -> Profiles:
    side, year = LawSet(fiscal_year=law.fiscal_year.year), int(population["fiscal_year"])
    parts, places, undecided = [], [], 0

    def take(columns: populations.Columns) -> None:
        nonlocal undecided
        found, rows, waiting = profile_columns(side.assess(populations.members_of(columns), law, of_year=year))
        parts.append(found)
        places.append(columns["municipality_code"][rows])
        undecided += waiting

    async for columns in populations.chunks(store, population, populations.MEMBER_COLUMNS):
        await asyncio.to_thread(take, columns)

    def joined() -> Profiles:
        whole = {name: np.concatenate([part[name] for part in parts]) for name in ("levy_base", *KEY_COLUMNS)}
        return profiles_of(whole, np.concatenate(places), undecided)

    return await asyncio.to_thread(joined)


def _written(profiles: Profiles) -> tuple[bytes, bytes]:
    """(people, distinct): the second is written last, so that both are there when it is."""
    files = []
    distinct = pl.DataFrame({**profiles.columns, "count": profiles.count})
    people = pl.DataFrame({"index": profiles.index, "group": profiles.group})
    more = {"groups": json.dumps(profiles.groups), "undecided": str(profiles.undecided)}
    for frame, metadata in ((people, None), (distinct, more)):
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", compression_level=1, metadata=metadata)
        files.append(buffer.getvalue())
    return files[0], files[1]


def _read(distinct: bytes, people: bytes) -> Profiles:
    of_profile, of_person = pl.read_parquet(io.BytesIO(distinct)), pl.read_parquet(io.BytesIO(people))
    more = pl.read_parquet_metadata(io.BytesIO(distinct))
    columns = {name: of_profile[name].to_numpy() for name in ("levy_base", *KEY_COLUMNS)}
    groups = tuple(json.loads(more["groups"]))
    return Profiles(
        columns,
        of_profile["count"].to_numpy(),
        of_person["index"].to_numpy(),
        of_person["group"].to_numpy(),
        groups,
        int(more["undecided"]),
    )
