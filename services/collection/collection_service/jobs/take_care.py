"""介護保険料の庁内連携: what the care office takes from which pension (550 bytes), without which the half cannot be tested."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.site_codes import Notice

from collection_service.jobs import exchange_files
from collection_service.jobs.take_candidates import capture_of
from collection_service.law.pension_codes import site_codes
from collection_service.law.pension_exchange import cycle_of
from collection_service.rules.collection_method import RequestKind
from collection_service.store import exchange, methods
from collection_service.store.exchange import columns
from collection_service.store.methods import CarePremium

# The care office knows a pension by its number and code; whose it is, the list of candidates has told.
_OF_PENSIONS = """
SELECT basic_pension_number, pension_code, insured_id FROM pension
WHERE municipality_code = $1 AND (basic_pension_number, pension_code) IN (SELECT * FROM unnest($2::text[], $3::text[]))
"""
_BEARS_CARE = """
UPDATE pension p SET bears_care = k.is_special FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[])
    AS k(insured_id, basic_pension_number, pension_code, is_special)
WHERE (p.insured_id, p.basic_pension_number, p.pension_code) = (k.insured_id, k.basic_pension_number, k.pension_code)
"""
_EXCEPTION = "1"
SPECIAL = {f"{kind:02}" for kind in (RequestKind.SPECIAL, RequestKind.SPECIAL_DOMICILE_EXCEPTION)}


class TakeCare:
    """Parameters `key` (the file in the object store) and `captured_on` (YYYY-MM-DD) of the cycle that it is for."""

    name = "take-care-premiums"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Read the file whole; one that is wrong is kept as refused."""
        raw = await driver(uow.connection)
        cycle = cycle_of(capture_of(parameters))
        found = await self._read(uow, parameters, cycle.request)
        if await exchange.known(raw, found.sha256):
            return Plan([], {"sha256": found.sha256, "already": True, "lines": found.lines.height})
        await exchange.keep_cycle(raw, cycle)
        preview = {"sha256": found.sha256, "municipality": found.municipality_code, "lines": found.lines.height}
        if found.faults:
            file = found.as_file(cycle.captured_on, cycle.request, state=exchange.REFUSED)
            await exchange.keep_file(raw, file, run_id=run_id, today=uow.today)
            return Plan([], preview | {"refused": found.faults[: exchange_files.MOST_SHOWN]})
        return Plan([Chunk(1, found.sha256, found.sha256, found.lines.height)], preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Keep the care premium of everybody whose pension is known; an amount of zero was not computed yet and stays unknown."""
        raw = await driver(uow.connection)
        cycle = cycle_of(capture_of(parameters))
        found = await self._read(uow, parameters, cycle.request)
        lines, code = found.lines.to_dicts(), found.municipality_code
        keys = [(line["basic_pension_number"], line["pension_code"]) for line in lines]
        owners = {(row[0], row[1]): row[2] for row in await raw.fetch(_OF_PENSIONS, code, *columns(keys, 2))}
        amount = site_codes().amounts["care_payment"].role
        premiums: dict[UUID, CarePremium] = {}
        bearing = []
        for key, line in zip(keys, lines, strict=True):
            if (insured_id := owners.get(key)) is None:
                continue
            is_special = line["request_kind"] in SPECIAL
            bearing.append((insured_id, *key, is_special))
            if insured_id not in premiums or is_special:
                is_ours = line["care_domicile_exception"] != _EXCEPTION
                premiums[insured_id] = CarePremium(insured_id, code, is_ours, is_special, line[amount] or None, uow.today)
        await methods.keep_care_premiums(raw, list(premiums.values()))
        await raw.execute(_BEARS_CARE, *columns(bearing, 4))
        file = found.as_file(cycle.captured_on, cycle.request, state=exchange.TAKEN)
        await exchange.keep_file(raw, file, run_id=run_id, today=uow.today)
        return {"lines": len(lines), "kept": len(bearing), "of_nobody_known": len(lines) - len(bearing)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """lines = kept + of nobody known; a line of nobody whom we know is named by its count."""
        raw = await driver(uow.connection)
        refusal = await raw.fetchval("SELECT refusal FROM exchange_file WHERE run_id = $1", run_id)
        differences: dict[str, Any] = {"refused": refusal} if refusal else {}
        if unknown := totals.get("of_nobody_known", 0):
            differences["of_nobody_known"] = unknown
        return differences

    @staticmethod
    async def _read(uow: UnitOfWork, parameters: dict[str, Any], request: Notice) -> exchange_files.Read:
        return await exchange_files.read(uow, parameters, {request}, version=exchange_files.CARE_RECORDS, scheme="care")
