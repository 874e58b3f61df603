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
    Entry("証", "送付一覧", "作成してまだ発送していない証と、その送付先です。", "/desk/sending", Right.SEE_WORKLIST),
    Entry("証", "返戻一覧", "郵便で戻ってきた証と、それぞれにすることです。", "/desk/returned", Right.SEE_WORKLIST),
    Entry("証", "未回収一覧", "返していただく証で、まだ戻っていないものです。", "/desk/uncollected", Right.SEE_WORKLIST),
    Entry("証", "交付簿", "ある日からある日までに交付した証を、交付番号の順に示します。", "/desk/register", Right.SEE_WORKLIST),
    Entry("証", "印刷ファイル", "一括交付で作ったファイルの発送を記録します。", "/desk/print-files", Right.UNION_WORK),
    Entry("証", "滞納による措置の対象者", "資格証明書・特別療養費・短期証の手順にある人です。", "/desk/arrears", Right.SEE_WORKLIST),
    Entry("一覧", "交付記録", "発行した証を、発行した日ごとに確かめます。", "/print-log", Right.SEE_WORKLIST),
    Entry("一覧", "被保険者数", "市区町村・年齢・性別ごとの人数を、基準日を選んで確かめます。", "/counts", Right.SEE_COUNTS),
)
"""In the order of the page; entries of a group stand together."""

PERSON_ACTS: Final[tuple[Entry, ...]] = (
    Entry(
        "証",
        "証の申請",
        "限度額の区分、特定疾病、資格確認書の申請を受け付け、証を交付します。",
        "/acts/certificate-application",
        Right.TAKE_NOTICES,
    ),
    Entry("証", "滞納による措置", "弁明の受付、措置の申請、資格証明書の交付を行います。", "/acts/arrears", Right.TAKE_NOTICES),
)
"""Acts about one person; `path` follows the person's own path, such as /acts/disability."""
