"""From an application as it is kept to its letter: what stands on it is what was decided, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from premium_service.documents.application_letter import ApplicationLetter
from premium_service.documents.application_letter.build import LetterKind
from premium_service.domain import applications as domain
from premium_service.domain.people import Known
from premium_service.domain.remission_packs import packs_of

_ON_NOTICE = ("基準", "程度", "期別", "減免の割合", "減免する月", "年間保険料額", "減免額", "減免後の年額", "猶予する期限", "根拠", "理由")


def letter_of(application: Mapping[str, Any], known: Known, kind: Literal["receipt", "decision"], union: str) -> ApplicationLetter:
    """受付票 or the notice of a decision that was made. Raises `DocumentRefused`."""
    if kind == "receipt":
        facts = domain.shown(application["kind"], application["content"], packs_of(union)) | {
            "受付番号": str(application["application_id"])[-12:]
        }
        return ApplicationLetter.to("receipt", known, facts, union=union, issued_on=application["applied_on"])
    decision = application["decision"]
    granted = decision["grant"]
    facts = {"申請日": decision["shown"]["申請日"], "年度": decision["shown"]["年度"]}
    facts |= {term: decision["shown"][term] for term in _ON_NOTICE if term in decision["shown"]}
    if not granted:
        facts["却下の理由"] = decision["reason"]
    amount = None
    if granted and application["kind"] == "remission":
        amount = ("減免後の年間保険料額", int(decision["left_amount"]))
    which = cast(LetterKind, f"{application['kind']}_{'granted' if granted else 'refused'}")
    return ApplicationLetter.to(which, known, facts, union=union, issued_on=application["decided_on"], amount=amount)
