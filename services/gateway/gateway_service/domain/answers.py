"""What a municipality is told about one change or one file, and the refusals that only the gateway knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from contracts.layouts import FileError, RowError

EXCHANGE: Final = "municipal.answers"
CONTENT_TYPE: Final = "application/json"
ACCEPTED, REJECTED, PARKED, OFFERED = "accepted", "rejected", "parked", "offered"

_OWN: Final = {
    "KOKI-G001": (
        "世代番号{generation}は、すでに受け付けた世代番号{latest}より新しくありません。",
        "新しい世代番号を付けて送り直してください。",
    ),
    "KOKI-G002": (
        "管理ファイルの市区町村コード「{declared}」は、送り主の市区町村コード「{sender}」と違います。",
        "送り主と管理ファイルを確かめて、次の世代番号で送り直してください。",
    ),
    "KOKI-G003": (
        "「{term}」は、{allowed}からだけ受け付けます。",
        "データの種類と、送り主の番号を確かめてください。",
    ),
    "KOKI-G900": (
        "このファイルの取り込み中に、システムの内部で誤りが起きました。1件も取り込まれていません。",
        "広域連合の運用担当が確かめます。連絡のあと、次の世代番号で送り直してください。",
    ),
    "KOKI-M001": (
        "メッセージが CloudEvents 1.0 の JSON として読めません。{detail}",
        "id・type・data を持つ JSON(一括のときはその配列、1,000件まで)で送り直してください。",
    ),
    "KOKI-M002": (
        "種類「{type}」の変更は受け付けていません。",
        "type とルーティングキー(市区町村コード.種類)を確かめて送り直してください。使えるのは {known} です。",
    ),
    "KOKI-M003": ("メッセージの id「{id}」が UUID ではありません。", "変更ごとに新しい UUID を付けて送り直してください。"),
    "KOKI-M900": (
        "この変更の取り込み中に、システムの内部で誤りが起きました。取り込まれていません。",
        "広域連合の運用担当が確かめます。連絡をお待ちください。",
    ),
}  # fmt: skip


def own_error(code: str, *, column: str | None = None, value: str = "", **words: object) -> dict[str, Any]:
    """An error of the gateway itself, in the form of every other error."""
    message, remedy = _OWN[code]
    return {
        "code": code,
        "row": None,
        "column": column,
        "value": value,
        "message": message.format(**words),
        "remedy": remedy.format(**words),
    }


def of_row(error: RowError) -> dict[str, Any]:
    return {
        "code": error.code,
        "row": error.row_number,
        "column": error.column,
        "value": error.value,
        "message": error.message,
        "remedy": error.remedy,
    }


def of_file(error: FileError) -> dict[str, Any]:
    return {
        "code": error.code,
        "row": error.row_number,
        "column": error.column,
        "value": "",
        "message": error.message,
        "remedy": error.remedy,
    }


def state_of(errors: Sequence[RowError]) -> str:
    """accepted, rejected, or parked when nothing but characters not yet identified stands in the way."""
    if not errors:
        return ACCEPTED
    return PARKED if all(error.severity == "parked" for error in errors) else REJECTED


def answer(message_id: str, state: str, errors: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The answer to one change."""
    return {"message_id": message_id, "state": state, "errors": list(errors)}


def offer(message_id: str, **file: object) -> dict[str, Any]:
    """The word that a file lies ready to be fetched; it has the form of an answer, so that a letterbox reads both."""
    return {"message_id": message_id, "state": OFFERED, "errors": [], "file": file}
