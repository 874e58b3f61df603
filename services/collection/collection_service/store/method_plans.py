"""What a run of `decide-methods` has prepared, kept until it is carried out: what was approved is what is done."""

from __future__ import annotations

import io
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import obstore
from asyncpg import Connection
from chassis.batches import uuid_series
from chassis.binary_copy import Records, copy_out
from obstore.store import ObjectStore

from collection_service.domain.decisions import DECISION, held_of

PLANNED: Final = np.dtype(
    [
        ("insured_id", "S16"),
        ("revision", np.int32),
        ("method", np.int16),
        ("needs_charge", np.bool_),
        ("is_first_special", np.bool_),
        ("first_due_on", np.int32),
    ]
)
"""A candidate as decided: `revision` of the charges that the decision rests on."""
_STATE: Final = np.dtype([("insured_id", "S16"), ("revision", np.int32)])
_HELD: Final = np.dtype([("insured_id", "S16"), ("month", np.int16), ("sequence", np.int32)])


async def keep(store: ObjectStore, run_id: UUID, number: int, people: Records, rows: Records) -> None:
    """Keep the PLANNED people and DECISION rows of one chunk."""
    buffer = io.BytesIO()
    np.savez(buffer, people=people, rows=rows)
    await obstore.put_async(store, _key(run_id, number), buffer.getvalue())


async def load(store: ObjectStore, run_id: UUID, number: int) -> tuple[Records, Records]:
    """The PLANNED people and DECISION rows of one chunk."""
    content = bytes(await (await obstore.get_async(store, _key(run_id, number))).bytes_async())
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        return found["people"], found["rows"]


async def still_hold(raw: Connection[Any], people: Records, rows: Records, year: int) -> npt.NDArray[np.bool_]:
    """For each of PLANNED people whether nothing has been decided about them since: neither their charges nor how they are collected."""
    first, last = uuid_series(people["insured_id"][[0, -1]])
    between = f"insured_id BETWEEN '{first}' AND '{last}'"
    charged = await copy_out(raw, f"SELECT insured_id, revision FROM assessment WHERE fiscal_year = {year} AND {between}", _STATE)
    order = np.argsort(charged["insured_id"])
    now = np.zeros(len(people), np.int32)
    if len(charged):
        at = np.minimum(np.searchsorted(charged["insured_id"], people["insured_id"], sorter=order), len(charged) - 1)
        found = charged[order[at]]
        now = np.where(found["insured_id"] == people["insured_id"], found["revision"], 0)
    holds: npt.NDArray[np.bool_] = now == people["revision"]
    query = f"SELECT insured_id, month, sequence FROM collection_method WHERE fiscal_year = {year} AND {between} ORDER BY insured_id"
    current = await copy_out(raw, query, _HELD)
    held = np.zeros(len(current), DECISION)
    for name in _HELD.names or ():
        held[name] = current[name]
    for month in np.unique(rows["month"]).tolist():
        of_month = rows[rows["month"] == month]
        is_overtaken = held_of(held, of_month["insured_id"], month)["sequence"] != of_month["sequence"] - 1
        holds &= ~np.isin(people["insured_id"], of_month["insured_id"][is_overtaken])
    return holds


def _key(run_id: UUID, number: int) -> str:
    return f"collection/methods/{run_id}/{number:05}.npz"
