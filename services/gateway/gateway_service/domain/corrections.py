"""訂正・履歴修正・取消・番号の変更: what each is called, and the command it becomes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

TITLES: Final = {
    "corrected": "訂正",
    "amended": "履歴修正",
    "cancelled": "資格の取消",
    "renumbered": "被保険者番号の変更",
    "taken_back": "記載の取消",
}
ADVICE: Final = {
    "corrected": "取得または喪失の事由の誤りを直します。日付の誤りは「履歴修正」で直します。",
    "amended": "過去にさかのぼって、資格の取得日・喪失日を直します。喪失日を空にすると、資格は続きます。",
    "cancelled": "存在しないはずの資格を取り消します。証・保険料・給付にも伝わります。",
    "renumbered": "資格はそのままで、使われたことのない別の番号を付けます。前の番号は誰にも使われません。",
    "taken_back": "誤って記載したものを取り消し、記載がなかったものとして資格を決めなおします。",
}


def content(kind: str, target: Mapping[str, Any], typed: Mapping[str, str], days: Mapping[str, str | None]) -> dict[str, Any]:
    """The content of the command: the old values as the ledger shows them now, and the new ones as typed."""
    if kind == "taken_back":
        return {"kind": kind, "entry_id": target["entry_id"]}
    if kind == "renumbered":
        return {"kind": kind, "insured_id": target["insured_id"], "old_number": target["insured_number"], "new_number": ""}
    found = {"kind": kind, "acquired_on": target["acquired_on"]}
    if kind == "corrected":
        fact = "loss_reason" if typed.get("fact") == "loss_reason" else "acquisition_ground"
        old = target["loss_reason"] if fact == "loss_reason" else target["ground"]
        return found | {"fact": fact, "old": old or "", "new": typed.get("new", "")}
    if kind == "amended":
        reason = typed.get("new_loss_reason") or target["loss_reason"] or "moved_out"
        new_lost_on = days.get("new_lost_on")
        return found | {
            "lost_on": target["lost_on"],
            "new_acquired_on": days.get("new_acquired_on"),
            "new_lost_on": new_lost_on,
            "new_loss_reason": reason if new_lost_on else None,
        }
    return found
