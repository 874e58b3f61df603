"""`issue-cards`: everybody insured who has no certificate for the year gets one, in print files of at most 1,000 pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.documents.card.build import UNDECIDED
from eligibility_service.documents.printing import print_many
from eligibility_service.domain.certificates import KIND_NAMES
from eligibility_service.store import runs
from eligibility_service.store.issuing import issue

PAGES: Final = 1_000


class IssueCards:
    """一括交付. Parameter `on` (ISO day, default the business day): the day on which the certificates are to be valid.

    Prepared in July with `on=2026-08-01` it is the yearly renewal, and the preview shows what differs from the certificates of the day
    before, by kind, rate and municipality. Each chunk is one print file of a form; the page of each person is kept, and its list sealed.
    """

    name = "issue-cards"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        on = date.fromisoformat(parameters["on"]) if parameters.get("on") else uow.today
        await runs.make_due_for_run(uow, run_id, on=on)
        parts = await runs.chunks_of_run(uow, run_id, size=PAGES)
        chunks = [Chunk(number, first, last, records) for number, (first, last, records) in enumerate(parts, start=1)]
        by_kind: Counter[str] = Counter()
        by_municipality: Counter[str] = Counter()
        for row in await runs.counts_of_run(uow, run_id):
            by_kind[KIND_NAMES[row["kind"]]] += row["count"]
            by_municipality[row["municipality_code"]] += row["count"]
        preview = {
            "有効となる日": on.isoformat(),
            "交付する件数": by_kind.total(),
            "種類": dict(by_kind),
            "市区町村": dict(by_municipality),
            "前日に有効な証との差": _differences(await runs.differences_to_last(uow, run_id, on=on)),
        }
        return Plan(chunks, preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        due = await runs.due_between(uow, run_id, chunk.first_key, chunk.last_key)
        return {"due": len(due), **await issue(uow, due, print_many, packed=True, run_id=run_id)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every certificate that was due is issued, refused with its reason, or withdrawn because its person is insured no more.

        The pages of the print files are as many as the certificates issued.
        """
        counts = dict.fromkeys(("due", "issued", "refused", "withdrawn"), 0)
        for row in await runs.counts_of_run(uow, run_id):
            counts[row["state"]] += row["count"]
        decided = totals.get("issued", 0) + totals.get("refused", 0) + totals.get("withdrawn", 0)
        differences: dict[str, Any] = {}
        if counts["due"]:
            differences["未処理"] = counts["due"]
        if decided != totals.get("due", 0):
            differences["件数の不一致"] = {"対象": totals.get("due", 0), "交付・交付不能・取下げの計": decided}
        pages = sum(found["pages"] for found in await runs.files_of_run(uow, run_id))
        if pages != totals.get("issued", 0):
            differences["頁数の不一致"] = {"交付": totals.get("issued", 0), "印刷ファイルの頁": pages}
        return differences


def _differences(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, int]]]:
    """By kind, rate and municipality: 前 (in force the day before), 今回, 差."""
    groups: dict[str, dict[str, Counter[str]]] = {"種類": {}, "負担割合": {}, "市区町村": {}}
    for row in rows:
        rate = UNDECIDED if row["rate"] == "undecided" else f"{int(row['rate']) // 10}割"
        for group, name in (("種類", KIND_NAMES[row["kind"]]), ("負担割合", rate), ("市区町村", row["municipality_code"])):
            groups[group].setdefault(name, Counter()).update({"前": row["before"], "今回": row["now"]})
    return {
        group: {
            name: {"前": found["前"], "今回": found["今回"], "差": found["今回"] - found["前"]} for name, found in sorted(names.items())
        }
        for group, names in groups.items()
    }
