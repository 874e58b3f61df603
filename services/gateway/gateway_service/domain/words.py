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
    "take_notice": "届出の受付",
    "make_letter": "通知の作成",
    "see_document:letter": "帳票を開く（資格の通知）",
    "ask_correction": "訂正・取消の申請",
    "see_ledger_list": "資格の一覧",
    "see_worklist": "作業一覧",
    "see_approvals": "承認待ち",
    "see_registers": "台帳の登録の一覧",
    "see_document:delivery_letter": "帳票を開く（送付先変更のお知らせ）",
    "see_document:survey_sheet": "帳票を開く（居所調査票）",
    "delivery_address": "送付先の申請",
    "address_protection": "支援措置の登録",
    "address_protection_end": "支援措置の終了の申請",
    "address_release": "支援措置の対象者の住所の表示の申請",
    "see_withheld_address": "支援措置の対象者の住所の表示",
    "hand_over": "引き渡しの記録",
    "residence_survey": "居所の調査",
    "see_duplicates": "名寄せ",
    "decide_duplicate": "名寄せの決定の申請",
    "see_characters": "外字の同定依頼",
    "identify_character": "外字の同定",
    "approve": "承認・差し戻し",
    "see_list:ledger": "名簿（被保険者台帳）",
    "see_list:changes": "名簿（異動整理簿）",
    "see_list:reached": "名簿（75歳到達者）",
    "see_list:expected": "名簿（75歳到達予定者）",
    "see_lists": "作成した名簿の一覧",
    "make_list": "名簿の作成",
    "fetch_list": "名簿のファイルを開く",
    "see_migration": "移行の状況",
    "set_migration_plan": "移行の計画",
    "write_milestone": "進捗表の記入",
    "make_result_table": "創設結果表の作成",
    "ask_for_step": "期の変更の申請",
    "see_print_log": "交付記録",
    "see_copay_waits": "負担割合の判定保留",
    "make_copay_notice": "負担割合判定通知書の作成",
    "apply_receipts": "基準収入額適用申請の受付",
    "see_card_holdings": "マイナ保険証の保有状況",
    "see_income_gaps": "所得のわからない方の一覧",
    "see_income_checks": "所得の突合と取込結果",
    "declare_income": "簡易申告の受付",
    "inquire_income": "所得の照会の記録",
    "override_income": "照会中の所得による決定の申請",
    "see_document:simple_declaration": "帳票を開く（簡易申告書）",
    "see_applications": "減免・徴収猶予の申請の一覧",
    "apply_for_relief": "減免・徴収猶予の申請の受付",
    "withdraw_application": "減免・徴収猶予の申請の取下げ",
    "propose_relief": "減免・徴収猶予の決定の申請",
    "see_document:application": "帳票を開く（減免・徴収猶予）",
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
    "protection_expiring": ("支援措置の期限が近い", "延長するかを本人に確かめ、「手続」の支援措置で延長または終了してください。"),
    "protection_expired": ("支援措置の期限が過ぎた", "延長または終了を決めてください。決めるまで住所は表示されません。"),
    "survey_overdue": ("居所の調査の期限が過ぎた", "「手続」の居所の調査で、結果を記録してください。"),
    "previous_insurer_unclear": (
        "前保険が確かめられていない",
        "届出と記録の保険が違うか、わかりません。証拠書類で確かめて、前保険を記録してください。",
    ),
    "copay_rate_undecided": (
        "負担割合・限度額区分の判定保留",
        "世帯員の所得・課税区分を確かめ、所得情報を送ってください。届くと自動で判定します。",
    ),
    "income_record_missing": ("所得の記録が届いていない", "税の記録があるか確かめ、所得情報を送ってください。届くと自動で解消します。"),
    "certificate_unprintable": ("証を印刷できない", "氏名や住所の文字を確かめ、住民情報を送り直してください。届くと自動で作り直します。"),
    "certificate_undelivered": ("証が届いていない", "送付先を確かめて再送するか、窓口で渡してください。受領すると自動で解消します。"),
    "certificate_returned": ("証が返戻された", "返戻一覧を開き、書かれている対応をしてください。"),
    "arrears_to_decide": ("滞納による措置の決定待ち", "弁明を確かめ、措置を広域連合に申請するか、終了してください。"),
    "card_not_collected": ("被保険者証が返還されていない", "返還の期限を過ぎています。本人に連絡し、証を回収してください。"),
}
LETTERS: Final = {
    "copay_rate_changed": "負担割合判定通知書",
    "receipt": "届出受付票",
    "disability_certified": "障害認定通知書",
    "disability_refused": "障害認定申請却下通知書",
    "domicile_exception": "住所地特例該当通知書",
    "domicile_exception_ended": "住所地特例非該当通知書",
    "acquisition": "資格取得通知書",
    "loss": "資格喪失通知書",
    "loss_certificate": "資格喪失証明書",
}
EVIDENCE: Final = {
    "pension": "障害年金証書",
    "physical": "身体障害者手帳",
    "mental": "精神障害者保健福祉手帳",
    "intellectual": "療育手帳",
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
