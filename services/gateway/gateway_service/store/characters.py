"""同定依頼 and 変換表: opened by a parked row, answered by an officer, known to every later row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from contracts.layouts import ReadResult
from gateway_service.domain.characters import UNKNOWN, Conversion, Place, identified, parking_fields, places_in, table_of

_ASK: Final = """
INSERT INTO character_request AS r (
    request_id, municipality_code, resident_number, history_number, kind, field, position, mark, written, asked_at)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::int[], $8::text[], $9::text[], $10::timestamptz[])
ON CONFLICT (municipality_code, kind, resident_number, field, position) DO UPDATE
SET history_number = excluded.history_number, mark = excluded.mark, written = excluded.written, asked_at = excluded.asked_at,
    answered_at = NULL
WHERE r.answered_at IS NOT NULL OR (r.mark, r.written) IS DISTINCT FROM (excluded.mark, excluded.written)
"""
_TABLE: Final = """
SELECT mark, character, resident_number, field, position FROM character_conversion WHERE municipality_code = $1 AND withdrawn_at IS NULL
"""
_LISTED: Final = """
SELECT r.*, c.character, c.ground, c.reason, c.decided_by, c.decided_at FROM character_request r
LEFT JOIN character_conversion c ON c.municipality_code = r.municipality_code AND c.mark = r.mark AND c.withdrawn_at IS NULL
    AND (r.mark <> '●' OR (c.resident_number, c.field, c.position) = (r.resident_number, r.field, r.position))
WHERE {which} ORDER BY r.answered_at IS NOT NULL, r.asked_at, r.municipality_code, r.resident_number, r.position LIMIT 500
"""
_EVIDENCE: Final = """
UPDATE character_request SET shape = $2, image_reference = $3, reading = $4, strokes = $5, evidence_by = $6, evidence_at = $7
WHERE request_id = $1
"""
_WITHDRAW: Final = """
UPDATE character_conversion SET withdrawn_at = $6 WHERE municipality_code = $1 AND mark = $2 AND withdrawn_at IS NULL
  AND ($2 <> '●' OR (resident_number, field, position) = ($3, $4, $5))
"""
_CONVERT: Final = """
INSERT INTO character_conversion (conversion_id, municipality_code, mark, resident_number, field, position, character, ground, reason,
    decided_by, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_ANSWER: Final = """
UPDATE character_request SET answered_at = $6 WHERE municipality_code = $1 AND mark = $2 AND answered_at IS NULL
  AND ($2 <> '●' OR (resident_number, field, position) = ($3, $4, $5))
RETURNING request_id, resident_number, history_number, field, position
"""


async def identify(uow: UnitOfWork, municipality_code: str, kind: str, result: ReadResult) -> ReadResult:
    """Accept the parked rows whose characters the municipality's table knows, and ask about those of the others."""
    if not result.parked_count or result.layout is None:
        return result
    fields = parking_fields(result.layout)
    result = identified(result, table_of(await conversions(uow, municipality_code)))
    await ask(uow, municipality_code, kind, (place for row in result.parked.iter_rows(named=True) for place in places_in(row, fields)))
    return result


async def ask(uow: UnitOfWork, municipality_code: str, kind: str, places: Iterable[Place]) -> None:
    """One request for each mark of a parked row; what was answered and comes again unknown is asked again."""
    found = list({(one.resident_number, one.field, one.position): one for one in places}.values())
    if found:
        count = len(found)
        await (await driver(uow.connection)).execute(
            _ASK, [uuid7() for _ in found], [municipality_code] * count, [one.resident_number for one in found],
            [one.history_number for one in found], [kind] * count, [one.field for one in found], [one.position for one in found],
            [one.mark for one in found], [one.written for one in found], [uow.now] * count,
        )  # fmt: skip


async def conversions(uow: UnitOfWork, municipality_code: str) -> list[Conversion]:
    """変換表 of a municipality as it is now."""
    return [Conversion(**dict(row)) for row in await (await driver(uow.connection)).fetch(_TABLE, municipality_code)]


async def listing(uow: UnitOfWork, *, municipality_code: str | None = None) -> list[dict[str, Any]]:
    """Requests that the reader may see, or those of one municipality: the open ones first, each with what the table says now."""
    raw = await driver(uow.connection)
    if municipality_code is None:
        return [dict(row) for row in await raw.fetch(_LISTED.format(which="true"))]
    return [dict(row) for row in await raw.fetch(_LISTED.format(which="r.municipality_code = $1"), municipality_code)]


async def one(uow: UnitOfWork, request_id: UUID) -> dict[str, Any] | None:
    """A request; None where there is none that the reader may see."""
    row = await (await driver(uow.connection)).fetchrow(_LISTED.format(which="r.request_id = $1"), request_id)
    return dict(row) if row else None


async def give_evidence(uow: UnitOfWork, request_id: UUID, evidence: Mapping[str, Any], *, by: str) -> None:
    """What the character looks like (`shape`, `image_reference`), its reading and strokes."""
    values = [evidence[name] for name in ("shape", "image_reference", "reading", "strokes")]
    await (await driver(uow.connection)).execute(_EVIDENCE, request_id, *values, by, uow.now)


async def decide(uow: UnitOfWork, request: Mapping[str, Any], character: str, *, ground: str, reason: str, by: str) -> Sequence[Any]:
    """Enter a character into the table; the requests that it answers. What the table said before is withdrawn, and kept."""
    raw = await driver(uow.connection)
    place = [request[name] if request["mark"] == UNKNOWN else None for name in ("resident_number", "field", "position")]
    key = (request["municipality_code"], request["mark"], *place)
    await raw.execute(_WITHDRAW, *key, uow.now)
    await raw.execute(_CONVERT, uuid7(), *key, character, ground, reason, by, uow.now)
    answered: Sequence[Any] = await raw.fetch(_ANSWER, *key, uow.now)
    return answered
