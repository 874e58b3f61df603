"""`issue-cards`: everybody insured who has no certificate for the year gets one, in print files of at most 1,000 pages."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.documents.printing import print_many
from eligibility_service.domain.certificates import KIND_NAMES
from eligibility_service.store import certificates
from eligibility_service.store.issuing import issue

PAGES: Final = 1_000


class IssueCards:
    """一括交付. Parameter `on` (ISO day, default the business day): the day on which the certificates are to be valid.

    Prepared in July with `on=2026-08-01` it is the yearly renewal. Each chunk is one print file; the page of each person is kept.
    """

    name = "issue-cards"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        on = date.fromisoformat(parameters["on"]) if parameters.get("on") else uow.today
        await certificates.make_due_for_run(uow, run_id, on=on)
        parts = await certificates.chunks_of_run(uow, run_id, size=PAGES)
        chunks = [Chunk(number, first, last, records) for number, (first, last, records) in enumerate(parts, start=1)]
        by_kind: dict[str, int] = {}
        by_municipality: dict[str, int] = {}
        for row in await certificates.counts_of_run(uow, run_id):
            name = KIND_NAMES[row["kind"]]
            by_kind[name] = by_kind.get(name, 0) + row["count"]
            by_municipality[row["municipality_code"]] = by_municipality.get(row["municipality_code"], 0) + row["count"]
        preview = {"有効となる日": on.isoformat(), "交付する件数": sum(by_kind.values()), "種類": by_kind, "市区町村": by_municipality}
        return Plan(chunks, preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        due = await certificates.due_between(uow, run_id, chunk.first_key, chunk.last_key)
        return {"due": len(due), **await issue(uow, due, print_many, packed=True)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every certificate that was due is issued, refused with its reason, or withdrawn because its person is insured no more."""
        counts = dict.fromkeys(("due", "issued", "refused", "withdrawn"), 0)
        for row in await certificates.counts_of_run(uow, run_id):
            counts[row["state"]] += row["count"]
        decided = totals.get("issued", 0) + totals.get("refused", 0) + totals.get("withdrawn", 0)
        differences: dict[str, Any] = {}
        if counts["due"]:
            differences["未処理"] = counts["due"]
        if decided != totals.get("due", 0):
            differences["件数の不一致"] = {"対象": totals.get("due", 0), "交付・交付不能・取下げの計": decided}
        return differences
