"""移行 → 経常: what keeps the gate shut. Every difference is named; with none, a second officer may open it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.result_table import DIFFERENCES
from eligibility_service.store import results

TERMS: Final = {
    "no_plan": "基準日と対象の市区町村が決まっていません",
    "no_extract": "全件データが届いていません",
    "not_counted": "送った件数が分からないファイルがあります",
    "returned": "受け付けられなかった記録があります。直して、全件データを次の世代で送り直してください",
    "no_result": "創設結果表がありません",
    "result_old": "創設結果表を作った後に、住民の記録が変わりました。作り直してください",
    **DIFFERENCES,
    "dead_letters": "取り込めなかった通知が残っています",
    "parked": "前の通知を待っている通知が残っています",
    "not_acquired_yet": "資格取得日が来たのに、被保険者になっていない人がいます",
    "not_searchable_yet": "取り込んだ人の検索の準備が終わっていません",
}
ABOUT_EXTRACTS: Final = frozenset({"no_plan", "no_extract", "not_counted", "returned"})
ABOUT_RESULTS: Final = ABOUT_EXTRACTS | {"no_result", "result_old", *DIFFERENCES}

# What is missing, returned or uncounted since the latest complete extract of each municipality that is expected.
_EXTRACTS: Final = """
SELECT e.municipality_code, c.batch_id, c.batch_id IS NULL AS no_extract, COALESCE(s.not_counted, 0) AS not_counted,
       COALESCE(s.returned, 0)::bigint AS returned
FROM expected_municipality e
LEFT JOIN LATERAL (
    SELECT batch_id, generation FROM municipal_batch b WHERE b.municipality_code = e.municipality_code AND b.complete_as_of IS NOT NULL
    ORDER BY generation DESC LIMIT 1) AS c ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE sent IS NULL) AS not_counted, sum(sent - accepted) AS returned
    FROM municipal_batch b WHERE b.municipality_code = e.municipality_code AND b.generation >= c.generation) AS s ON true
ORDER BY 1
"""
_CHANGED: Final = """
SELECT k.m AS municipality_code, count(*) AS records
FROM unnest($1::text[], $2::timestamptz[]) AS k(m, made_at) JOIN resident r ON r.municipality_code = k.m AND r.recorded_from > k.made_at
GROUP BY 1
"""
# A message about a municipality names it in its data; one that cannot be read at all keeps the gate shut too.
_DEAD: Final = """
SELECT COALESCE(CASE WHEN type LIKE 'municipal.%' THEN convert_from(body, 'UTF8')::jsonb #>> '{data,municipality_code}' END, '')
           AS municipality_code, count(*) AS letters
FROM dead_letter WHERE state = 'open' GROUP BY 1 ORDER BY 1
"""
_WAITING: Final = """
SELECT (SELECT count(*) FROM parked_message) AS parked,
       (SELECT count(*) FROM resident_search WHERE acquires_on <= $1) AS not_acquired_yet,
       (SELECT count(*) FROM search_due) AS not_searchable_yet
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree: its kind, the municipality ('' where it is none's alone), and how many."""

    kind: str
    municipality_code: str = ""
    count: int = 1

    @property
    def term(self) -> str:
        return TERMS[self.kind]


async def differences(uow: UnitOfWork) -> list[Difference]:
    """Everything that keeps the gate shut, in the order in which it is mended."""
    raw = await driver(uow.connection)
    extracts = await raw.fetch(_EXTRACTS)
    found = [] if extracts else [Difference("no_plan")]
    for row in extracts:
        code = row["municipality_code"]
        found += [Difference(kind, code, int(row[kind])) for kind in ("no_extract", "not_counted", "returned") if row[kind]]
    found += await _of_results(uow, raw, extracts)
    found += [Difference("dead_letters", row["municipality_code"], row["letters"]) for row in await raw.fetch(_DEAD)]
    waiting = await raw.fetchrow(_WAITING, uow.today)
    return found + [Difference(kind, count=waiting[kind]) for kind in waiting.keys() if waiting[kind]]  # noqa: SIM118 - a record


async def _of_results(uow: UnitOfWork, raw: Any, extracts: Sequence[Any]) -> list[Difference]:
    """The result table of each municipality: there, of its latest extract, newer than its newest record, and without a difference."""
    lines = {line["municipality_code"]: line for line in await results.latest(uow)}
    expected = {row["municipality_code"]: row["batch_id"] for row in extracts if row["batch_id"]}
    made = {code: line for code, line in lines.items() if line["batch_id"] == expected.get(code)}
    changed = {
        row["municipality_code"]: row["records"] for row in await raw.fetch(_CHANGED, list(made), [m["made_at"] for m in made.values()])
    }
    found = []
    for code in expected:
        if code not in made:
            found.append(Difference("no_result", code))
        elif code in changed:
            found.append(Difference("result_old", code, changed[code]))
        else:
            found += [Difference(kind, code, count) for kind, count in made[code]["differences"].items()]
    return found
