"""障害認定者一覧 and 居所不明者一覧: who belongs to a group on a day, as it was known at the end of another."""

from __future__ import annotations

from typing import Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import ledger
from eligibility_service.domain.entries import EVIDENCE
from eligibility_service.domain.lists import ListAsked
from eligibility_service.domain.residence_survey import ACT_TERMS, CAUSES, STEP_TERMS, Step
from eligibility_service.rules.acquisition import reaches_75_on
from eligibility_service.store.bulk import frame_of
from eligibility_service.store.list_parts import HOLDS, KEYS, KNOWN, OF, PERSON, RECORD, SHOWN, SOURCE, known_at, shown

# Whoever is insured before 75 is so by a certified disability (法50条2号), wherever it was certified: the entry may be that of the
# municipality from which the person has moved. Years are compared in the frame, where the rule of the birthday is.
_CERTIFIED: Final = f"""
SELECT q.municipality_code, q.resident_number, q.insured_number, q.acquired_on, {PERSON},
       e.content ->> 'evidence' AS evidence, e.content ->> 'grade' AS grade, (e.content ->> 'document_ends_on')::date AS document_ends_on
FROM {{source}} {RECORD}
LEFT JOIN LATERAL (
    SELECT e.content FROM linked_people(q.municipality_code, q.resident_number) AS p
    JOIN ledger_entry e USING (municipality_code, resident_number)
    WHERE e.kind = 'disability_certified' AND e.recorded_at <= $3 AND e.effective_on <= $2
    ORDER BY e.effective_on DESC, e.position DESC LIMIT 1
) AS e ON true
WHERE {HOLDS} AND {{known}} AND (r.born_on IS NULL OR r.born_on > $2::date - interval '76 years')
ORDER BY document_ends_on NULLS LAST, q.municipality_code, q.resident_number
"""
_SEARCHED: Final = f"""
SELECT q.municipality_code, q.resident_number, h.insured_number, {PERSON}, q.cause, q.opened_on, q.deadline AS due_on, l.kind, l.done_on,
       EXISTS (
           SELECT FROM residence_survey_entry e WHERE e.survey_id = q.survey_id AND e.kind = 'removal_asked' AND e.kept_at <= $3) AS asked
FROM residence_survey q {RECORD}
LEFT JOIN LATERAL (
    SELECT k.insured_number FROM qualification_as_known k
    WHERE (k.municipality_code, k.resident_number) = (q.municipality_code, q.resident_number) AND k.recorded_during @> $3::timestamptz
      AND k.acquired_on <= $2 AND (k.lost_on IS NULL OR k.lost_on > $2) LIMIT 1
) AS h ON true
JOIN LATERAL (
    SELECT e.kind, e.done_on FROM residence_survey_entry e WHERE e.survey_id = q.survey_id AND e.kept_at <= $3
    ORDER BY e.kept_at DESC LIMIT 1
) AS l ON true
WHERE {OF.format(q="q")} AND q.opened_on <= $2 AND (q.closed_on IS NULL OR q.closed_on > $2)
ORDER BY q.deadline, q.municipality_code, q.resident_number
"""
_OF_CERTIFIED: Final[dict[str, pl.DataType]] = {
    **KEYS, "acquired_on": pl.Date(), **{name: kind for name, kind in SHOWN.items() if name not in KEYS},
    "evidence": pl.String(), "grade": pl.String(), "document_ends_on": pl.Date(),
}  # fmt: skip
_OF_SEARCHED: Final[dict[str, pl.DataType]] = {
    **SHOWN, "cause": pl.String(), "opened_on": pl.Date(), "due_on": pl.Date(), "kind": pl.String(), "done_on": pl.Date(),
    "asked": pl.Boolean(),
}  # fmt: skip


async def certified(uow: UnitOfWork, asked: ListAsked) -> pl.DataFrame:
    """障害認定者一覧: everybody insured on the day who is not 75 yet, whose handbook ends first at the top (E-14)."""
    now = asked.known_on is None
    query = _CERTIFIED.format(source=SOURCE[now], known=KNOWN[now])
    parameters = asked.municipality_code, asked.valid_on, known_at(uow, asked)
    found = frame_of(await (await driver(uow.connection)).fetch(query, *parameters), _OF_CERTIFIED)
    reached = ledger.days_of(reaches_75_on(born_on=ledger.day_numbers(found["born_on"])))
    found = found.filter(pl.col("born_on").is_null() | (reached > pl.lit(asked.valid_on)))
    return shown(found, asked.kind, evidence=pl.col("evidence").replace(EVIDENCE))


async def searched(uow: UnitOfWork, asked: ListAsked) -> pl.DataFrame:
    """居所不明者一覧: everybody whose residence is looked for on the day, with what was done last; the first deadline first (E-17)."""
    parameters = asked.municipality_code, asked.valid_on, known_at(uow, asked)
    found = frame_of(await (await driver(uow.connection)).fetch(_SEARCHED, *parameters), _OF_SEARCHED)
    step = pl.when("asked").then(pl.lit(STEP_TERMS[Step.REMOVAL_ASKED])).otherwise(pl.lit(STEP_TERMS[Step.SURVEYING]))
    last = pl.format("{} {}", pl.col("done_on").dt.to_string("%Y-%m-%d"), pl.col("kind").replace(ACT_TERMS))
    return shown(found, asked.kind, step=step, cause=pl.col("cause").replace(CAUSES), last=last)
