"""What the services hold, by natural keys: two pictures of the same changes must be equal, however they were disturbed.

Left out: surrogate keys, times of record, 被保険者番号 (only that each is unique and present counts), and how many decisions lay on the
way to the one in force, because that depends on which changes happened to arrive together. For the same reason the premium of somebody
whose household waits for an income is not compared, only that it waits: where the last member was heard of late, the others may have been
decided before, and that decision stands until the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import asyncpg

from infra.local.servers import PrivateServers
from infra.rabbitmq.definitions import SERVICES

Rows = Counter[str]


_OF: Final = "insured_id || ':' || fiscal_year AS decided_for"
_WAITING: Final = "SELECT key FROM process_instance WHERE process = 'income_awaited' AND state->>'step' <> 'ended'"


def _but(table: str, *left_out: str, also: str = "") -> str:
    """Whole rows of a table as JSON, without some columns."""
    names = ", ".join(f"'{name}'" for name in left_out)
    return f"SELECT (to_jsonb(t) - ARRAY[{names}]::text[])::text AS row{', ' + also if also else ''} FROM {table} t"


_DECISIONS_LEFT_OUT: Final = ("assessment_id", "revision", "decided_on", "run_id", "household")

WHAT: Final[Mapping[str, Mapping[str, str]]] = {
    "eligibility": {
        "residents": _but("resident", "recorded_from"),
        "resident history": _but("resident_history", "recorded_during"),
        "ledger": _but("qualification", "insured_number", "recorded_from"),
        "ledger history": _but("qualification_history", "insured_number", "recorded_during"),
        # A card that was due when its person was lost is withdrawn, one that was made already stays; one that was made before a name or
        # address changed is to be collected, one that was still due shows the new one at once: only cards that hold are compared.
        "cards": """
            SELECT jsonb_build_array(c.insured_id, c.state, c.kind, c.kind_reason, c.valid_from, c.valid_until)::text AS row
            FROM certificate c JOIN qualification q USING (insured_id) WHERE q.lost_on IS NULL AND c.state <> 'withdrawn' AND c.collection IS NULL""",
    },
    "premium": {
        "residents": _but("resident", "number"),
        "households": """
            SELECT jsonb_build_array(
                r.municipality_code, r.resident_number, m.valid_from, m.valid_until, h.household_number, m.is_head)::text AS row
            FROM membership m JOIN resident r ON r.number = m.resident JOIN household h ON h.id = m.household_id""",
        "incomes": """
            SELECT ((to_jsonb(i) - 'resident') || jsonb_build_object('of', r.municipality_code || ':' || r.resident_number))::text AS row
            FROM income i JOIN resident r ON r.number = i.resident""",
        "insured": """
            SELECT ((to_jsonb(i) - ARRAY['resident', 'insured_number'])
                || jsonb_build_object('of', r.municipality_code || ':' || r.resident_number))::text AS row
            FROM insured i JOIN resident r ON r.number = i.resident""",
        # A decision of no months takes back one that was made too early; where none was made there is nothing to take back.
        "premiums": f"""
            SELECT (to_jsonb(t) - ARRAY[{", ".join(f"'{name}'" for name in _DECISIONS_LEFT_OUT)}])::text AS row, {_OF}
            FROM (SELECT DISTINCT ON (insured_id, fiscal_year) * FROM assessment ORDER BY insured_id, fiscal_year, revision DESC) t
            WHERE months > 0""",
        "awaited incomes": _WAITING.replace("key", "key AS row", 1),
    },
    "collection": {
        "addressees": _but("addressee"),
        "charged": _but(
            "(SELECT * FROM assessment WHERE annual_amount > 0)", "assessment_id", "sequence", "revision", "decided_on", also=_OF
        ),
        "instalments": f"""
            SELECT jsonb_build_array(insured_id, fiscal_year, number, month, due_on, sum(amount))::text AS row, {_OF}
            FROM charge_entry GROUP BY insured_id, fiscal_year, number, month, due_on HAVING sum(amount) <> 0""",
    },
    "benefits": {"insured": _but("insured", "insured_number")},
    "statistics": {"insured": _but("insured")},
    "gateway": {
        "parked rows": """
            SELECT jsonb_build_array(municipality_code, kind, resident_number, history_number)::text AS row
            FROM parked_row WHERE replaced_at IS NULL""",
    },
}
"""Service → what → a query for one text a row."""

_AT_REST: Final = """
SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS unsent, (SELECT count(*) FROM parked_message) AS parked,
       (SELECT count(*) FROM dead_letter WHERE state = 'open') AS dead, (SELECT count(*) FROM inbox) AS handled
"""
_CARDS_DUE: Final = "SELECT count(*) FROM certificate WHERE state = 'due' AND origin IN ('acquisition', 'change')"
_NUMBERS: Final = """
SELECT count(*) FILTER (WHERE insured_number !~ '^[0-9]{8}$') AS without, count(*) - count(DISTINCT insured_number) AS twice
FROM qualification
"""


@dataclass(frozen=True)
class Rest:
    """How much of a service is still on its way. `handled`: messages that its handlers have applied; `open`: what it does by itself."""

    unsent: int
    parked: int
    dead: int
    handled: int
    open: int = 0

    @property
    def on_its_way(self) -> bool:
        return bool(self.unsent or self.open)


@dataclass(frozen=True)
class Picture:
    """Rows by service and what, and `wrong`: what no undisturbed run could excuse."""

    rows: dict[str, Rows]
    wrong: list[str] = field(default_factory=list)

    def differences(self, undisturbed: Picture) -> list[str]:
        """What this picture has that the other has not (+), and the other way round (-); empty when they are equal."""
        found = list(self.wrong)
        for what, rows in self.rows.items():
            surplus, missing = rows - undisturbed.rows[what], undisturbed.rows[what] - rows
            if surplus or missing:
                found.append(f"{what}: {surplus.total()} rows too many, {missing.total()} missing")
                found += [f"  + {row}" for row in list(surplus)[:3]] + [f"  - {row}" for row in list(missing)[:3]]
        return found

    def count(self, what: str) -> int:
        return self.rows[what].total()


class Databases:
    """A connection to each service's database that outlives restarts of the server; reads only."""

    def __init__(self, servers: PrivateServers) -> None:
        self._servers = servers
        self._open: dict[str, asyncpg.Connection[asyncpg.Record]] = {}

    async def fetch(self, service: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows of a query; raises OSError or asyncpg errors while the server is away."""
        connection = self._open.get(service)
        if connection is None or connection.is_closed():
            connection = self._open[service] = await asyncpg.connect(self._servers.database_url(service, "superuser"), timeout=10)
        return list(await connection.fetch(query, *arguments))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._open.values():
            connection.terminate()
        self._open.clear()

    async def rest(self) -> dict[str, Rest]:
        """What is on its way in each service."""
        found = {service: Rest(*(await self.fetch(service, _AT_REST))[0]) for service in SERVICES}
        (due,) = await self.fetch("eligibility", _CARDS_DUE)
        return found | {"eligibility": replace(found["eligibility"], open=due[0])}

    async def handled(self) -> int:
        """Messages that all services together have applied so far."""
        counts = [(await self.fetch(service, "SELECT count(*) FROM inbox"))[0][0] for service in SERVICES]
        return sum(counts)

    async def picture(self) -> Picture:
        """What all services hold now."""
        waiting = {row["key"] for row in await self.fetch("premium", _WAITING)}
        rows = {
            f"{service} {what}": Counter(row["row"] for row in await self.fetch(service, query) if row.get("decided_for") not in waiting)
            for service, queries in WHAT.items()
            for what, query in queries.items()
        }
        return Picture(rows, await self._wrong())

    async def _wrong(self) -> list[str]:
        """What the services must agree on among themselves."""
        wrong = []
        (numbers,) = await self.fetch("eligibility", _NUMBERS)
        if numbers["without"] or numbers["twice"]:
            wrong.append(f"insured numbers: {numbers['without']} missing, {numbers['twice']} given twice")
        ledger = {row["id"]: (row["first"], row["last"], row["rev"]) for row in await self.fetch("eligibility", _LEDGER)}
        for reader in ("premium", "benefits", "statistics"):
            copy = {row["id"]: (row["first"], row["last"], row["rev"]) for row in await self.fetch(reader, _COPIES[reader])}
            if copy != ledger:
                differing = sum(copy.get(key) != ledger.get(key) for key in copy.keys() | ledger.keys())
                wrong.append(f"{reader} knows {differing} qualifications otherwise than eligibility")
        decided = {tuple(row) for row in await self.fetch("premium", _DECIDED)}
        charged = {tuple(row) for row in await self.fetch("collection", _CHARGED)}
        if decided != charged:
            wrong.append(f"{len(decided ^ charged)} premiums are charged otherwise than decided")
        return wrong


_LEDGER: Final = "SELECT insured_id AS id, acquired_on AS first, coalesce(lost_on, 'infinity') AS last, revision AS rev FROM qualification"
_COPY: Final = "SELECT insured_id AS id, acquired_on AS first, coalesce(lost_on, 'infinity') AS last, sequence AS rev FROM insured"
_COPIES: Final = {"premium": _COPY, "benefits": _COPY, "statistics": _COPY}
_DECIDED: Final = """
SELECT DISTINCT ON (insured_id, fiscal_year) insured_id, fiscal_year::int, annual_amount, assessment_id FROM assessment
ORDER BY insured_id, fiscal_year, revision DESC
"""
_CHARGED: Final = """
SELECT a.insured_id, a.fiscal_year::int, coalesce(sum(e.amount), 0)::bigint, a.assessment_id FROM assessment a
LEFT JOIN charge_entry e USING (insured_id, fiscal_year) GROUP BY a.insured_id, a.fiscal_year, a.assessment_id
"""
