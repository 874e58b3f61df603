"""資格ファイル: its generations, what the ledger knows of every field, what has changed and not left yet, and the alerts about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from pydantic_core import to_json

from eligibility_service.domain import outgoing as rows_of
from eligibility_service.domain.outgoing import CERTIFICATES, FEED, LIMIT_CLASSES
from eligibility_service.store import outgoing
from eligibility_service.store.copay_rates import rates_on

IN_FLIGHT: Final = timedelta(hours=1)
"""What was being committed while a generation was made is looked at again in the next one; none is open for so long."""
OVERTAKEN: Final = "新しい世代を作り始めたため、この世代は出しません。"
_SAMPLE: Final = 50


class Generation(NamedTuple):
    """One generation of the feed. `since`: from when on changes are looked at; None: a whole one."""

    number: int
    is_whole: bool
    since: datetime | None


async def begin(uow: UnitOfWork, run_id: UUID, *, is_whole: bool) -> Generation:
    """A new generation. Differences are those since the last one that left; before the first one, everything is a difference.

    One that is still being made has been given up (its run failed, or nobody approved it): it will not leave.
    """
    raw = await driver(uow.connection)
    await raw.execute("SELECT pg_advisory_xact_lock(hashtext('feed generation'))")
    for row in await raw.fetch("SELECT generation FROM feed_generation WHERE state = 'making'"):
        await stop(uow, row["generation"], {"generation": OVERTAKEN})
    last = await raw.fetchval("SELECT max(begun_at) FROM feed_generation WHERE state = 'released'")
    number = await raw.fetchval("SELECT coalesce(max(generation), 0) + 1 FROM feed_generation")
    whole = is_whole or last is None
    await raw.execute("INSERT INTO feed_generation VALUES ($1, $2, $3, 'making', $4)", number, run_id, whole, uow.now)
    return Generation(number, whole, None if whole else last - IN_FLIGHT)


async def of_run(uow: UnitOfWork, run_id: UUID) -> Generation:
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        """SELECT generation, is_whole, (SELECT max(begun_at) FROM feed_generation r WHERE r.state = 'released' AND
           r.generation < g.generation) AS last FROM feed_generation g WHERE run_id = $1""",
        run_id,
    )
    return Generation(row["generation"], row["is_whole"], None if row["is_whole"] else row["last"] - IN_FLIGHT)


async def is_making(uow: UnitOfWork, generation: int) -> bool:
    """Whether a generation may still leave; locked until the end of the transaction."""
    raw = await driver(uow.connection)
    return bool(await raw.fetchval("SELECT state = 'making' FROM feed_generation WHERE generation = $1 FOR UPDATE", generation))


async def release(uow: UnitOfWork, generation: int, *, changed: int) -> None:
    raw = await driver(uow.connection)
    await raw.execute(
        "UPDATE feed_generation SET state = 'released', decided_at = $2, changed = $3 WHERE generation = $1", generation, uow.now, changed
    )


async def stop(uow: UnitOfWork, generation: int, faults: Mapping[str, str]) -> None:
    """A generation that must not leave: its rows have not left, so that the next one holds them again."""
    raw = await driver(uow.connection)
    await raw.execute("DELETE FROM feed_sent WHERE generation = $1", generation)
    await raw.execute(
        "UPDATE feed_generation SET state = 'stopped', decided_at = $2, faults = $3 WHERE generation = $1",
        generation, uow.now, to_json(dict(faults)).decode(),
    )  # fmt: skip


# Every source of a field of the feed, with when it was learned.
_CHANGED = """
SELECT insured_id, municipality_code, coalesce(min(changed_at) FILTER (WHERE changed_at > $3), min(changed_at)) AS changed_at FROM (
    SELECT insured_id, municipality_code, recorded_from AS changed_at FROM qualification WHERE recorded_from > $1
    UNION ALL SELECT insured_id, municipality_code, recorded_from FROM copay_rate
        WHERE recorded_from > $1 AND $2 BETWEEN valid_from AND valid_until
    UNION ALL SELECT insured_id, municipality_code, decided_at FROM certificate WHERE state = 'issued' AND decided_at > $1
) AS found GROUP BY 1, 2
"""


async def candidates(uow: UnitOfWork, since: datetime) -> dict[str, dict[UUID, datetime]]:
    """Municipality → qualifications of which something was learned since, and when first after the generation before."""
    raw = await driver(uow.connection)
    found: dict[str, dict[UUID, datetime]] = {}
    for row in await raw.fetch(_CHANGED, since, uow.today, since + IN_FLIGHT):
        found.setdefault(row["municipality_code"], {})[row["insured_id"]] = row["changed_at"]
    return found


class Waiting(NamedTuple):
    """How many qualifications are not in the feed as they are now, and since when the longest waits."""

    people: int
    since: datetime | None


async def waiting(uow: UnitOfWork) -> Waiting:
    """鮮度: what has changed and has not left yet. Before the first generation that is everybody."""
    raw = await driver(uow.connection)
    last = await raw.fetchrow("SELECT generation, begun_at FROM feed_generation WHERE state = 'released' ORDER BY generation DESC LIMIT 1")
    if last is None:
        return Waiting(*await raw.fetchrow("SELECT count(*), min(recorded_from) FROM qualification"))
    count, longest = 0, None
    for code, people in (await candidates(uow, last["begun_at"] - IN_FLIGHT)).items():
        current = await outgoing.current(uow, FEED, code, only=people.keys())
        before = await outgoing.last_sent(uow, FEED, code, through=last["generation"], only=people.keys())
        news = rows_of.news(current, before, FEED)
        times = [people[UUID(insured_id)] for insured_id in news["insured_id"]]
        count += len(times)
        longest = min([*times, *([longest] if longest else [])], default=None)
    return Waiting(count, longest)


# What the ledger knows of each field, counted at the sources themselves: the file is not asked about itself.
_KNOWN = """
SELECT count(*) AS everybody, count(q.lost_on) AS lost_on,
       count(*) FILTER (WHERE q.lost_on IS NULL OR q.lost_on > $2) AS insured
FROM qualification q WHERE q.municipality_code = $1
"""
_RATES = """
SELECT count(*) AS copay_rate, count(*) FILTER (WHERE c.limit_class <> 0) AS limit_class FROM copay_rate c
WHERE c.municipality_code = $1 AND $2 BETWEEN c.valid_from AND c.valid_until AND EXISTS (
    SELECT FROM qualification q WHERE q.insured_id = c.insured_id AND q.municipality_code = $1 AND (q.lost_on IS NULL OR q.lost_on > $2))
"""
_ISSUED = """
SELECT count(DISTINCT insured_id) FROM certificate c
WHERE municipality_code = $1 AND state = 'issued' AND kind = ANY ($2::text[]) AND EXISTS (
    SELECT FROM qualification q WHERE q.insured_id = c.insured_id AND q.municipality_code = $1)
"""


async def known_fields(uow: UnitOfWork, municipality_code: str) -> dict[str, int]:
    """Field → of how many qualifications of a municipality the ledger knows it today."""
    raw = await driver(uow.connection)
    people = await raw.fetchrow(_KNOWN, municipality_code, uow.today)
    rates = await raw.fetchrow(_RATES, municipality_code, uow.today)
    issued = await raw.fetchval(_ISSUED, municipality_code, [kind.value for kind in CERTIFICATES])
    everybody = ("municipality_code", "insured_id", "history_number", "insurer_number", "insured_number", "born_on", "sex", "acquired_on")
    return {
        **dict.fromkeys(everybody, people["everybody"]),
        "lost_on": people["lost_on"],
        **dict.fromkeys(("certificate_kind", "certificate_issued_on", "certificate_valid_until"), issued),
        **dict.fromkeys(("copay_rate", "copay_rate_from"), rates["copay_rate"]),
        **dict.fromkeys(("limit_class", "limit_class_from"), rates["limit_class"]),
    }


_DRAWN = """
SELECT q.municipality_code, q.resident_number, q.insured_id, q.insured_number, q.acquired_on, q.lost_on, r.born_on, r.sex
FROM (
    SELECT insured_id FROM feed_sent WHERE generation BETWEEN $1 AND $2
    GROUP BY insured_id ORDER BY md5(insured_id::text || $2::text) LIMIT $3
) AS d JOIN qualification q USING (insured_id) JOIN resident r USING (municipality_code, resident_number)
"""


async def sample(uow: UnitOfWork, generation: Generation) -> list[tuple[Mapping[str, object], dict[str, object]]]:
    """Some people of a generation: the row that would leave, and what the window would show of them, read one by one."""
    raw = await driver(uow.connection)
    drawn = await raw.fetch(_DRAWN, 0 if generation.is_whole else generation.number, generation.number, _SAMPLE)
    rates = await rates_on(uow, [row["insured_id"] for row in drawn], on=uow.today)
    classes = {limit_class.name.lower().replace("_", "-"): code for limit_class, code in LIMIT_CLASSES.items()}
    leaving: dict[str, Mapping[str, object]] = {}
    ids = [row["insured_id"] for row in drawn]
    for code in {row["municipality_code"] for row in drawn}:
        frame = await outgoing.last_sent(uow, FEED, code, through=generation.number, only=ids)
        leaving |= {row["insured_id"]: row for row in frame.iter_rows(named=True)}
    found: list[tuple[Mapping[str, object], dict[str, object]]] = []
    for row in drawn:
        known: dict[str, object] = {name: row[name] for name in ("insured_number", "born_on", "sex", "acquired_on", "lost_on")}
        rate = rates[row["insured_id"]]
        is_insured = row["lost_on"] is None or row["lost_on"] > uow.today
        known["copay_rate"] = str(rate.rate_percent // 10) if is_insured and rate.rate_percent else None
        known["limit_class"] = classes[rate.limit_class] if is_insured and rate.limit_class else None
        known["certificate_kind"] = await _certificate_code(uow, row["insured_id"])
        found.append((leaving[str(row["insured_id"])], known))
    return found


async def _certificate_code(uow: UnitOfWork, insured_id: UUID) -> str | None:
    raw = await driver(uow.connection)
    codes = {kind.value: code for kind, code in CERTIFICATES.items()}
    kind = await raw.fetchval(
        """SELECT kind FROM certificate WHERE insured_id = $1 AND state = 'issued' AND kind = ANY ($2)
        ORDER BY issued_on DESC, serial DESC LIMIT 1""",
        insured_id, list(codes),
    )  # fmt: skip
    return codes[kind] if kind else None


async def generations(uow: UnitOfWork, *, most: int = 30) -> list[dict[str, Any]]:
    """The latest generations with the files of each: how many, and how many rows."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """SELECT g.*, f.files, f.rows FROM feed_generation g LEFT JOIN LATERAL (
            SELECT count(*) AS files, coalesce(sum(rows), 0)::bigint AS rows FROM outgoing_file f
            WHERE f.kind = 'eligibility_feed' AND f.generation = g.generation) AS f ON true
        ORDER BY g.generation DESC LIMIT $1""",
        most,
    )
    return [dict(row) for row in rows]


async def raise_alert(uow: UnitOfWork, kind: str, detail: str) -> None:
    """One open alert of a kind; a further one only changes what it says."""
    raw = await driver(uow.connection)
    await raw.execute(
        """INSERT INTO exchange_alert (alert_id, kind, detail, raised_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (kind) WHERE closed_at IS NULL DO UPDATE SET detail = excluded.detail""",
        uuid7(), kind, detail, uow.now,
    )  # fmt: skip


async def close_alert(uow: UnitOfWork, kind: str) -> None:
    raw = await driver(uow.connection)
    await raw.execute("UPDATE exchange_alert SET closed_at = $2 WHERE kind = $1 AND closed_at IS NULL", kind, uow.now)


async def open_alerts(uow: UnitOfWork) -> list[dict[str, Any]]:
    raw = await driver(uow.connection)
    return [dict(row) for row in await raw.fetch("SELECT * FROM exchange_alert WHERE closed_at IS NULL ORDER BY raised_at")]


class Settings(NamedTuple):
    """The settings of the union that rule what leaves."""

    qualification_file_hour: int
    feed_hour: int
    feed_freshness_minutes: int


async def settings(uow: UnitOfWork) -> Settings:
    raw = await driver(uow.connection)
    return Settings(*await raw.fetchrow("SELECT qualification_file_hour, feed_hour, feed_freshness_minutes FROM union_setting"))
