"""The batch jobs that the console offers, with the words and the parameters an operator fills in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter: its name, its label, and the value it begins with."""

    name: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A job of a service."""

    service: str
    name: str
    term: str
    meaning: str
    parameters: tuple[Choice, ...] = ()


OFFERS: Final = (
    Offer(
        "premium",
        "assess",
        "保険料の本算定",
        "賦課の期日が来ている世帯の保険料を決定します。",
        (Choice("scope", "対象（due: 期日が来た世帯、all: 全員）", "due"), Choice("fiscal_year", "年度（allのとき。空は今年度）")),
    ),
    Offer(
        "premium",
        "assess-provisionally",
        "保険料の仮算定",
        "前々年の所得により、本算定までの月の保険料を計算します。",
        (Choice("fiscal_year", "年度（空は今年度）"),),
    ),
    Offer(
        "premium",
        "issue-decision-notices",
        "決定通知書・変更通知書の一括作成",
        "いまの保険料額をまだ知らせていない人の通知書を、印刷ファイルにします。",
        (Choice("fiscal_year", "年度（空は今年度）"), Choice("municipality_code", "市区町村コード（空は全域）")),
    ),
    Offer(
        "eligibility",
        "judge-copay-rates",
        "負担割合・限度額区分の判定",
        "判定年度の全員、またはファイルで変わった市区町村の人を判定します。",
        (Choice("year", "判定年度（8月からの西暦年。空は今の年度）"), Choice("scope", "対象（all は全員、due は変わった市区町村）", "due")),
    ),
    Offer(
        "eligibility",
        "issue-copay-notices",
        "負担割合判定通知書の一括作成",
        "負担割合が変わり、まだ通知していない人の通知書を、印刷ファイルにします。",
        (Choice("year", "判定年度（8月からの西暦年。空は今の年度）"),),
    ),
    Offer(
        "eligibility",
        "issue-cards",
        "資格確認書の一括作成",
        "有効期間の始まる証を、まだない人の分だけ作ります。8月1日を入れると、年次更新です。",
        (Choice("on", "有効となる日（例 2026-08-01。空は今日）"),),
    ),
    Offer("eligibility", "find-duplicates", "名寄せ候補の検索", "同じ人かもしれない二人を、全員の中から探します。"),
    Offer("eligibility", "check-ledger", "台帳の検査", "台帳を記載から作り直して比べます。何も変えません。"),
    Offer(
        "eligibility",
        "send-qualifications",
        "資格情報ファイルの作成",
        "前の世代の後に変わった資格を、市区町村へ渡すファイルにします。世代番号を入れると、その世代を作り直します。",
        (
            Choice("municipality", "市区町村コード(空は全部)"),
            Choice("whole", "全件にするときは true"),
            Choice("generation", "作り直す世代"),
        ),
    ),
    Offer(
        "eligibility",
        "send-expected-insured",
        "75歳到達予定者ファイルの作成",
        "翌月から3か月のうちに75歳に達する人を、市区町村へ渡すファイルにします。",
        (Choice("municipality", "市区町村コード(空は全部)"), Choice("generation", "もう一度渡す世代")),
    ),
    Offer(
        "eligibility",
        "send-eligibility-feed",
        "資格ファイル(オンライン資格確認)の作成",
        "台帳とすべての項目が合うときだけ送出します。合わない項目があれば、その世代を止めます。",
        (Choice("whole", "全件にするときは true", "true"),),
    ),
    Offer("collection", "issue-notices", "納入通知書の一括作成", "期別が決まった人の納入通知書を作ります。"),
)

STATES: Final = {
    "prepared": ("承認待ち", "warn"),
    "approved": ("実行中", "quiet"),
    "reconciled": ("完了", "good"),
    "different": ("不一致あり", "bad"),
}

BY_THEMSELVES: Final = {
    ("eligibility", "acquire-on-birthday"): "75歳到達による資格取得",
    ("eligibility", "judge-on-birthday"): "70歳・75歳到達による再判定",
    ("eligibility", "watch-deliveries"): "届いていない証の確認",
    ("eligibility", "make-list"): "名簿の作成",
    ("eligibility", "make-result-table"): "創設結果表の作成",
}
"""Jobs that the calendar or a screen starts: no operator prepares them."""


def term_of(service: str, name: str) -> str:
    """The Japanese name of a job; its own name where the console does not know it."""
    offered = {(offer.service, offer.name): offer.term for offer in OFFERS}
    return (offered | BY_THEMSELVES).get((service, name), name)


_WORDS: Final = {
    "annual_amount": "年間保険料額の合計(円)",
    "amount_told": "前に知らせた年額の合計(円)",
    "assessed": "決定した人",
    "by_reason": "理由別",
    "by_hand": "うち手渡し",
    "change": "変更通知書",
    "changed": "変わった行",
    "changes": "うち変更通知書",
    "decided": "決定した人",
    "decision": "決定通知書",
    "differences": "不一致",
    "due": "作る証",
    "files": "ファイル",
    "fiscal_year": "年度",
    "former_dependant_unknown": "被扶養者だったか不明な人",
    "gone": "いなくなった人",
    "households": "世帯",
    "income_year": "基礎とする所得の年",
    "insured": "対象の被保険者",
    "issued": "作成した数",
    "last_run": "前回の実行",
    "law_hash": "料率・法令の版",
    "left_behind": "渡していない資格",
    "limited": "期間制限により決定しない人",
    "months": "月数",
    "municipalities": "市区町村",
    "new": "新しい人",
    "notices": "通知書",
    "overtaken": "新しい決定に替わったもの",
    "pending": "所得を待っている人",
    "people": "人",
    "provisional": "暫定の数値",
    "refused": "作成できなかった数",
    "same_amount": "額が変わらず知らせない人",
    "revised_since": "準備の後に決定した人",
    "rows": "行",
    "scope": "対象",
    "totals": "合計",
    "unchanged": "変わらない人",
    "yen": "金額(円)",
    "yen_decided": "決定した額(円)",
    "yen_in_force": "有効な額(円)",
}


def flat(found: Any, names: Mapping[str, str], above: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """A preview or result as lines of (words, value). `names`: municipality code → name; a word nobody has translated stays as it is."""
    if isinstance(found, dict):
        return [line for key, value in found.items() for line in flat(value, names, (*above, str(key)))]
    if isinstance(found, list) and all(isinstance(part, dict) and "fiscal_year" in part for part in found):
        return [line for part in found for line in flat(part, names, (*above[:-1], f"{part['fiscal_year']}年度"))]
    words = " ".join(_WORDS.get(part) or names.get(part, part) for part in above if part != "totals")
    if found is None:
        return [(words, "なし")]
    if isinstance(found, bool) or not isinstance(found, int):
        return [(words, str(found))]
    return [(words, f"{found}年度" if above and above[-1] == "fiscal_year" else f"{found:,}")]
