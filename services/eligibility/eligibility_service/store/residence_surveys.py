"""居所不明者の調査: opened, recorded, closed by what was found or by what the municipality says; certificates are held meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CaseKind

from eligibility_service.domain.residence_survey import CLOSED, LOOKED, Act, OutOfTurn, Step, after
from eligibility_service.store.cases import Person, close_cases, raise_cases

_OPEN: Final = """
INSERT INTO residence_survey (survey_id, municipality_code, resident_number, cause, remark, step, opened_on, opened_by, deadline)
VALUES ($1, $2, $3, $4, $5, 'surveying', $6, $7, $8) ON CONFLICT DO NOTHING RETURNING survey_id
"""
_ENTRY: Final = """
INSERT INTO residence_survey_entry (entry_id, survey_id, municipality_code, resident_number, kind, done_on, remark, kept_by, kept_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_TAKE: Final = "SELECT * FROM residence_survey WHERE survey_id = $1 FOR UPDATE"
_LOOKED: Final = "SELECT EXISTS (SELECT FROM residence_survey_entry WHERE survey_id = $1 AND kind = ANY ($2::text[]))"
_STEP: Final = "UPDATE residence_survey SET step = $2, closed_on = $3 WHERE survey_id = $1"
_COLUMNS: Final = """
s.survey_id, s.municipality_code, s.resident_number, s.cause, s.remark, s.step, s.opened_on, s.opened_by, s.deadline, s.closed_on,
r.name, r.name_kana, r.born_on, r.sex, r.status, r.address_withheld, r.postal_code,
concat(r.address_prefecture, r.address_municipality, r.address_town, r.address_number) AS place, r.address_building,
(SELECT max(q.insured_number) FROM qualification q WHERE (q.municipality_code, q.resident_number) = (s.municipality_code, s.resident_number)
    AND q.acquired_on <= $1 AND (q.lost_on IS NULL OR q.lost_on > $1)) AS insured_number
"""
_SURVEYS: Final = f"""
SELECT {_COLUMNS} FROM residence_survey s JOIN resident_shown r USING (municipality_code, resident_number)
WHERE {{which}} ORDER BY s.closed_on IS NOT NULL, s.deadline, s.municipality_code, s.resident_number LIMIT 1000
"""
_ENTRIES: Final = """
SELECT survey_id, kind, done_on, remark, kept_by, kept_at FROM residence_survey_entry WHERE survey_id = ANY ($1::uuid[]) ORDER BY kept_at
"""
_HELD: Final = """
SELECT s.municipality_code AS m, s.resident_number AS n FROM residence_survey s
JOIN unnest($1::text[], $2::text[]) AS k(m, n) ON (s.municipality_code, s.resident_number) = (k.m, k.n) WHERE s.closed_on IS NULL
"""
NOT_SEARCHED: Final = """
NOT EXISTS (
    SELECT FROM residence_survey s
    WHERE (s.municipality_code, s.resident_number) = (c.municipality_code, c.resident_number) AND s.closed_on IS NULL)
"""
"""A condition on `certificate c`: no survey about its person is open."""
_GONE: Final = """
SELECT s.survey_id, r.status FROM residence_survey s JOIN resident r USING (municipality_code, resident_number)
WHERE s.closed_on IS NULL AND r.status <> '1' AND s.municipality_code = ANY ($1::text[])
"""
_OVERDUE: Final = """
SELECT municipality_code, resident_number, deadline FROM residence_survey WHERE step = 'surveying' AND deadline < $1
"""
_HEARD: Final = {"2": "転出の届出が届きました。", "3": "死亡の届出が届きました。", "4": "住民票が消除されました。"}
MUNICIPALITY: Final = "市区町村の住民情報"


async def open_survey(uow: UnitOfWork, person: Person, *, cause: str, remark: str, deadline: date, by: str) -> UUID:
    """調査の開始. Raises `OutOfTurn` where one is open already."""
    raw = await driver(uow.connection)
    survey_id = uuid7()
    if await raw.fetchval(_OPEN, survey_id, *person, cause, remark, uow.today, by, deadline) is None:
        raise OutOfTurn("この方の調査は、すでに始まっています。")
    await raw.execute(_ENTRY, uuid7(), survey_id, *person, "opened", uow.today, remark or "調査を始めました。", by, uow.now)
    return survey_id


async def act_on(uow: UnitOfWork, survey_id: UUID, act: Act, *, done_on: date, remark: str, by: str) -> Step:
    """Keep what was done, with what follows from it. Raises `OutOfTurn`."""
    raw = await driver(uow.connection)
    survey = await raw.fetchrow(_TAKE, survey_id)
    if survey is None:
        raise OutOfTurn("この調査はありません。")
    step = after(Step(survey["step"]), act, looked=await raw.fetchval(_LOOKED, survey_id, sorted(LOOKED)))
    person = survey["municipality_code"], survey["resident_number"]
    await raw.execute(_ENTRY, uuid7(), survey_id, *person, act.value, done_on, remark, by, uow.now)
    await raw.execute(_STEP, survey_id, step.value, uow.today if step in CLOSED else None)
    if step is not Step.SURVEYING:
        await close_cases(uow, CaseKind.SURVEY_OVERDUE, [person])
    return step


async def municipality_of(uow: UnitOfWork, survey_id: UUID) -> str | None:
    """Whose survey it is; None where there is none."""
    found = await (await driver(uow.connection)).fetchval("SELECT municipality_code FROM residence_survey WHERE survey_id = $1", survey_id)
    return None if found is None else str(found)


async def held(uow: UnitOfWork, people: Iterable[Person]) -> set[Person]:
    """Those of `people` whose residence is being looked for: no certificate is made due for them."""
    found = list(people)
    raw = await driver(uow.connection)
    return {(row["m"], row["n"]) for row in await raw.fetch(_HELD, [code for code, _ in found], [number for _, number in found])}


async def follow_records(uow: UnitOfWork, municipalities: Collection[str]) -> None:
    """New records have come: who is no resident any more needs no survey."""
    raw = await driver(uow.connection)
    for row in await raw.fetch(_GONE, sorted(municipalities)):
        act = Act.REMOVED if row["status"] == "4" else Act.FOUND
        await act_on(uow, row["survey_id"], act, done_on=uow.today, remark=_HEARD[row["status"]], by=MUNICIPALITY)


async def remind(uow: UnitOfWork) -> None:
    """A case for each survey whose day has passed."""
    rows = await (await driver(uow.connection)).fetch(_OVERDUE, uow.today)
    people = [(row["municipality_code"], row["resident_number"]) for row in rows]
    await raise_cases(uow, CaseKind.SURVEY_OVERDUE, people, [f"居所の調査の期限（{row['deadline']}）を過ぎています。" for row in rows])


async def listing(uow: UnitOfWork, *, closed: bool) -> list[dict[str, Any]]:
    """居所不明者一覧 of the reader's municipalities: the open ones, or with `closed` the finished ones."""
    return await _with_entries(uow, _SURVEYS.format(which=f"s.closed_on IS {'NOT ' if closed else ''}NULL"), uow.today)


async def of_person(uow: UnitOfWork, person: Person) -> list[dict[str, Any]]:
    """Every survey of a person, the open one first."""
    return await _with_entries(uow, _SURVEYS.format(which="(s.municipality_code, s.resident_number) = ($2, $3)"), uow.today, *person)


async def one(uow: UnitOfWork, survey_id: UUID) -> dict[str, Any] | None:
    """A survey that the reader may see."""
    found = await _with_entries(uow, _SURVEYS.format(which="s.survey_id = $2"), uow.today, survey_id)
    return found[0] if found else None


async def _with_entries(uow: UnitOfWork, query: str, *arguments: object) -> list[dict[str, Any]]:
    raw = await driver(uow.connection)
    surveys: Sequence[Any] = await raw.fetch(query, *arguments)
    entries: dict[UUID, list[dict[str, Any]]] = {row["survey_id"]: [] for row in surveys}
    for row in await raw.fetch(_ENTRIES, list(entries)):
        entries[row["survey_id"]].append({name: row[name] for name in ("kind", "done_on", "remark", "kept_by", "kept_at")})
    return [{**dict(row), "entries": entries[row["survey_id"]]} for row in surveys]
