"""名寄せ: candidates found for a few people at once or for a part of the union, and what was decided about them, in two times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.municipal import ResidentChanged

from eligibility_service.domain.duplicates import PERSON, doubtful, judged, pairs_of
from eligibility_service.rules.same_person import Verdict
from eligibility_service.store import entries, protections
from eligibility_service.store.bulk import frame_of, keys_of
from eligibility_service.store.cases import Person

BY_RULE: Final = "四項目の一致"
_AGREEMENTS: Final = ("kana_agrees", "birth_agrees", "sex_agrees", "address_agrees", "earlier_address_agrees", "name_similarity")

# Names are compared, addresses too: this reads the register itself and shows nothing of it.
_ADDRESS_KEY: Final = """
translate(normalize(concat(
    {0}.postal_code, {0}.address_municipality, {0}.address_town, {0}.address_number, {0}.address_building), NFKC), ' -', '')
"""
_PEOPLE: Final = f"""
SELECT r.municipality_code || ':' || r.resident_number, r.born_on, r.sex, kana_key(r.name_kana),
       split_part(translate(r.name_kana, '　', ' '), ' ', 1), split_part(translate(r.name_kana, '　', ' '), ' ', 2),
       {_ADDRESS_KEY.format("r")}, r.status <> '1'
FROM resident_search s JOIN resident r USING (municipality_code, resident_number)
WHERE {{which}} AND (r.acquires_on IS NOT NULL OR EXISTS (
    SELECT FROM qualification q WHERE (q.municipality_code, q.resident_number) = (r.municipality_code, r.resident_number)))
"""
_AROUND: Final = """(s.municipality_code, s.resident_number) IN (
    SELECT t.municipality_code, t.resident_number FROM unnest($1::text[], $2::text[]) AS k(m, n)
    JOIN resident_search f ON (f.municipality_code, f.resident_number) = (k.m, k.n) JOIN resident_search t ON t.born_on = f.born_on
    UNION
    SELECT t.municipality_code, t.resident_number FROM unnest($1::text[], $2::text[]) AS k(m, n)
    JOIN resident_search f ON (f.municipality_code, f.resident_number) = (k.m, k.n)
    JOIN resident_search t ON (t.municipality_code, t.kana_key) = (f.municipality_code, f.kana_key))"""
# One of a pair lives where the other once lived.
_EARLIER: Final = f"""
SELECT k.a, k.b FROM unnest($1::text[], $2::text[]) AS k(a, b) WHERE EXISTS (
    SELECT FROM resident_history h JOIN resident r
      ON (r.municipality_code, r.resident_number) = (split_part(k.b, ':', 1), split_part(k.b, ':', 2))
    WHERE (h.municipality_code, h.resident_number) = (split_part(k.a, ':', 1), split_part(k.a, ':', 2))
      AND {_ADDRESS_KEY.format("h")} = {_ADDRESS_KEY.format("r")}
) OR EXISTS (
    SELECT FROM resident_history h JOIN resident r
      ON (r.municipality_code, r.resident_number) = (split_part(k.a, ':', 1), split_part(k.a, ':', 2))
    WHERE (h.municipality_code, h.resident_number) = (split_part(k.b, ':', 1), split_part(k.b, ':', 2))
      AND {_ADDRESS_KEY.format("h")} = {_ADDRESS_KEY.format("r")})
"""
_KEEP: Final = """
INSERT INTO duplicate_candidate AS c (candidate_id, first_code, first_number, second_code, second_number, kana_agrees, birth_agrees,
    sex_agrees, address_agrees, earlier_address_agrees, name_similarity, state, found_at)
SELECT k.id, split_part(k.a, ':', 1), split_part(k.a, ':', 2), split_part(k.b, ':', 1), split_part(k.b, ':', 2), k.kana, k.birth, k.sex,
       k.address, k.earlier, k.similarity, 'open', $10
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::boolean[], $7::boolean[], $8::boolean[], $9::smallint[])
    AS k(id, a, b, kana, birth, sex, address, earlier, similarity)
ON CONFLICT (first_code, first_number, second_code, second_number) DO UPDATE
SET kana_agrees = excluded.kana_agrees, birth_agrees = excluded.birth_agrees, sex_agrees = excluded.sex_agrees,
    address_agrees = excluded.address_agrees, earlier_address_agrees = excluded.earlier_address_agrees,
    name_similarity = excluded.name_similarity
WHERE c.state = 'open'
RETURNING c.candidate_id, c.first_code, c.first_number, c.second_code, c.second_number, c.kana_agrees, c.birth_agrees, c.sex_agrees,
          c.address_agrees, c.earlier_address_agrees, c.name_similarity
"""
_ALONE: Final = """
SELECT c.candidate_id, NOT EXISTS (
    SELECT FROM duplicate_candidate o WHERE o.candidate_id <> c.candidate_id AND o.state <> 'decided' AND (
        (o.first_code, o.first_number) IN ((c.first_code, c.first_number), (c.second_code, c.second_number))
        OR (o.second_code, o.second_number) IN ((c.first_code, c.first_number), (c.second_code, c.second_number))))
FROM duplicate_candidate c WHERE c.candidate_id = ANY ($1::uuid[])
"""
_SUPERSEDE: Final = """
UPDATE same_person SET recorded_during = tstzrange(lower(recorded_during), $5)
WHERE (first_code, first_number, second_code, second_number) = ($1, $2, $3, $4) AND upper_inf(recorded_during)
"""
_DECIDE: Final = """
INSERT INTO same_person (
    decision_id, first_code, first_number, second_code, second_number, is_same, ground, reason, approval_id, decided_by,
    valid_during, recorded_during)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, daterange(NULL, NULL), tstzrange($11, NULL))
"""
_PARTS: Final = """
WITH days AS (
    SELECT born_on, sum(count(*)) OVER (ORDER BY born_on) AS through, count(*) AS people FROM resident_search s
    WHERE s.acquires_on IS NOT NULL OR EXISTS (
        SELECT FROM qualification q WHERE (q.municipality_code, q.resident_number) = (s.municipality_code, s.resident_number))
    GROUP BY born_on
)
SELECT min(born_on) AS first, max(born_on) AS last, sum(people)::int AS people FROM days GROUP BY (through - people) / $1 ORDER BY 1
"""


async def parts_by_birth(uow: UnitOfWork, *, size: int) -> list[tuple[date, date, int]]:
    """(first birthday, last birthday, people): a birthday is never divided."""
    rows = await (await driver(uow.connection)).fetch(_PARTS, size)
    return [(row["first"], row["last"], row["people"]) for row in rows]


async def look_in_births(uow: UnitOfWork, first: date, last: date) -> dict[str, int]:
    """Candidates among everybody born between two days."""
    return await _look(uow, _PEOPLE.format(which="s.born_on BETWEEN $1 AND $2"), first, last)


async def look_in_municipality(uow: UnitOfWork, code: str) -> dict[str, int]:
    """Candidates within a municipality, whatever their birthdays: one of two may have been written wrong."""
    return await _look(uow, _PEOPLE.format(which="s.municipality_code = $1"), code)


async def follow(uow: UnitOfWork, revisions: pl.DataFrame, messages: Sequence[Message[ResidentChanged]]) -> None:
    """After single changes: who was just acquired is compared at once. Packs and batches wait for the job `find-duplicates`."""
    single = [row for row, message in enumerate(messages) if message.pack_id is None]
    acquired = revisions.filter(pl.col("begins") & pl.col("row").is_in(single))
    if acquired.height:
        await look_for(uow, list(zip(*keys_of(acquired), strict=True)))


async def look_for(uow: UnitOfWork, people: Sequence[Person]) -> dict[str, int]:
    """Candidates for a few people who were just acquired."""
    codes, numbers = [code for code, _ in people], [number for _, number in people]
    keys = [f"{code}:{number}" for code, number in people]
    return await _look(uow, _PEOPLE.format(which=_AROUND), codes, numbers, about=keys)


async def _look(uow: UnitOfWork, query: str, *arguments: object, about: list[str] | None = None) -> dict[str, int]:
    raw = await driver(uow.connection)
    people = frame_of(await raw.fetch(query, *arguments), PERSON)
    pairs = pairs_of(people)
    if about is not None:
        pairs = pairs.filter(pl.col("first").is_in(about) | pl.col("second").is_in(about))
    moved = pairs.filter("one_has_left")
    earlier = await raw.fetch(_EARLIER, moved["first"].to_list(), moved["second"].to_list())
    lived = pl.DataFrame([tuple(row) for row in earlier], schema={"first": pl.String, "second": pl.String}, orient="row")
    lived = lived.unique().with_columns(lived_there=pl.lit(True))
    pairs = pairs.join(lived, on=("first", "second"), how="left", maintain_order="left").with_columns(
        earlier_address_agrees=pl.col("lived_there").fill_null(False)
    )
    found = doubtful(pairs).sort("first", "second")
    linked = await _keep(uow, found) if found.height else 0
    return {"compared": pairs.height, "found": found.height, "linked": linked}


async def _keep(uow: UnitOfWork, found: pl.DataFrame) -> int:
    """Put candidates on the list, and link those of which all four attributes agree and that stand alone; how many were linked.

    Two residents of one municipality are two people by its own register, whatever agrees: officers decide about them.
    """
    raw = await driver(uow.connection)
    ids = [uuid7() for _ in range(found.height)]
    names = ("first", "second", *_AGREEMENTS)
    kept = await raw.fetch(_KEEP, ids, *(found[name].to_list() for name in names), uow.now)
    if not kept:
        return 0
    alone = {row[0]: row[1] for row in await raw.fetch(_ALONE, [row["candidate_id"] for row in kept])}
    frame = pl.DataFrame({name: [row[name] for row in kept] for name in _AGREEMENTS})
    apart = [alone[row["candidate_id"]] and row["first_code"] != row["second_code"] for row in kept]
    verdicts = judged(frame, alone=pl.Series(apart, dtype=pl.Boolean))["verdict"]
    linked = [row for row, code in zip(kept, verdicts, strict=True) if code == Verdict.SAME.value]
    for row in linked:
        pair = row["first_code"], row["first_number"], row["second_code"], row["second_number"]
        await decide(
            uow, row["candidate_id"], pair, is_same=True, reason="氏名カナ・生年月日・性別・住所が一致", approval_id=None, by=BY_RULE
        )
    return len(linked)


async def decide(
    uow: UnitOfWork,
    candidate_id: UUID,
    pair: tuple[str, str, str, str],
    *,
    is_same: bool,
    reason: str,
    approval_id: UUID | None,
    by: str,
) -> None:
    """What was decided about a pair, by two officers or (without an approval) by agreement of all four attributes.

    What was decided before is known no more. Their qualifications follow. Protection of one of them covers both.
    """
    raw = await driver(uow.connection)
    await raw.execute(_SUPERSEDE, *pair, uow.now)
    ground = "four_attributes" if approval_id is None else "officers"
    known_from = uow.now + timedelta(microseconds=1)
    await raw.execute(_DECIDE, uuid7(), *pair, is_same, ground, reason, approval_id, by, known_from)
    await raw.execute("UPDATE duplicate_candidate SET state = 'decided' WHERE candidate_id = $1", candidate_id)
    await entries.decide_anew(uow, [pair[:2], pair[2:]])
    if is_same:
        await protections.cover(uow, pair[:2], pair[2:], by=by)


_LISTED: Final = """
SELECT c.*, a.name AS first_name, a.name_kana AS first_kana, a.born_on AS first_born_on, b.name AS second_name, b.name_kana AS second_kana,
       b.born_on AS second_born_on, s.is_same, s.ground, s.reason, s.decided_by, lower(s.recorded_during) AS decided_at
FROM duplicate_candidate c
JOIN resident_shown a ON (a.municipality_code, a.resident_number) = (c.first_code, c.first_number)
JOIN resident_shown b ON (b.municipality_code, b.resident_number) = (c.second_code, c.second_number)
LEFT JOIN same_person s ON (s.first_code, s.first_number, s.second_code, s.second_number)
    = (c.first_code, c.first_number, c.second_code, c.second_number) AND upper_inf(s.recorded_during)
WHERE {which} ORDER BY c.name_similarity DESC, c.found_at, c.candidate_id LIMIT 500
"""


async def listing(uow: UnitOfWork, *, decided: bool) -> list[dict[str, Any]]:
    """疑い一覧: what nobody has decided yet, the most alike first; or with `decided` what was decided."""
    which = "c.state = 'decided'" if decided else "c.state <> 'decided'"
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_LISTED.format(which=which))]


async def one(uow: UnitOfWork, candidate_id: UUID) -> dict[str, Any] | None:
    """One candidate that the reader may see."""
    row = await (await driver(uow.connection)).fetchrow(_LISTED.format(which="c.candidate_id = $1"), candidate_id)
    return dict(row) if row else None


async def is_asked(uow: UnitOfWork, candidate_id: UUID) -> bool:
    """Whether a decision on it waits for a second officer."""
    query = "SELECT EXISTS (SELECT FROM approval WHERE act = 'same_person' AND state = 'asked' AND content->>'candidate_id' = $1)"
    return bool(await (await driver(uow.connection)).fetchval(query, str(candidate_id)))
