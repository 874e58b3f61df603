"""Residents of whom 名寄せ has decided that they are one person: whoever is linked is decided together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.records import KEY, RECORD
from eligibility_service.store import residents

Person = tuple[str, str]
_PAIRS: Final = """
SELECT first_code, first_number, second_code, second_number FROM same_person s
WHERE is_same AND upper_inf(recorded_during) AND EXISTS (
    SELECT FROM unnest($1::text[], $2::text[]) AS k(m, n)
    WHERE (k.m, k.n) IN ((s.first_code, s.first_number), (s.second_code, s.second_number)))
"""
_BESIDE: Final = """
SELECT DISTINCT code FROM same_person CROSS JOIN LATERAL unnest(ARRAY[first_code, second_code]) AS code
WHERE is_same AND upper_inf(recorded_during) AND (first_code = ANY ($1) OR second_code = ANY ($1))
"""
_ANY: Final = "SELECT EXISTS (SELECT FROM same_person WHERE is_same AND upper_inf(recorded_during))"


async def groups_of(uow: UnitOfWork, people: pl.DataFrame) -> list[list[Person]]:
    """For each of `people` (KEY) who is linked with somebody: everybody who is the same person, each group once and sorted."""
    raw = await driver(uow.connection)
    if people.height == 0 or not await raw.fetchval(_ANY):
        return []
    pairs: set[tuple[Person, Person]] = set()
    asked = list(people.select(KEY).iter_rows())
    seen = set(asked)
    while asked:
        rows = await raw.fetch(_PAIRS, [code for code, _ in asked], [number for _, number in asked])
        pairs |= {((row[0], row[1]), (row[2], row[3])) for row in rows}
        asked = sorted({person for pair in pairs for person in pair} - seen)
        seen |= set(asked)
    return _groups(pairs)


def _groups(pairs: Iterable[tuple[Person, Person]]) -> list[list[Person]]:
    group_of: dict[Person, set[Person]] = {}
    for one, other in sorted(pairs):
        joined = group_of.get(one, {one}) | group_of.get(other, {other})
        for person in joined:
            group_of[person] = joined
    return sorted({tuple(sorted(group)): sorted(group) for group in group_of.values()}.values())


async def municipalities_beside(uow: UnitOfWork, codes: list[str]) -> list[str]:
    """The municipalities in which somebody is linked with a resident of `codes`."""
    return [row["code"] for row in await (await driver(uow.connection)).fetch(_BESIDE, codes)]


async def with_linked(uow: UnitOfWork, people: pl.DataFrame) -> pl.DataFrame:
    """`people` (present records) and the present records of those who are linked with them, changed by the same cause."""
    missing: dict[Person, Person] = {}
    there = set(people.select(KEY).iter_rows())
    for group in await groups_of(uow, people):
        cause = next(person for person in group if person in there)
        missing |= {person: cause for person in group if person not in there}
    if not missing:
        return people
    await residents.keep_apart(uow, sorted({code for code, _ in missing}), alone=False)
    others = await residents.present(uow, sorted(missing))
    causes = pl.DataFrame(
        [(*person, *cause) for person, cause in missing.items()], schema=(*KEY, "cause_code", "cause_number"), orient="row"
    )
    about = [name for name in ("row", "recorded_from", "effective_on") if name in people.columns]
    because = people.select(*about, cause_code="municipality_code", cause_number="resident_number")
    others = others.join(causes, on=KEY, maintain_order="left").join(because, on=("cause_code", "cause_number"), maintain_order="left")
    if "effective_on" not in about:
        day = people.select(*KEY, effective_on="changed_on")
        people = people.with_columns(effective_on="changed_on")
        others = others.join(day, left_on=("cause_code", "cause_number"), right_on=KEY, maintain_order="left")
        about.append("effective_on")
    columns = [*RECORD, *about]
    return pl.concat([people.select(columns), others.select(columns)])
