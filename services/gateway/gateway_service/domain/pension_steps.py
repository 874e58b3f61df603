"""特別徴収の十二の手順: what a cycle shows at each boundary, and what does not agree there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

HIDDEN: Final = "年金保険者と経由機関の中で行われます。"


@dataclass(frozen=True, slots=True)
class Step:
    """One of the twelve steps: its marks, what happens, by whom; lines and yen that passed (None: not seen here), and what is wrong."""

    marks: str
    title: str
    by: str
    lines: int | None = None
    yen: int | None = None
    detail: str = ""
    wrong: tuple[str, ...] = ()


def countdown(days_left: int) -> str:
    """締切まであと何日か."""
    if days_left < 0:
        return f"締切を{-days_left}日過ぎました"
    return "今日が締切です" if days_left == 0 else f"締切まであと{days_left}日"


def steps_of(
    cycle: Mapping[str, Any], payments: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, today: date
) -> list[Step]:  # fmt: skip
    """The twelve steps of a cycle over all municipalities. `cycle` and `payments` as collection tells them."""
    towns: Mapping[str, Mapping[str, int]] = cycle["towns"]
    total = {key: sum(town[key] for town in towns.values()) for key in next(iter(towns.values()), {})}
    count = {key: total.get(key, 0) for key in _KEYS}
    own = [row for row in payments if row["paid_month"] == cycle["starts_on"]]
    yen = {key: sum(row[key] for row in own) for key in ("lines", "expected_yen", "deducted_yen", "paid_in_yen", "differing")}
    without_list = _named([code for code, town in towns.items() if not town["listed"]], names)
    without_request = _named([code for code, town in towns.items() if town["listed"] > town["sent"]], names)
    is_late = str(today) > cycle["arrives_by"]
    return [
        Step("①②", "対象者の抽出、共済分の集約", "年金保険者", detail=HIDDEN),
        Step("③④", "全国分の送付と市区町村別の振分け", "年金保険者・経由機関", detail=HIDDEN),
        Step(
            "⑤", "対象者情報の到着", "経由機関 → 市区町村", count["listed"],
            wrong=(f"届いていない市区町村: {without_list}",) if without_list and is_late else (),
            detail=f"到着予定日の前です。未着: {without_list}" if without_list and not is_late else "",
        ),
        Step(
            "⑥", "対象者の特定", "市区町村", count["identified"] + count["not_insured"] + count["unknown"],
            detail=f"特定 {count['identified']:,}件、被保険者でない {count['not_insured']:,}件、該当なし {count['unknown']:,}件",
            wrong=_said({"疑義": count["doubtful"], "未判定": count["without_verdict"]}),
        ),
        Step(
            "⑦", "徴収依頼の送付", "市区町村 → 経由機関", count["sent"], count["sent_yen"],
            detail=f"うち特別徴収 {count['collected']:,}件",
            wrong=(f"依頼が済んでいない市区町村: {without_request}（{count['listed'] - count['sent']:,}件）",) if without_request else (),
        ),
        Step("⑧", "全国分の集約", "経由機関", detail=HIDDEN),
        Step(
            "⑨⑩", "受付と処理結果", "年金保険者", count["accepted"] + count["rejected"], count["accepted_yen"],
            detail=f"受付 {count['accepted']:,}件",
            wrong=_said({"拒否": count["rejected"], "期限切れ": count["timed_out"], "回答待ち": count["unanswered"]}),
        ),
        Step(
            "⑪", "年金からの徴収", "年金保険者", yen["lines"], yen["deducted_yen"], detail=f"予定 {yen['expected_yen']:,}円",
            wrong=(f"予定と違う {yen['differing']:,}件（差 {yen['deducted_yen'] - yen['expected_yen']:,}円）",) if yen["differing"] else (),
        ),
        Step(
            "⑫", "納入", "年金保険者 → 市区町村", yen=yen["paid_in_yen"],
            wrong=(f"徴収した額との差 {short:,}円",) if (short := yen["paid_in_yen"] - yen["deducted_yen"]) else (),
        ),
    ]  # fmt: skip


_KEYS: Final = (
    "listed", "identified", "not_insured", "unknown", "doubtful", "without_verdict", "sent", "collected", "sent_yen", "accepted",
    "rejected", "timed_out", "unanswered", "accepted_yen",
)  # fmt: skip


def _said(found: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"{term} {cases:,}件" for term, cases in found.items() if cases)


def _named(codes: Sequence[str], names: Mapping[str, str]) -> str:
    return "、".join(names.get(code, code) for code in codes)
