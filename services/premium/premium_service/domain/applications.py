"""減免・徴収猶予の申請: received at the window, decided by the union with a second officer. Words and what must be true; no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from contracts.eras import format_day, format_fiscal_year

from premium_service.domain.remission_packs import EVIDENCE, Pack

KINDS: Final = {"remission": "保険料の減免", "deferral": "保険料の徴収猶予"}
STATES: Final = {"received": "受付", "granted": "決定", "refused": "却下", "withdrawn": "取下げ", "revoked": "取消し"}
DEFERRAL_GROUNDS: Final = {
    "disaster": "災害により財産に著しい損害を受けた",
    "income_fall": "事業の休廃止・失業などにより収入が著しく減った",
    "illness": "重い病気・長い入院により収入が著しく減った",
    "other": "その他の特別の理由",
}


def faults_of_deferral(instalments: Sequence[Mapping[str, Any]], until: date, *, months_at_most: int | None) -> list[str]:
    """What is wrong with a deferral, in Japanese. It begins on the due day of each instalment and ends after so many months at most."""
    if months_at_most is None:
        return ["この広域連合の徴収猶予の期間の上限が、まだ確かめられていません。基準を登録してから決定してください。"]
    if not instalments:
        return ["猶予する期別を選んでください。"]
    found = []
    for instalment in instalments:
        due_on = date.fromisoformat(str(instalment["due_on"]))
        if until <= due_on:
            found.append(f"第{instalment['number']}期の納期限より後の日にしてください。")
        elif until > later(due_on, months_at_most):
            found.append(f"第{instalment['number']}期は、納期限から{months_at_most}か月より長く猶予できません。")
    return found


def later(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return date(year, month, min(day.day, last))


def shown(kind: str, content: Mapping[str, Any], packs: Mapping[str, Pack]) -> dict[str, str]:
    """An application as people read it: Japanese term → text."""
    evidence = "、".join(EVIDENCE.get(code, code) for code in content["evidence"])
    found = {"申請": KINDS[kind], "年度": format_fiscal_year(content["fiscal_year"]), "申請日": _day(content["applied_on"])}
    found["申請した人"] = f"{content['applicant']}（{content['relationship']}）"
    if kind == "remission":
        pack = packs.get(content["pack"])
        found["基準"] = pack.term if pack else content["pack"]
        found["程度"] = pack.degrees[content["degree"]].term if pack and content["degree"] in pack.degrees else content["degree"]
        found["事由の発生日"] = _day(content["happened_on"])
        if content.get("previous_income") is not None:
            found["前年の所得"] = f"{content['previous_income']:,}円"
            found["見込みの所得"] = f"{content['expected_income']:,}円"
    else:
        found["理由"] = DEFERRAL_GROUNDS[content["ground"]]
        found["期別"] = "、".join(f"第{one['number']}期（{_day(one['due_on'])}）" for one in content["instalments"])
        found["希望する期限"] = _day(content["until"])
    found["確かめた書類"] = evidence + (f"（{content['evidence_note']}）" if content.get("evidence_note") else "")
    if content.get("remark"):
        found["備考"] = content["remark"]
    return found


def _day(text: str) -> str:
    return format_day(date.fromisoformat(text))
