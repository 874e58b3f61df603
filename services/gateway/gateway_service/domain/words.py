"""The words in which the screens show codes of the access log, of intake and of the worklist. Pure."""

from __future__ import annotations

from typing import Final

_ACTIONS: Final = {
    "sign_in": "サインイン",
    "sign_out": "サインアウト",
    "set_one_time_code": "確認コードの設定",
    "search": "検索",
    "see_person:qualification": "閲覧（資格）",
    "see_person:household": "閲覧（世帯）",
    "see_person:assessment": "閲覧（賦課）",
    "see_person:instalments": "閲覧（期別）",
    "see_person:documents": "閲覧（帳票）",
    "see_person:history": "閲覧（履歴）",
    "see_person:acts": "閲覧（手続）",
    "see_person:json": "閲覧（データ）",
    "see_document:certificate": "帳票を開く（証）",
    "see_document:assessment": "帳票を開く（計算明細書）",
    "see_document:notice": "帳票を開く（納入通知書）",
    "issue_certificate": "証の発行",
    "see_worklist": "作業一覧",
    "see_approvals": "承認待ち",
    "approve": "承認・差し戻し",
    "see_print_log": "交付記録",
    "see_copay_waits": "負担割合の判定保留",
    "apply_receipts": "基準収入額適用申請の受付",
    "see_card_holdings": "マイナ保険証の保有状況",
    "file_calendar": "ファイルの予定の変更",
    "union_work": "権限のない画面",
    "see_access": "閲覧記録を見る",
    "see_access_log": "閲覧記録を見る",
    "verify_access_log": "閲覧記録の検査",
    "see_people": "権限のない画面",
    "operate": "運用の操作",
    "account": "利用者の登録・変更",
    "trace_person": "追跡の検索",
}
_RESULTS: Final = {"shown": "表示", "done": "実行", "refused": "拒否", "failed": "失敗", "not shown": "表示できず"}
CASES: Final = {
    "income_missing": ("所得が届いていない", "税の担当に所得情報を確かめ、市区町村から送ってください。届くと自動で解消します。"),
    "income_inquiring": ("所得を照会中", "照会先からの回答を待っています。回答があれば所得情報を送ってください。"),
    "copay_rate_undecided": (
        "負担割合・限度額区分の判定保留",
        "世帯員の所得・課税区分を確かめ、所得情報を送ってください。届くと自動で判定します。",
    ),
    "income_record_missing": ("所得の記録が届いていない", "税の記録があるか確かめ、所得情報を送ってください。届くと自動で解消します。"),
    "certificate_unprintable": ("証を印刷できない", "氏名や住所の文字を確かめ、住民情報を送り直してください。届くと自動で作り直します。"),
}
CERTIFICATES: Final = {
    "insurance_card": "被保険者証",
    "eligibility_confirmation": "資格確認書",
    "eligibility_notice": "資格情報のお知らせ",
}
STATES: Final = {
    "received": ("受付中", "quiet"),
    "accepted": ("受理", "good"),
    "accepted_with_errors": ("一部返却", "warn"),
    "refused": ("返却", "bad"),
}
KINDS: Final = {
    "residents": "住民情報",
    "incomes": "所得情報",
    "card_holdings": "マイナ保険証保有情報",
    "qualifications": "資格情報",
}
HOLDING_REFUSALS: Final = {
    "number_unknown": ("被保険者番号の人がいません。", "番号を確かめてください。"),
    "birth_differs": ("生年月日が台帳と一致しません。", "台帳の生年月日(不詳でないか)と、別人の番号でないかを確かめてください。"),
    "sex_differs": ("性別が台帳と一致しません。", "台帳の性別と、別人の番号でないかを確かめてください。"),
    "older_than_known": ("すでに知られている状況より前の日の確認です。", "新しい確認の結果を送ってください。"),
    "named_twice": ("同じ番号の行が2つあります。", "どちらが正しいかを確かめ、1行にして送ってください。"),
}
SERVICES: Final = {
    "gateway": "窓口",
    "eligibility": "資格",
    "premium": "賦課",
    "collection": "収納",
    "benefits": "給付",
    "statistics": "統計",
}


def action(code: str) -> str:
    """What was done, in Japanese; an unknown code as it is."""
    return _ACTIONS.get(code, code)


def result(code: str) -> str:
    return _RESULTS.get(code, code)
