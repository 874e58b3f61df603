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
    Entry(
        "台帳の登録",
        "送付先一覧",
        "いま有効な送付先を確かめます。登録と終了は、対象者の「手続」から行います。",
        "/registers/deliveries",
        Right.TAKE_NOTICES,
    ),
    Entry("台帳の登録", "支援措置一覧", "住所を表示しない方と、その期限を確かめます。", "/registers/protections", Right.TAKE_NOTICES),
    Entry(
        "台帳の登録",
        "引き渡し一覧",
        "支援措置の対象の方の証と判定通知書を、郵送せずに手渡し、記録します。",
        "/registers/handovers",
        Right.TAKE_NOTICES,
    ),
    Entry("調査・同定", "居所不明者の調査", "居所を調査している方と、調査の期限を確かめます。", "/registers/surveys", Right.TAKE_NOTICES),
    Entry("調査・同定", "名寄せ", "同じ人かもしれない二人の記録を並べて確かめ、決定を申請します。", "/duplicates", Right.UNION_WORK),
    Entry("調査・同定", "外字の同定", "「●」や外字コードで届いた文字を同定し、市区町村に答えます。", "/characters", Right.UNION_WORK),
    Entry("名簿", "被保険者台帳", "ある日に資格のある人を、番号順または氏名順に表示します。", "/lists/ledger", Right.SEE_PEOPLE),
    Entry(
        "名簿",
        "被保険者異動整理簿",
        "期間内に処理した資格取得・喪失・変更・取消を、処理した順に表示します。",
        "/lists/changes",
        Right.SEE_PEOPLE,
    ),
    Entry("名簿", "75歳到達者リスト", "その月に75歳に達した人を、障害認定の人と分けて表示します。", "/lists/reached", Right.SEE_PEOPLE),
    Entry("名簿", "75歳到達予定者リスト", "これから75歳に達する人です。誕生月の前の月に送ります。", "/lists/expected", Right.SEE_PEOPLE),
    Entry("名簿", "障害認定者一覧", "75歳になる前に、障害認定により資格のある人です。", "/lists/certified", Right.SEE_PEOPLE),
    Entry(
        "名簿",
        "居所不明者一覧",
        "居所を調査している人の名簿です。調査の記録は「居所不明者の調査」で行います。",
        "/lists/searched",
        Right.SEE_PEOPLE,
    ),
    Entry("名簿", "作成した名簿", "PDFやCSVにした名簿を開きます。", "/lists/files", Right.SEE_PEOPLE),
    Entry(
        "保険料",
        "所得のわからない方",
        "未申告・照会中・他市課税・未着の方を、長く待っている順に示します。",
        "/income-gaps",
        Right.SEE_WORKLIST,
    ),
    Entry(
        "保険料", "所得の突合と取込結果", "毎朝の突合、照会と回答の件数、届いた所得情報の合計です。", "/income-checks", Right.SEE_WORKLIST
    ),
    Entry("保険料", "減免・徴収猶予の申請", "受け付けた申請と、その決定です。", "/relief-applications", Right.SEE_WORKLIST),
    Entry(
        "保険料",
        "保険料率の試算",
        "費用と収入の見込みから、均等割額と所得割率、だれにどう影響するかを試算します。",
        "/trials",
        Right.UNION_WORK,
    ),
    Entry(
        "保険料", "法改正の影響", "法令の案で、だれの保険料がいくら増え、減るかを、施行の前に確かめます。", "/law-changes", Right.UNION_WORK
    ),
    Entry("保険料", "対象者の検索", "誤った計算にあった人を条件で探し、額・通知・期間制限を一覧にします。", "/finder", Right.UNION_WORK),
    Entry("賦課", "賦課台帳", "年度の保険料の決定を、被保険者番号順に表示します。", "/assessment-ledgers/assessed", Right.UNION_WORK),
    Entry(
        "賦課",
        "更正賦課台帳",
        "期間内に変わった保険料を、理由ともとになった異動とともに表示します。",
        "/assessment-ledgers/corrected",
        Right.UNION_WORK,
    ),
    Entry("賦課", "仮算定賦課台帳", "前々年の所得による、本算定までの保険料です。", "/assessment-ledgers/provisional", Right.UNION_WORK),
    Entry(
        "賦課", "期間制限一覧", "期間制限により決定できない差額と、特別返還金の対象です。", "/assessment-ledgers/limited", Right.UNION_WORK
    ),
    Entry(
        "賦課", "賦課の実行と差分", "本算定などで前の決定から変わる人を、承認の前と後に確かめます。", "/assessment-runs", Right.UNION_WORK
    ),
    Entry(
        "賦課",
        "決定通知書の印刷ファイル",
        "一括で印刷した通知書を、ファイルごとに開きます。",
        "/assessment-notices",
        Right.UNION_WORK,
    ),
    Entry("賦課", "料率マスタ表", "年度の保険料を計算する数値のすべてを、根拠とともに示します。", "/rate-table", Right.SEE_WORKLIST),
    Entry("賦課", "不均一賦課の区域", "区域と、市区町村より小さい区域に住む人の登録です。", "/rate-areas", Right.SEE_WORKLIST),
    Entry("賦課", "作成した賦課台帳", "PDFやCSVにした賦課台帳を開きます。", "/assessment-ledgers/files", Right.UNION_WORK),
    Entry(
        "徴収",
        "特別徴収の情報交換",
        "年金保険者との十二の手順の件数・金額と、締切、合わないものを確かめます。",
        "/pension-board",
        Right.UNION_WORK,
    ),
    Entry("移行", "移行の状況", "基準日、進捗表、創設結果表と、経常業務の開始を妨げているものです。", "/migration", Right.UNION_WORK),
    Entry(
        "資格", "障害認定の申請一覧", "決定を待つ申請を、届出の古い順に表示します。", "/ledger/disability-applications", Right.TAKE_NOTICES
    ),
    Entry(
        "資格",
        "住所地特例者一覧",
        "区域外の施設にいる方と、当区域の施設にいる他の広域連合の方。",
        "/ledger/domicile-exceptions",
        Right.TAKE_NOTICES,
    ),
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
    Entry("登録", "送付先", "書類の送り先を、住所とは別のところにします。元に戻すこともできます。", "/acts/delivery", Right.TAKE_NOTICES),
    Entry(
        "登録", "支援措置", "配偶者からの暴力などの被害を受けた方の住所を、表示しないようにします。", "/acts/protection", Right.TAKE_NOTICES
    ),
    Entry("調査", "居所の調査", "郵便物が戻った方などの居所を調べ、記録します。", "/acts/survey", Right.TAKE_NOTICES),
    Entry("資格", "届出と記載", "届出・申請を受け付け、記載と通知を確かめます。", "/acts/notices", Right.TAKE_NOTICES),
    Entry("資格", "訂正・履歴修正・取消", "誤りを直す申請をします。ほかの職員が承認します。", "/acts/corrections", Right.TAKE_NOTICES),
    Entry(
        "保険料",
        "所得と簡易申告",
        "所得の状態を確かめ、簡易申告を受け付け、他の市区町村への照会を記録します。",
        "/acts/incomes",
        Right.TAKE_NOTICES,
    ),
    Entry("保険料", "減免・徴収猶予", "申請を受け付け、受付票と決定の通知書を開きます。", "/acts/relief", Right.TAKE_NOTICES),
    Entry(
        "保険料",
        "被扶養者であった方の減額",
        "資格取得日の前日の医療保険を、証明書で確かめて記録します。保険料は自動で計算し直します。",
        "/acts/notices/previous_insurer",
        Right.TAKE_NOTICES,
    ),
    Entry("保険料", "不均一賦課の区域", "市区町村より小さい区域に住んでいるかどうかを登録します。", "/acts/rate-area", Right.UNION_WORK),
    Entry("負担割合", "基準収入額適用申請", "収入額による申請を受け付け、負担割合を判定し直します。", "/acts/receipts", Right.TAKE_NOTICES),
)
"""Acts about one person; `path` follows the person's own path, such as /acts/disability."""
