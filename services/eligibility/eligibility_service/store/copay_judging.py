"""判定: what was decided is written in two times, said, and whoever cannot be judged waits. One way for single changes and for runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
from asyncpg import Connection
from chassis import telemetry
from chassis.binary_copy import Records, copy_in, copy_out
from chassis.clock import uuid7
from chassis.database import driver
from chassis.law import day_number, day_of
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import CaseKind

from eligibility_service import settings
from eligibility_service.domain.copay import Outcomes, decide, event_of, uuid_of
from eligibility_service.domain.copay_records import RATE_DTYPE
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.store import copay_inputs, replacing
from eligibility_service.store.cases import Person, close_cases

JOB: Final = "judge-copay-rates"
DECISION_LOCK: Final = 7_265_101
"""Advisory lock: judgements of single households share it, a chunk of a run holds it alone, so that nothing is decided twice."""

_NAMES: Final = ", ".join(RATE_DTYPE.names or ())
_CUT: Final = ", ".join("first_day - 1" if name == "valid_until" else name for name in RATE_DTYPE.names or ())
_COMPARED: Final = ("insured_id", "valid_from", "valid_until", "rate_percent", "limit_class", "reason", "exemption")
BELIEVED_DTYPE: Final = np.dtype([(name, RATE_DTYPE[name]) for name in (*_COMPARED, "sequence")])
_BELIEVED: Final = """
SELECT {columns} FROM copay_rate WHERE copay_year = {year} AND insured_id {among}
UNION ALL
SELECT {columns} FROM copay_rate_history WHERE copay_year = {year} AND insured_id {among} AND upper_inf(recorded_during)
ORDER BY insured_id, valid_from
"""
# $4: the first day that was judged of each. What is believed of the days before it goes on to be believed: a run judges the households
# of today, and whoever has moved within the year lived those days in another one.
_CLOSE_PRESENT: Final = f"""
WITH gone AS (DELETE FROM copay_rate WHERE copay_year = $1 AND insured_id = ANY ($2::uuid[]) RETURNING *),
since AS (SELECT * FROM unnest($2::uuid[], $4::date[]) AS k(insured_id, first_day))
INSERT INTO copay_rate_history ({_NAMES}, valid_during, recorded_during)
SELECT {_NAMES}, daterange(valid_from, valid_until, '[]'), tstzrange(recorded_from, greatest($3, recorded_from + interval '1 microsecond'))
FROM gone
UNION ALL
SELECT {_CUT}, daterange(valid_from, first_day), tstzrange(greatest($3, recorded_from + interval '1 microsecond'), NULL)
FROM gone JOIN since USING (insured_id) WHERE valid_from < first_day
"""
_CLOSE_EARLIER: Final = f"""
WITH closed AS (
    UPDATE copay_rate_history h
    SET recorded_during = tstzrange(lower(recorded_during), greatest($3, lower(recorded_during) + interval '1 microsecond'))
    FROM unnest($2::uuid[], $4::date[]) AS k(insured_id, first_day)
    WHERE copay_year = $1 AND h.insured_id = k.insured_id AND upper_inf(recorded_during) AND valid_until >= first_day
    RETURNING h.*, first_day
)
INSERT INTO copay_rate_history ({_NAMES}, valid_during, recorded_during)
SELECT {_CUT}, daterange(valid_from, first_day), tstzrange(upper(recorded_during), NULL) FROM closed WHERE valid_from < first_day
"""
_INCOMING: Final = "CREATE TEMPORARY TABLE IF NOT EXISTS incoming_rate ON COMMIT DELETE ROWS AS SELECT {names} FROM copay_rate WITH NO DATA"
_KNOWN_SINCE: Final = """
greatest($1, COALESCE((SELECT max(upper(h.recorded_during)) FROM copay_rate_history h
    WHERE h.insured_id = i.insured_id AND h.copay_year = i.copay_year AND NOT upper_inf(h.recorded_during)), $1))
"""
_ADD_EARLIER: Final = f"""
INSERT INTO copay_rate_history ({_NAMES}, valid_during, recorded_during)
SELECT {_NAMES}, daterange(valid_from, valid_until, '[]'), tstzrange({_KNOWN_SINCE}, NULL) FROM incoming_rate i WHERE NOT ({{last}})
"""
_ADD_LAST: Final = f"INSERT INTO copay_rate ({_NAMES}, recorded_from) SELECT {_NAMES}, {_KNOWN_SINCE} FROM incoming_rate i WHERE {{last}}"
_LAST: Final = "i.valid_until = make_date(i.copay_year + 1, 7, 31)"
_YEARS: Final = "SELECT DISTINCT (parameters->>'year')::int FROM job_run WHERE job = $1 AND parameters ? 'year'"


@dataclass(frozen=True, slots=True)
class Written:
    """What a judgement changed: the decisions that are new (RATE_DTYPE, with sequence), and where each comes from."""

    rates: Records
    source_rows: npt.NDArray[np.int64]
    people: int


async def years_judged(uow: UnitOfWork) -> list[CopayYear]:
    """The copay year of the business day, and a later one for which a run has been prepared."""
    current = CopayYear.of(uow.today)
    rows = await (await driver(uow.connection)).fetch(_YEARS, JOB)
    return sorted({current, *(CopayYear(row[0]) for row in rows if row[0] > current.year)})


async def rejudge(
    uow: UnitOfWork, because_of: Mapping[Person, Message[Any] | None], *, years: Collection[CopayYear] | None = None, packed: bool = False
) -> None:
    """世帯の再判定: judge again everybody in every household that these people live or have lived in; the unchanged hear nothing.

    `because_of`: each person with the message that made it necessary. In the transaction of that change.
    """
    if not because_of:
        return
    raw = await driver(uow.connection)
    await raw.execute(f"SELECT pg_advisory_xact_lock_shared({DECISION_LOCK})")
    households = await copay_inputs.households_of(raw, because_of)
    if not households:
        return
    reason = next(iter(because_of.values()))
    for year in years if years is not None else await years_judged(uow):
        inputs = await copay_inputs.of_households(raw, households, year, uow.today)
        run_id = uuid7()
        outcomes = decide(inputs, year, run_id=run_id, as_of=day_number(uow.today), sample=settings.current().sample_data)
        written = await write(uow, outcomes, year)
        kept = np.union1d(inputs["household"][written.source_rows], inputs["household"][outcomes.waiting_rows])
        if len(kept):
            await copay_inputs.keep(raw, run_id, inputs[np.isin(inputs["household"], kept)])
        await wait(uow, inputs, outcomes, year, run_id, people=because_of)
        pack = uuid7() if packed else None
        traces: dict[UUID, str | None] = {}
        for rate, row in zip(written.rates, written.source_rows, strict=True):
            person = person_of(inputs[row])
            cause = because_of.get(person, reason)
            uow.publish(event_of(rate, person[1]), because=cause, pack=pack)
            traces[uuid_of(rate["insured_id"])] = telemetry.traceparent_of(cause)
        await replacing.replace_after_rates(uow, traces)


async def write(uow: UnitOfWork, outcomes: Outcomes, year: CopayYear, *, among: str | None = None, first: bool = False) -> Written:
    """Write what differs from what is believed of the year; the old belief is closed and kept.

    `among`: a query of the insured who were judged; without it their identifiers are sent, which is right for a few. `first`: it is known
    that nothing is believed of any of them.
    """
    raw = await driver(uow.connection)
    rates, source = outcomes.rates, outcomes.source_rows
    insured = np.unique(rates["insured_id"])
    if not len(rates):
        return Written(rates, source, 0)
    if first or not await raw.fetchval("SELECT EXISTS (SELECT FROM copay_rate WHERE copay_year = $1)", year.year):
        await _add(raw, rates, year, uow.now, first=True)  # the first judgement of the year: nothing to compare with
        return Written(rates, source, len(insured))
    columns = ", ".join(BELIEVED_DTYPE.names or ())
    concerned, ids = ("= ANY ($1::uuid[])", [[uuid_of(value) for value in insured]]) if among is None else (f"IN ({among})", [])
    query = _BELIEVED.format(columns=columns, year=year.year, among=concerned)
    believed = await copy_out(raw, query, BELIEVED_DTYPE, *ids)
    believed = believed[np.isin(believed["insured_id"], insured)]
    rates = _going_on(rates, believed)
    changed = _changed(rates, believed)
    new = np.isin(rates["insured_id"], changed)
    rates, source = rates[new].copy(), source[new]
    if len(rates):
        rates["sequence"] += _last_sequence(rates["insured_id"], believed)
        is_known = np.isin(changed, believed["insured_id"])
        known = [uuid_of(value) for value in changed[is_known]]
        if known:
            since = [day_of(day) for day in _first_days(rates, changed)[is_known]]
            await raw.execute(_CLOSE_EARLIER, year.year, known, uow.now, since)
            await raw.execute(_CLOSE_PRESENT, year.year, known, uow.now, since)
        await _add(raw, rates, year, uow.now, first=not known)
    return Written(rates, source, len(changed))


def _going_on(rates: Records, believed: Records) -> Records:
    """Where the first span of somebody goes on with what is believed of the day before, it begins where that does."""
    if not len(believed):
        return rates
    rates = rates.copy()
    _, first = np.unique(rates["insured_id"], return_index=True)
    # `believed` comes in the order of insured and day: what is believed of one person is a slice.
    begins, ends = (np.searchsorted(believed["insured_id"], rates["insured_id"][first], side=side) for side in ("left", "right"))
    for at, begin, end in zip(first[begins < ends], begins[begins < ends], ends[begins < ends], strict=True):
        if rates["valid_from"][at] == believed["valid_from"][begin]:
            continue
        own = believed[begin:end]
        last = own[own["valid_from"] < rates["valid_from"][at]][-1:]
        if len(last) and all(last[name][0] == rates[name][at] for name in ("rate_percent", "limit_class", "reason", "exemption")):
            rates["valid_from"][at] = last["valid_from"][0]
    return rates


def _first_days(rates: Records, insured: npt.NDArray[np.bytes_]) -> npt.NDArray[np.int32]:
    """The first day of the spans of each of the insured (sorted, every one of them among the rates)."""
    known, first = np.unique(rates["insured_id"], return_index=True)
    return np.asarray(rates["valid_from"][first][np.searchsorted(known, insured)], np.int32)


def _changed(rates: Records, believed: Records) -> npt.NDArray[np.bytes_]:
    """The insured whose spans are not those that are believed of the days that were judged."""
    known = np.unique(rates["insured_id"])
    since = _first_days(rates, known)
    at = np.minimum(np.searchsorted(known, believed["insured_id"]), len(known) - 1)
    believed = believed[(known[at] != believed["insured_id"]) | (believed["valid_until"] >= since[at])]
    both = np.concatenate([_key(rates), _key(believed)])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    alone = counts[inverse] == 1
    concerned = np.concatenate([rates["insured_id"], believed["insured_id"]])[alone]
    return np.unique(concerned[np.isin(concerned, rates["insured_id"])])


def _key(records: Records) -> npt.NDArray[np.void]:
    """The compared columns of each record as one value."""
    kinds = [(name, RATE_DTYPE[name]) for name in _COMPARED]
    made = np.zeros(len(records), np.dtype(kinds))
    for name in _COMPARED:
        made[name] = records[name]
    return made.view(np.dtype((np.void, made.dtype.itemsize)))


def _last_sequence(insured: npt.NDArray[np.bytes_], believed: Records) -> npt.NDArray[np.int32]:
    """The highest sequence that was given to each in the year; 0 for whoever is new."""
    found = np.zeros(len(insured), np.int32)
    if len(believed):
        known, place = np.unique(believed["insured_id"], return_inverse=True)
        highest = np.zeros(len(known), np.int32)
        np.maximum.at(highest, place, believed["sequence"])
        at = np.minimum(np.searchsorted(known, insured), len(known) - 1)
        found = np.where(known[at] == insured, highest[at], 0).astype(np.int32)
    return found


async def _add(raw: Connection[Any], rates: Records, year: CopayYear, now: Any, *, first: bool) -> None:
    is_last = rates["valid_until"] == day_number(year.last_day)
    if first and is_last.all():
        await copy_in(raw, "copay_rate", rates)
        return
    await raw.execute(_INCOMING.format(names=_NAMES))
    await raw.execute("TRUNCATE incoming_rate")
    await copy_in(raw, "incoming_rate", rates)
    await raw.execute(_ADD_EARLIER.format(last=_LAST), now)
    await raw.execute(_ADD_LAST.format(last=_LAST), now)


FEW: Final = 1_000
_WAITING: Final = "SELECT insured_id FROM copay_wait WHERE copay_year = $1"
_END_WAITS: Final = """
DELETE FROM copay_wait w WHERE copay_year = $1 AND ((w.insured_id = ANY ($2::uuid[])) OR EXISTS (
    SELECT FROM unnest($3::text[], $4::text[]) AS k(m, n) WHERE (k.m, k.n) = (w.municipality_code, w.resident_number)))
  AND NOT w.insured_id = ANY ($5::uuid[])
RETURNING municipality_code, resident_number, is_raised
"""
_WAIT: Final = """
INSERT INTO copay_wait
    (insured_id, copay_year, municipality_code, resident_number, outcome, class_outcome, run_id, household, waiting_since)
SELECT k.i, $1, k.m, k.n, k.o, k.c, $7, k.h, $8
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $9::bigint[]) AS k(i, m, n, o, c, h)
ON CONFLICT (insured_id, copay_year) DO UPDATE SET outcome = excluded.outcome, class_outcome = excluded.class_outcome,
    run_id = excluded.run_id, household = excluded.household, is_raised = copay_wait.is_raised
    AND (copay_wait.outcome, copay_wait.class_outcome) = (excluded.outcome, excluded.class_outcome)
"""


async def wait(
    uow: UnitOfWork, inputs: Records, outcomes: Outcomes, year: CopayYear, run_id: UUID, *, people: Collection[Person] = ()
) -> int:
    """Begin or renew the wait of whoever is not decided; end that of whoever is, and of `people` who are judged no more."""
    raw = await driver(uow.connection)
    rows = outcomes.waiting_rows
    waiting = [uuid_of(value) for value in inputs["insured_id"][rows]]
    judged = np.unique(inputs["insured_id"][inputs["is_judged"]])
    if len(judged) > FEW:  # of a whole chunk only those who have waited are named
        judged = judged[np.isin(judged, np.array([row[0].bytes for row in await raw.fetch(_WAITING, year.year)], "S16"))]
    if people or len(judged):
        ended = await raw.fetch(
            _END_WAITS,
            year.year,
            [uuid_of(value) for value in judged],
            [code for code, _ in people],
            [number for _, number in people],
            waiting,
        )
        raised = [(row["municipality_code"], row["resident_number"]) for row in ended if row["is_raised"]]
        await close_cases(uow, CaseKind.COPAY_RATE_UNDECIDED, raised)
    if len(rows):
        persons = [person_of(row) for row in inputs[rows]]
        await raw.execute(
            _WAIT,
            year.year,
            waiting,
            [code for code, _ in persons],
            [number for _, number in persons],
            outcomes.outcome[rows].tolist(),
            outcomes.class_outcome[rows].tolist(),
            run_id,
            uow.today,
            inputs["household"][rows].tolist(),
        )
    return len(rows)


def person_of(row: Any) -> Person:
    """Municipality code and 宛名番号 of an input row."""
    return row["municipality_code"].decode(), row["resident_number"].decode().rstrip()


async def was_judged(uow: UnitOfWork, year: CopayYear) -> bool:
    """Whether anybody has a rate of that copay year."""
    found: bool = await (await driver(uow.connection)).fetchval("SELECT EXISTS (SELECT FROM copay_rate WHERE copay_year = $1)", year.year)
    return found
