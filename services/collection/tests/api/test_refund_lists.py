"""還付・充当一覧 (C-18): what was decided, and where it stood at the end of a day, whatever has happened since."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases

from services.collection.tests.api.refund_window import Window, window
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, assessed, insured, resident
from services.collection.tests.refunds import entered, paid

DECIDED, TAKEN_BACK = date(2026, 9, 15), date(2026, 9, 20)
ASKED = f"/refund-lists/{CHIYODA}{{}}?first=2026-09-01&last=2026-09-30"


async def lines(there: Window, as_of: str) -> list[tuple[Any, ...]]:
    found = await there.get(f"{ASKED.format('')}&as_of={as_of}")
    return [tuple(line[name] for name in ("insured_number", "kind", "amount", "state")) for line in found]


async def test_the_list_tells_each_decision_as_it_stood_on_the_day(databases: Databases, tmp_path: Path) -> None:
    """On paper and as CSV; what was taken back is there, and in no total."""
    database = await databases("collection", ROOT)
    async with database.units() as units:
        for person in (1, 2):
            await apply(units, resident(person), insured(person), assessed(person, 58_050))
    async with window(database, tmp_path, today=DECIDED) as there:
        july = date(2026, 7, 31)
        await entered(there.units, paid(1, 7_650, number=1, on=july), paid(1, 10_000, on=july), paid(2, 14_850, on=july), today=DECIDED)
        for person in (1, 2):
            case = await there.case_of(person)
            made = await there.approved(f"/refund-cases/{case['case_id']}/proposal", {"kind": "refund", "reason": "過誤納のため"})
    async with window(database, tmp_path, today=TAKEN_BACK) as there:
        await there.approved(f"/refund-decisions/{made['decisions'][-1]}/taking-back", {"reason": "誤り"})

        before = [("00000001", "充当", 7_200, "充当済"), ("00000001", "還付", 2_800, "通知前")]
        assert await lines(there, "2026-09-14") == []
        assert (await lines(there, "2026-09-19"))[:2] == before
        assert (await lines(there, "2026-09-19"))[2] == ("00000002", "充当", 14_850, "充当済")
        assert (await lines(there, "2026-09-20"))[2] == ("00000002", "充当", 14_850, "取消し")
        (page,) = PageTexts((await there.client.get(ASKED.format("/file"))).content)
        assert "合計2件充当7,200円還付2,800円還付加算金0円" in page
        csv = (await there.client.get(f"{ASKED.format('/file')}&form=csv")).content.decode("utf-8-sig").splitlines()
        assert (len(csv), csv[1].split(",")[6]) == (4, '"7200"')

        there.sits("stranger", HACHIOJI)
        assert (await there.client.get(ASKED.format(""))).status_code == 403
