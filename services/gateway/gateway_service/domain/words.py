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
    "see_document:arrears_letter": "帳票を開く（滞納の通知）",
    "issue_certificate": "証の発行",
    "certificate_delivery": "証の引渡し・返戻の記録",
    "certificate_collection": "証の回収の記録",
    "apply_certificate": "証の申請",
    "arrears_act": "滞納による措置の処理",
    "send_certificates": "証の発送の記録",
    "see_certificates:sending": "送付一覧",
    "see_certificates:returned": "返戻一覧",
    "see_certificates:uncollected": "未回収一覧",
    "see_certificates:register": "交付簿",
    "see_certificates:arrears": "滞納による措置の対象者",
    "see_certificates:print_files": "印刷ファイル",
    "see_worklist": "作業一覧",
    "see_approvals": "承認待ち",
    "approve": "承認・差し戻し",
    "see_print_log": "交付記録",
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
    "certificate_unprintable": ("証を印刷できない", "氏名や住所の文字を確かめ、住民情報を送り直してください。届くと自動で作り直します。"),
    "certificate_undelivered": ("証が届いていない", "送付先を確かめて再送するか、窓口で渡してください。受領すると自動で解消します。"),
    "certificate_returned": ("証が返戻された", "返戻一覧を開き、書かれている対応をしてください。"),
    "arrears_to_decide": ("滞納による措置の決定待ち", "弁明を確かめ、措置を広域連合に申請するか、終了してください。"),
    "card_not_collected": ("被保険者証が返還されていない", "返還の期限を過ぎています。本人に連絡し、証を回収してください。"),
}
CERTIFICATES: Final = {
    "insurance_card": "被保険者証",
    "short_term_card": "短期被保険者証",
    "status_certificate": "被保険者資格証明書",
    "eligibility_confirmation": "資格確認書",
    "eligibility_notice": "資格情報のお知らせ",
    "limit_certificate": "限度額適用認定証",
    "reduction_certificate": "減額認定証",
    "specific_disease_certificate": "特定疾病療養受療証",
}
ISSUE_REASONS: Final = {
    "loss": "紛失した",
    "damage": "汚れた・破れた",
    "name_changed": "氏名が変わった",
    "address_changed": "住所が変わった",
    "other": "そのほか",
}
STATES: Final = {
    "received": ("受付中", "quiet"),
    "accepted": ("受理", "good"),
    "accepted_with_errors": ("一部返却", "warn"),
    "refused": ("返却", "bad"),
}
KINDS: Final = {"residents": "住民情報", "incomes": "所得情報"}
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
