"""滞納統計: what was in arrears on a day, added up and person by person; and what waits for somebody to act."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from asyncpg import Connection

AGES: Final = {
    "under_3_months": "3か月以内",
    "under_6_months": "3か月を超え6か月以内",
    "under_1_year": "6か月を超え1年以内",
    "under_2_years": "1年を超え2年以内",
    "over_2_years": "2年超",
}
"""滞納の期間: how long the due day lies back."""
# What was charged, and what had been paid of it, up to the day; what is deferred on the day is not in arrears.
_IN_ARREARS: Final = """
SELECT c.insured_id, c.fiscal_year, c.number, c.municipality_code, a.resident_number, c.due_on,
       c.charged - coalesce(m.settled, 0) AS unpaid,
       CASE WHEN $1 <= c.due_on + interval '3 months' THEN 'under_3_months' WHEN $1 <= c.due_on + interval '6 months' THEN 'under_6_months'
            WHEN $1 <= c.due_on + interval '1 year' THEN 'under_1_year' WHEN $1 <= c.due_on + interval '2 years' THEN 'under_2_years'
            ELSE 'over_2_years' END AS age
FROM (
    SELECT insured_id, fiscal_year, number, (array_agg(municipality_code ORDER BY revision DESC))[1] AS municipality_code,
           (array_agg(due_on ORDER BY revision DESC))[1] AS due_on, sum(amount)::bigint AS charged
    FROM charge_entry WHERE charged_on <= $1 GROUP BY 1, 2, 3
) AS c
JOIN assessment a USING (insured_id, fiscal_year)
LEFT JOIN deferral d ON (d.insured_id, d.fiscal_year) = (c.insured_id, c.fiscal_year)
LEFT JOIN (
    SELECT insured_id, fiscal_year, number,
           sum(CASE WHEN credit = 'receivable' THEN amount WHEN debit = 'receivable' THEN -amount ELSE 0 END)::bigint AS settled
    FROM money_entry WHERE paid_on <= $1 AND number IS NOT NULL GROUP BY 1, 2, 3
) AS m ON (m.insured_id, m.fiscal_year, m.number) = (c.insured_id, c.fiscal_year, c.number)
WHERE c.due_on < $1 AND c.charged > coalesce(m.settled, 0) AND ($2 = '*' OR c.municipality_code = $2)
  AND coalesce(d.deferred_until[array_position(d.numbers, c.number)] < $1, true)
"""
_ADDED_UP: Final = f"""
SELECT municipality_code, fiscal_year, age, count(DISTINCT insured_id) AS people, count(*) AS instalments, sum(unpaid)::bigint AS unpaid
FROM ({_IN_ARREARS}) AS f GROUP BY 1, 2, 3
ORDER BY 1, 2, array_position(ARRAY{list(AGES)}, age)
"""
_PEOPLE: Final = f"""
SELECT f.*, ad.name, i.insured_number, p.last_paid_on,
       concat_ws('、', CASE WHEN f.demanded > 0 THEN '督促 ' || f.demanded || '件' END,
                 CASE WHEN EXISTS (SELECT FROM promise x WHERE (x.municipality_code, x.resident_number, x.state)
                     = (f.municipality_code, f.resident_number, 'running')) THEN '誓約中' END,
                 CASE WHEN EXISTS (SELECT FROM enforcement x WHERE (x.municipality_code, x.resident_number)
                     = (f.municipality_code, f.resident_number)
                     AND x.state IN ('investigating', 'seized', 'converted')) THEN '滞納処分中' END
       ) AS standing
FROM (
    SELECT municipality_code, resident_number, insured_id, min(due_on) AS oldest_due_on, count(*) AS instalments,
           sum(unpaid)::bigint AS unpaid,
           count(*) FILTER (WHERE EXISTS (SELECT FROM demand x WHERE (x.insured_id, x.fiscal_year, x.number, x.state)
               = (g.insured_id, g.fiscal_year, g.number, 'issued') AND x.issued_on <= $1)) AS demanded
    FROM ({_IN_ARREARS}) AS g
    WHERE ($3::int IS NULL OR fiscal_year = $3) AND ($4::text IS NULL OR age = $4) GROUP BY 1, 2, 3
) AS f
LEFT JOIN insured i USING (insured_id)
LEFT JOIN addressee_shown ad ON (ad.municipality_code, ad.resident_number) = (f.municipality_code, f.resident_number)
LEFT JOIN LATERAL (
    SELECT max(m.paid_on) AS last_paid_on FROM money_entry m
    WHERE m.insured_id = f.insured_id AND m.credit = 'receivable' AND m.debit IN ('cash', 'unidentified') AND m.paid_on <= $1
      AND m.reverses IS NULL AND NOT EXISTS (SELECT FROM money_entry r WHERE r.reverses = m.entry_id)
) AS p ON true
ORDER BY f.unpaid DESC, f.municipality_code, f.resident_number, f.insured_id
"""
_WORKLIST: Final = """
WITH unpaid AS (
    SELECT s.insured_id, s.fiscal_year, s.number FROM instalment_state s WHERE s.unpaid > 0 AND s.insured_id = ANY (ARRAY(
        SELECT insured_id FROM demand WHERE municipality_code = $1 AND (state = 'refused' OR returned_on IS NOT NULL OR by_hand)
        UNION SELECT insured_id FROM promise_instalment i JOIN promise p USING (promise_id)
        WHERE p.municipality_code = $1 AND p.state = 'broken'
    ))
), found AS (
    SELECT 'demand_refused' AS kind, d.municipality_code, d.resident_number, min(d.due_on) AS since, min(d.refusal) AS detail
    FROM demand d JOIN unpaid USING (insured_id, fiscal_year, number) WHERE d.state = 'refused' AND d.municipality_code = $1 GROUP BY 2, 3
    UNION ALL
    SELECT 'demand_returned', d.municipality_code, d.resident_number, min(d.returned_on), min(d.return_reason)
    FROM demand d JOIN unpaid USING (insured_id, fiscal_year, number)
    WHERE d.returned_on IS NOT NULL AND d.municipality_code = $1 AND NOT EXISTS (SELECT FROM demand x WHERE x.replaces = d.demand_id)
    GROUP BY 2, 3
    UNION ALL
    SELECT DISTINCT 'promise_broken', p.municipality_code, p.resident_number, p.ended_on, ''
    FROM promise p JOIN promise_instalment i USING (promise_id)
    JOIN unpaid u ON (u.insured_id, u.fiscal_year, u.number) = (i.insured_id, i.fiscal_year, i.number)
    WHERE p.state = 'broken' AND p.municipality_code = $1
      AND NOT EXISTS (SELECT FROM promise x WHERE (x.municipality_code, x.resident_number) = (p.municipality_code, p.resident_number)
                      AND x.promised_on >= p.ended_on)
      AND NOT EXISTS (SELECT FROM talk x WHERE (x.municipality_code, x.resident_number) = (p.municipality_code, p.resident_number)
                      AND x.talked_on >= p.ended_on AND x.outcome <> 'absent')
      AND NOT EXISTS (SELECT FROM enforcement x WHERE (x.municipality_code, x.resident_number) = (p.municipality_code, p.resident_number)
                      AND x.opened_on >= p.ended_on)
    UNION ALL
    SELECT 'to_hand_over', h.municipality_code, h.resident_number, min(h.issued_on), string_agg(h.paper, '、' ORDER BY h.paper)
    FROM (
        SELECT d.municipality_code, d.resident_number, d.issued_on, '督促状' AS paper FROM demand d
        JOIN unpaid USING (insured_id, fiscal_year, number) WHERE d.by_hand AND d.state = 'issued' AND d.municipality_code = $1
        UNION SELECT municipality_code, resident_number, issued_on, '催告書' FROM reminder WHERE by_hand AND municipality_code = $1
    ) AS h
    WHERE NOT EXISTS (SELECT FROM talk x WHERE (x.municipality_code, x.resident_number) = (h.municipality_code, h.resident_number)
                      AND x.talked_on >= h.issued_on AND x.way IN ('visit', 'window') AND x.outcome <> 'absent')
    GROUP BY 2, 3
)
SELECT f.*, ad.name FROM found f
LEFT JOIN addressee_shown ad ON (ad.municipality_code, ad.resident_number) = (f.municipality_code, f.resident_number)
ORDER BY f.since, f.kind, f.resident_number
"""


async def added_up(raw: Connection[Any], municipality_code: str, on: date) -> list[dict[str, Any]]:
    """By municipality ('*': all that the reader may see), fiscal year and age of the debt: people, instalments, yen."""
    return [dict(row) for row in await raw.fetch(_ADDED_UP, on, municipality_code)]


async def people(
    raw: Connection[Any], municipality_code: str, on: date, *, fiscal_year: int | None, age: str | None
) -> list[dict[str, Any]]:
    """The people behind a figure, who owes most first, with how their case stands today."""
    return [dict(row) for row in await raw.fetch(_PEOPLE, on, municipality_code, fiscal_year, age)]


async def worklist(raw: Connection[Any], municipality_code: str) -> list[dict[str, Any]]:
    """What a person must look at, the oldest first. It is read from the acts themselves: what was acted upon is gone from it."""
    return [dict(row) for row in await raw.fetch(_WORKLIST, municipality_code)]
