# SPDX-License-Identifier: Apache-2.0
"""What each letter says: its title, its first sentence, what to know, and whether it is a decision that one can appeal against."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class LetterKind(StrEnum):
    """通知の種類."""

    RECEIPT = "receipt"
    DISABILITY_CERTIFIED = "disability_certified"
    DISABILITY_REFUSED = "disability_refused"
    DOMICILE_EXCEPTION = "domicile_exception"
    DOMICILE_EXCEPTION_ENDED = "domicile_exception_ended"
    ACQUISITION = "acquisition"
    CHANGE = "change"
    LOSS = "loss"
    LOSS_CERTIFICATE = "loss_certificate"


@dataclass(frozen=True, slots=True)
class Words:
    """`lead`: one or two plain sentences; `notes`: what to know; `is_decision`: the letter tells how to appeal."""

    title: str
    lead: str
    notes: tuple[str, ...] = ()
    is_decision: bool = False


_KEEP: Final = "この通知は、大切に保管してください。"
WORDS: Final = {
    LetterKind.RECEIPT: Words(
        "届出受付票",
        "次の届出を受け付けました。",
        ("届出の内容に誤りがあるときは、受け付けた窓口にお知らせください。", "この受付票は、手続きが終わるまで保管してください。"),
    ),
    LetterKind.DISABILITY_CERTIFIED: Words(
        "障害認定通知書",
        "申請のあった障害の状態を認定しましたので、お知らせします。認定日から、後期高齢者医療の被保険者となります。",
        (
            "これまで入っていた医療保険をやめる手続きが必要です。その保険者か勤め先にお問い合わせください。",
            "障害の状態でなくなったときは、すみやかに市区町村の窓口に届け出てください。",
            "認定は、75歳になるまでの間、いつでも将来に向かって取りやめることができます。",
            _KEEP,
        ),
        is_decision=True,
    ),
    LetterKind.DISABILITY_REFUSED: Words(
        "障害認定申請却下通知書",
        "申請のあった障害の認定について、次の理由により認定しないことと決定しましたので、お知らせします。",
        ("これまでの医療保険が続きます。手続きはいりません。", "障害の状態が変わったときは、あらためて申請することができます。"),
        is_decision=True,
    ),
    LetterKind.DOMICILE_EXCEPTION: Words(
        "住所地特例該当通知書",
        "病院や施設に入るために住所を移されましたので、住所地特例により、引き続き当広域連合の被保険者となります。",
        (
            "ほかの都道府県の別の施設に移ったときも、引き続き当広域連合の被保険者です。移ったことを届け出てください。",
            "施設を出て、ご自宅などに住所を移したときは、届け出てください。",
            _KEEP,
        ),
    ),
    LetterKind.DOMICILE_EXCEPTION_ENDED: Words(
        "住所地特例非該当通知書",
        "施設から住所を移されましたので、住所地特例に該当しなくなりました。",
        ("新しい住所の広域連合の被保険者となります。手続きは、新しい住所の市区町村の窓口でおたずねください。", _KEEP),
    ),
    LetterKind.ACQUISITION: Words(
        "資格取得通知書",
        "後期高齢者医療の被保険者の資格を取得されましたので、お知らせします。",
        ("保険料は、市区町村から別にお知らせします。", _KEEP),
    ),
    LetterKind.CHANGE: Words(
        "資格変更通知書",
        "後期高齢者医療の被保険者の届出事項が、次のとおり変わりましたので、お知らせします。",
        ("お手元の証の記載が変わるときは、新しい証を別にお送りします。前の証は、市区町村の窓口にお返しください。", _KEEP),
    ),
    LetterKind.LOSS: Words(
        "資格喪失通知書",
        "後期高齢者医療の被保険者の資格を喪失されましたので、お知らせします。",
        ("お手元の証は、市区町村の窓口にお返しください。", "保険料は計算しなおし、市区町村からお知らせします。"),
    ),
    LetterKind.LOSS_CERTIFICATE: Words(
        "資格喪失証明書",
        "次のとおり、後期高齢者医療の被保険者の資格を喪失したことを証明します。",
    ),
}
