"""`issue-copay-notices`: 負担割合判定通知書 for everybody whose rate has changed and who has not been told, in print files."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final
from uuid import UUID

from chassis.jobs import Chunk, Plan
from chassis.law import day_number
from chassis.unit_of_work import UnitOfWork

from eligibility_service import settings as service_settings
from eligibility_service.documents.copay_notice.build import notice_fields
from eligibility_service.documents.printing import print_many
from eligibility_service.domain.copay import law_on
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.store import addressing, copay_notices, needs

PEOPLE: Final = 1_000
BY_RUN: Final = "一括作成"
"""Who made a letter of a run, as the list of letters shows it."""


class IssueCopayNotices:
    """負担割合判定通知書の一括作成. Parameter `year` (the copay year that begins on its 1 August; default that of the business day).

    Each chunk is one print file that goes to the post, and one without addresses of those under 支援措置, which does not. Whoever was told
    of a change at a window, or by an earlier run, is not told again.
    """

    name = "issue-copay-notices"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        year = _year(parameters, uow)
        changes = await copay_notices.untold(uow, year)
        await copay_notices.make_due(uow, run_id, changes)
        parts = await copay_notices.chunks_of_run(uow, run_id, people=PEOPLE)
        by_change = Counter(f"{one.rate_before // 10}割→{one.span['rate_percent'] // 10}割" for one in changes)
        preview = {
            "判定年度": year.name,
            "通知する件数": len(changes),
            "負担割合の変更": dict(sorted(by_change.items())),
            "市区町村": dict(sorted(Counter(one.municipality_code for one in changes).items())),
        }
        return Plan([Chunk(number, *part) for number, part in enumerate(parts, start=1)], preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        due = await copay_notices.due_between(uow, run_id, chunk.first_key, chunk.last_key)
        still = await copay_notices.untold(uow, _year(parameters, uow), only={key[0] for key in due})
        changes = {due[one.key]: one for one in still if one.key in due}
        gone = [notice for notice in due.values() if notice not in changes]
        await copay_notices.withdraw(uow, gone)
        people = sorted({(one.municipality_code, one.resident_number) for one in changes.values()})
        names, deliveries = await copay_notices.names_of(uow, people), await addressing.deliveries(uow, people)
        union = await needs.settings(uow)
        issued, refused = 0, 0
        for by_post in (True, False):
            wanted = {
                notice: one
                for notice, one in changes.items()
                if (deliveries[one.municipality_code, one.resident_number] is not None) is by_post
            }
            fields = [
                notice_fields(
                    one.span,
                    one.rate_before,
                    delivery=deliveries[one.municipality_code, one.resident_number],
                    name=names[one.municipality_code, one.resident_number],
                    insured_number=one.insured_number,
                    law=law_on(day_number(one.span["valid_from"]), sample=service_settings.current().sample_data),
                    union=union,
                    issued_on=uow.today,
                )
                for one in wanted.values()
            ]
            printed = await asyncio.to_thread(print_many, copay_notices.FORM, fields)
            made = [(notice, one, page) for (notice, one), page in zip(wanted.items(), printed.pages, strict=True) if page is not None]
            kept_back = [(notice, why) for notice, why in zip(wanted, printed.refusals, strict=True) if why is not None]
            await copay_notices.refuse(uow, kept_back)
            if printed.pdf is not None:
                await copay_notices.keep_file(uow, run_id, made, printed.pdf, by=BY_RUN, shows_address=by_post)
            issued, refused = issued + len(made), refused + len(kept_back)
        return {"due": len(due), "issued": issued, "refused": refused, "withdrawn": len(gone)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every notice that was due is made, refused with its reason, or withdrawn because the change is none any more."""
        states: Counter[str] = Counter()
        for row in await copay_notices.counts_of_run(uow, run_id):
            states[row["state"]] += row["count"]
        differences: dict[str, Any] = {}
        if states["due"]:
            differences["未処理"] = states["due"]
        for name, state in (("issued", "made"), ("refused", "refused"), ("withdrawn", "withdrawn")):
            if states[state] != totals.get(name, 0):
                differences[f"件数の不一致（{state}）"] = {"記録": states[state], "処理": totals.get(name, 0)}
        return differences


def _year(parameters: dict[str, Any], uow: UnitOfWork) -> CopayYear:
    return CopayYear(int(parameters["year"])) if parameters.get("year") else CopayYear.of(uow.today)
