"""What stands on the menu 業務 and on a person's tab 手続. Pure; a new screen is one line here and its router in bootstrap.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway_service.domain.roles import Right


@dataclass(frozen=True, slots=True)
class Entry:
    """A screen: where it stands in the menu, its title, what it is for, its path, and the right it needs."""

    group: str
    title: str
    purpose: str
    path: str
    right: Right


MENU: Final[tuple[Entry, ...]] = (
    Entry("確かめる", "承認待ち", "ほかの職員が申請した処理を確かめて、承認または差し戻しをします。", "/approvals", Right.APPROVE),
    Entry(
        "ファイルの受け渡し",
        "受け渡しの予定と状況",
        "市区町村とのファイルが予定どおりに届き、渡っているか、資格ファイルの鮮度とあわせて確かめます。",
        "/file-board",
        Right.UNION_WORK,
    ),
    Entry(
        "ファイルの受け渡し",
        "マイナ保険証の保有状況",
        "取り込んだ保有情報と、本人を確かめられなかった行を見ます。",
        "/card-holdings",
        Right.UNION_WORK,
    ),
    Entry("一覧", "交付記録", "発行した証を、発行した日ごとに確かめます。", "/print-log", Right.SEE_WORKLIST),
    Entry("一覧", "被保険者数", "市区町村・年齢・性別ごとの人数を、基準日を選んで確かめます。", "/counts", Right.SEE_COUNTS),
)
"""In the order of the page; entries of a group stand together."""

PERSON_ACTS: Final[tuple[Entry, ...]] = (
    Entry("負担割合", "基準収入額適用申請", "収入額による申請を受け付け、負担割合を判定し直します。", "/acts/receipts", Right.TAKE_NOTICES),
)
"""Acts about one person; `path` follows the person's own path, such as /acts/disability."""
