"""異動履歴: what changed from one record of a resident to the next, and what became of the qualifications, for people to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

TERMS: Final = {
    "household_number": "世帯番号",
    "relationship": "続柄",
    "status": "住民状態",
    "name": "氏名",
    "name_kana": "フリガナ",
    "sex": "性別",
    "born_on": "生年月日",
    "born_on_unknown_text": "生年月日の表記",
    "postal_code": "郵便番号",
    "resident_since": "住民となった日",
    "ended_on": "消除の異動年月日",
}
_ADDRESS: Final = ("address_prefecture", "address_municipality", "address_town", "address_number", "address_building")
STATUS: Final = {"1": "住民", "2": "転出", "3": "死亡", "4": "職権消除"}
GROUND: Final = {
    "age": "75歳到達",
    "moved_in": "転入",
    "disability": "障害認定",
    "exclusion_ended": "適用除外の終了",
    "domicile_exception": "住所地特例",
    "other_union_ended": "他の広域連合の住所地特例の終了",
    "moved_within_union": "区域内の他市区町村からの転入",
}
LOSS: Final = {
    "death": "死亡",
    "moved_out": "転出",
    "removed": "職権消除",
    "public_assistance": "生活保護の開始",
    "excluded": "適用除外",
    "disability_ended": "障害の状態の終了",
    "disability_withdrawn": "障害認定の撤回",
    "domicile_exception_ended": "住所地特例の終了",
    "other_union": "他の広域連合の住所地特例",
    "moved_within_union": "区域内の他市区町村への転出",
}


def of_person(records: Sequence[Mapping[str, Any]], revisions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entries with both times (valid_from, valid_until, recorded_from, recorded_until), the newest knowledge first.

    `records`: every version of the resident's record in two times, by sequence; `revisions`: those of the qualifications.
    """
    entries = _of_records(records) + _of_qualifications(revisions)
    return sorted(entries, key=lambda entry: (entry["recorded_from"], entry["valid_from"]), reverse=True)


def _of_records(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    entries = []
    before: Mapping[str, Any] | None = None
    previous: Mapping[str, Any] | None = None
    for record in records:
        if previous is not None and record["sequence"] != previous["sequence"]:
            before = previous
        entries.append(_entry(record, record["change_reason"], _changed(before, record)))
        previous = record
    return entries


def _changed(before: Mapping[str, Any] | None, record: Mapping[str, Any]) -> str:
    if before is None:
        return "住民の記録"
    terms = [term for name, term in TERMS.items() if name != "status" and before[name] != record[name]]
    if before["status"] != record["status"]:
        terms.insert(0, STATUS[record["status"]])
    if not same_address(before, record):
        terms.append("住所")
    return "、".join(terms) or "記録の更新"


def same_address(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two records of a resident say the same address."""
    return all(before[name] == after[name] for name in _ADDRESS)


def last_change(records: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The last two records, one after the other, that say something else of a person who stays resident; None where there are none.

    `records`: every record of the resident as it was told, by sequence.
    """
    told = [record for record in records if record["status"] == "1"]
    pairs = [(one, other) for one, other in pairwise(told) if _changed(one, other) != "記録の更新"]
    return pairs[-1] if pairs else None


def _of_qualifications(revisions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    entries = []
    for revision in revisions:
        lost_on, acquired_on = revision["lost_on"], revision["acquired_on"]
        if lost_on == acquired_on:
            what = "資格取得の取消"
        elif lost_on:
            what = f"資格喪失（{LOSS[revision['loss_reason']]}）"
        else:
            what = f"資格取得（{GROUND[revision['acquisition_ground']]}）" if revision["revision"] == 1 else "資格の変更"
        entries.append(_entry({**revision, "valid_from": acquired_on, "valid_until": lost_on}, "", what))
    return entries


def _entry(row: Mapping[str, Any], change_reason: str, what: str) -> dict[str, Any]:
    times = {name: row[name] for name in ("valid_from", "valid_until", "recorded_from", "recorded_until")}
    return {**times, "change_reason": change_reason, "what": what}
