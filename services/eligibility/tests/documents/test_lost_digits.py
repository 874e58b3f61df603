"""Every paper that bears a 被保険者番号 refuses itself where a digit of it was lost or swapped on the way to the page."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis.documents import DocumentRefused, Renderer, Sheet, read_back
from chassis.documents.letter import Contact, Delivery
from contracts.events.eligibility import CertificateKind
from contracts.primitives import Sex
from eligibility_service.documents.copay_notice.build import CopayNoticeData
from eligibility_service.documents.copay_notice.build import build as build_copay_notice
from eligibility_service.documents.delivery_letter.build import DeliveryLetterData
from eligibility_service.documents.delivery_letter.build import build as build_delivery
from eligibility_service.documents.ledger_letter.build import LetterData
from eligibility_service.documents.ledger_letter.build import build as build_ledger
from eligibility_service.documents.ledger_letter.words import LetterKind
from eligibility_service.documents.printing import FORMS, renderer
from eligibility_service.documents.survey_sheet.build import SurveySheetData
from eligibility_service.documents.survey_sheet.build import build as build_survey

NUMBER = "01234567"
DAY = date(2026, 7, 13)
CONTACT = Contact(office="千代田区 保険年金課 後期高齢者医療係", telephone="03-0000-0000")
DELIVERY = Delivery(postal_code="1000001", address=("東京都千代田区千代田１番１号",), name="後期　太郎")
PERSON: dict[str, Any] = {"name": "後期　太郎", "insured_number": NUMBER, "issued_on": DAY}
BEARER: dict[str, Any] = {
    **PERSON, "kana": "コウキ　タロウ", "sex": Sex.MALE, "born_on": date(1945, 6, 1), "address": ("東京都千代田区千代田１番１号",),
    "acquired_on": date(2020, 6, 1), "valid_from": date(2025, 8, 1), "valid_through": date(2026, 7, 31), "insurer_number": "39131016",
    "insurer_name": "東京都後期高齢者医療広域連合", "serial": "第000000001号",
}  # fmt: skip
OF_FORM: dict[str, dict[str, Any]] = {
    "card": {**BEARER, "copay_rate": "1割"},
    "eligibility_notice": {**BEARER, "copay_rate": "1割", "delivery": DELIVERY, "contact": CONTACT},
    "limit_certificate": {
        **BEARER, "kind": CertificateKind.REDUCTION_CERTIFICATE, "limit_class": "区分Ⅱ", "class_effective_on": date(2025, 8, 1),
    },
    "specific_disease_certificate": {**BEARER, "disease": "人工透析を必要とする慢性腎不全", "monthly_limit": 10_000},
    "arrears_letter": {
        "kind": "explanation", "remedy": "special_medical", "issued_on": DAY, "insurer_name": "東京都後期高齢者医療広域連合",
        "insured_number": NUMBER, "unpaid_amount": 54_600, "oldest_due_on": date(2025, 7, 31), "reply_by": date(2026, 7, 27),
        "delivery": DELIVERY, "contact": CONTACT,
    },
}  # fmt: skip
DOCUMENTS = Path("services/eligibility/eligibility_service/documents")


def _papers() -> dict[str, tuple[Renderer, str, Sheet]]:
    """Folder of the paper → its typesetter, its template, and what stands on one of somebody with NUMBER."""
    found = {}
    for name, fields in OF_FORM.items():
        used = FORMS[name]
        template = "card/card.typ" if name == "card" else f"{name}/template.typ"
        found[name] = renderer(), template, used.build(used.model(**fields))
    letter = LetterData(
        kind=LetterKind.ACQUISITION, delivery=DELIVERY, name="後期　太郎", born_on="昭和20年6月1日", insured_number=NUMBER,
        facts=(("資格取得年月日", "令和2年6月1日"),), issued_on=DAY, issuer="東京都後期高齢者医療広域連合", contact=CONTACT,
        review_board="東京都後期高齢者医療審査会",
    )  # fmt: skip
    delivery = DeliveryLetterData(
        recipient="new", delivery=DELIVERY, name="後期　太郎", insured_number=NUMBER, purpose="すべて", valid_from=DAY, valid_until=None,
        issued_on=DAY, issuer="東京都後期高齢者医療広域連合", contact=CONTACT,
    )  # fmt: skip
    survey = SurveySheetData(
        survey_number="0198", name="後期　太郎", kana="コウキ　タロウ", insured_number=NUMBER, born_on=date(1945, 6, 1), address=None,
        cause="通報", opened_on=DAY, deadline=DAY, entries=(), printed_on=DAY, office="東京都後期高齢者医療広域連合",
    )  # fmt: skip
    notice = CopayNoticeData(
        delivery=DELIVERY, name="後期　太郎", insured_number=NUMBER, rate_before=10, rate_percent=20, valid_from=date(2026, 8, 1),
        valid_until=date(2027, 7, 31), income_year=2025, why=("課税所得が28万円以上です。", "年金収入等が200万円以上です。"), issued_on=DAY,
        issuer="東京都後期高齢者医療広域連合", contact=CONTACT, review_board="東京都後期高齢者医療審査会",
    )  # fmt: skip
    found["copay_notice"] = renderer(), "copay_notice/template.typ", build_copay_notice(notice)
    found["ledger_letter"] = renderer(), "ledger_letter/template.typ", build_ledger(letter)
    found["delivery_letter"] = renderer(), "delivery_letter/letter.typ", build_delivery(delivery)
    found["survey_sheet"] = renderer(), "survey_sheet/sheet.typ", build_survey(survey)
    return found


def _with(value: Any, other: str) -> Any:
    """What goes to the template, with another number in the place of the recorded one."""
    if isinstance(value, str):
        return value.replace(NUMBER, other)
    if isinstance(value, dict):
        return {name: _with(part, other) for name, part in value.items()}
    return [_with(part, other) for part in value] if isinstance(value, list | tuple) else value


def test_every_paper_with_a_number_is_asked() -> None:
    folders = {found.parent.name for found in DOCUMENTS.glob("*/*.typ")}
    assert folders == _papers().keys()


@pytest.mark.parametrize("paper", sorted(_papers()))
def test_a_paper_with_seven_of_eight_digits_or_another_digit_is_refused(paper: str) -> None:
    """I-32: the same paper with its own number passes, so that it is the number which is refused."""
    typesetter, template, sheet = _papers()[paper]
    read_back(typesetter.render(template, sheet.data, tags=False), sheet.pages)
    for wrong in (NUMBER[:-1], NUMBER[1:], "01234576"):
        printed = typesetter.render(template, _with(sheet.data, wrong), tags=False)
        with pytest.raises(DocumentRefused) as refused:
            read_back(printed, sheet.pages)
        assert refused.value.code in ("differs", "unexpected_digits"), wrong
