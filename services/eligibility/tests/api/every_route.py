"""Every route of eligibility with requests about the people of one municipality, for tests that ask them as somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.eligibility.tests.people import CHIYODA, HACHIOJI

ONE, TWO, FAR = (f"{number:015d}" for number in (4711, 4712, 9001))
SECRET = ("秘見", "隠田", "隠れ荘")
"""Name and address of the people of Chiyoda; nobody and nothing of Hachiōji has them."""
WHO: dict[str, Any] = {"name": "秘見　花子", "name_kana": "ヒミ　ハナコ", "address_town": SECRET[1], "address_building": SECRET[2]}
OWN = f"/people/{CHIYODA}/{ONE}"
PERSON = "/people/{municipality_code}/{resident_number}"
DAY = "2026-07-13"
REASON = {"reason": "確認のため"}
ENTRY = {
    "purpose": "premium", "applicant": "後期　一郎", "relationship": "長男", "recipient": "後期　一郎", "postal_code": "1500001",
    "address": ["東京都渋谷区神宮前1番"], "valid_from": "2026-07-01", "reason": "施設に入所",
}  # fmt: skip
PROTECTION = {"applicant": "本人", "ground": "other", "valid_from": "2026-07-01", "expires_on": "2027-06-30", "remark": ""}
NOTICE = {"content": {"kind": "loss_notified", "cause": "other"}, "effective_on": "2026-07-10", "notified_on": DAY}
CHANGED = {"content": {"kind": "change_notified", "what": "氏名"}, "effective_on": "2026-07-10", "notified_on": DAY}
CORRECTION = {"content": {"kind": "cancelled", "acquired_on": "2015-05-05"}, **REASON}
LISTED = {"municipality": CHIYODA, "form": "csv", "place": "千代田区"}
LIST_KINDS = ("ledger", "changes", "reached", "expected", "certified", "searched")
OF_THE_UNION = {
    "/print-files", "/print-files/sent", "/exchange", "/card-holdings", "/migration", "/migration/results", "/migration/results/document",
    "/migration/plan",
    "/migration/milestones/{milestone}", "/migration/steps", "/operations/insured-numbers/{number}",
}  # fmt: skip
"""Work of the union as a whole: closed to every municipality by its role. The others are asked with all roles at once."""

Request = tuple[str, str, object]


@dataclass(frozen=True)
class Known:
    """Identifiers of what the people of Chiyoda have, as somebody of another municipality may have come by them."""

    number: str
    certificate_id: str
    document_id: str
    delivery_letter_id: str
    arrears_letter_id: str
    survey_id: str
    pairs: list[str]
    list_id: str
    approvals: list[str]
    release_id: str
    handover_id: str
    entry_id: str


NOTHING = Known("", "", "", "", "", "", [], "", [], "", "", "")


def asked_of(known: Known) -> dict[str, list[Request]]:
    """Every route → how it is asked. A new route belongs here."""

    def get(path: str) -> list[Request]:
        return [("GET", path, None)]

    def post(path: str, body: object = None) -> list[Request]:
        return [("POST", path, body)]

    days = f"first_day=2026-01-01&last_day={DAY}&first=2026-01-01&last={DAY}"
    certificate = f"/certificates/{known.certificate_id}"
    ends = {"purpose": "everything", "ends_on": "2026-08-01", "applicant": "本人", "relationship": "本人", **REASON}
    return {
        "/people": [("GET", f"/people?{which}", None) for which in (f"number={known.number}", "kana=ヒミ", "born_on=1940-05-05")],
        PERSON: get(OWN),
        "/operations/insured-numbers/{number}": get(f"/operations/insured-numbers/{known.number}"),
        f"{PERSON}/notices": post(f"{OWN}/notices", NOTICE),
        f"{PERSON}/notices/preview": post(f"{OWN}/notices/preview", NOTICE),
        f"{PERSON}/entries": get(f"{OWN}/entries"),
        f"{PERSON}/corrections": post(f"{OWN}/corrections", CORRECTION),
        f"{PERSON}/corrections/preview": post(f"{OWN}/corrections/preview", CORRECTION),
        f"{PERSON}/corrections/{{entry_id}}": get(f"{OWN}/corrections/{known.entry_id}"),
        f"{PERSON}/corrections/{{entry_id}}/document": post(f"{OWN}/corrections/{known.entry_id}/document"),
        f"{PERSON}/letters": post(f"{OWN}/letters", {"kind": "acquisition"}),
        "/letters/{document_id}/document": get(f"/letters/{known.document_id}/document"),
        "/ledger/disability-applications": get("/ledger/disability-applications"),
        "/ledger/domicile-exceptions": get("/ledger/domicile-exceptions"),
        "/lists/files": get("/lists/files"),
        "/lists/files/{list_id}/{number}": get(f"/lists/files/{known.list_id}/1"),
        "/lists/{kind}": [
            ("GET", f"/lists/{kind}?municipality={whose}&{days}", None) for kind in LIST_KINDS for whose in (CHIYODA, "*")
        ],
        "/lists/{kind}/files": [("POST", "/lists/ledger/files", {**LISTED, "municipality": whose}) for whose in (CHIYODA, "*")],
        f"{PERSON}/certificates": post(f"{OWN}/certificates", {}),
        "/certificates/{certificate_id}/document": get(f"{certificate}/document"),
        "/certificates/{certificate_id}/delivery": post(f"{certificate}/delivery", {"to": "returned", "on": DAY}),
        "/certificates/{certificate_id}/collection": post(f"{certificate}/collection", {"on": DAY}),
        f"{PERSON}/certificate-applications": [
            *get(f"{OWN}/certificate-applications"),
            *post(f"{OWN}/certificate-applications", {"subject": "eligibility_confirmation", "applied_on": DAY}),
        ],
        f"{PERSON}/certificate-applications/{{subject}}/withdrawal": post(
            f"{OWN}/certificate-applications/eligibility_confirmation/withdrawal", {"withdrawn": True}
        ),
        "/deliveries/sending": get(f"/deliveries/sending?municipality_code={CHIYODA}"),
        "/deliveries/returned": get("/deliveries/returned"),
        "/deliveries/uncollected": get("/deliveries/uncollected?expired_too=true"),
        "/deliveries/register": get(f"/deliveries/register?{days}"),
        "/print-files": get("/print-files"),
        "/print-files/sent": post("/print-files/sent", {"document_key": "cards/1.pdf", "on": DAY}),
        "/arrears": get("/arrears?ended_too=true"),
        f"{PERSON}/arrears": get(f"{OWN}/arrears"),
        f"{PERSON}/arrears/explanation": post(f"{OWN}/arrears/explanation", {"text": "入院していた", "is_special": True}),
        f"{PERSON}/arrears/approval": post(f"{OWN}/arrears/approval", {"act": "arrears_remedy", **REASON}),
        f"{PERSON}/arrears/end": post(f"{OWN}/arrears/end"),
        f"{PERSON}/arrears/status-certificate": post(f"{OWN}/arrears/status-certificate"),
        f"{PERSON}/arrears/letters/{{letter_id}}/document": [
            *get(f"{OWN}/arrears/letters/{known.arrears_letter_id}/document"),
            *get(f"/people/{HACHIOJI}/{FAR}/arrears/letters/{known.arrears_letter_id}/document"),
        ],
        "/approvals": [("GET", f"/approvals?state={state}", None) for state in ("asked", "approved")],
        "/approvals/{approval_id}/decision": [
            ("POST", f"/approvals/{one}/decision", {"approved": approved, "remark": "不明"})
            for one in known.approvals
            for approved in (True, False)
        ],
        "/delivery-addresses": get("/delivery-addresses"),
        f"{PERSON}/delivery-addresses": [*get(f"{OWN}/delivery-addresses"), *post(f"{OWN}/delivery-addresses", ENTRY)],
        f"{PERSON}/delivery-addresses/check": [
            *post(f"{OWN}/delivery-addresses/check", ENTRY),
            *post(f"/people/{HACHIOJI}/{FAR}/delivery-addresses/check", ENTRY),
        ],
        f"{PERSON}/delivery-addresses/end": post(f"{OWN}/delivery-addresses/end", ends),
        "/delivery-letters/{letter_id}/document": get(f"/delivery-letters/{known.delivery_letter_id}/document"),
        "/address-protections": get("/address-protections"),
        f"{PERSON}/address-protection": [*get(f"{OWN}/address-protection"), *post(f"{OWN}/address-protection", PROTECTION)],
        f"{PERSON}/address-protection/end": post(f"{OWN}/address-protection/end", REASON),
        f"{PERSON}/address-releases": post(f"/people/{CHIYODA}/{TWO}/address-releases", {"document": "screen", **REASON}),
        f"{PERSON}/address-releases/{{release_id}}/use": [
            ("POST", f"/people/{whose}/address-releases/{known.release_id}/use", None)
            for whose in (f"{CHIYODA}/{TWO}", f"{HACHIOJI}/{FAR}")
        ],
        "/handovers": get("/handovers"),
        "/handovers/{handover_id}": post(f"/handovers/{known.handover_id}", {"manner": "窓口"}),
        "/residence-surveys": [("GET", f"/residence-surveys?closed={closed}", None) for closed in ("false", "true")],
        f"{PERSON}/residence-surveys": [
            *get(f"{OWN}/residence-surveys"),
            *post(f"/people/{CHIYODA}/{TWO}/residence-surveys", {"cause": "report", "deadline": "2026-08-31"}),
        ],
        "/residence-surveys/{survey_id}/acts": post(
            f"/residence-surveys/{known.survey_id}/acts", {"act": "found", "done_on": DAY, "remark": "在宅"}
        ),
        "/residence-surveys/{survey_id}/document": get(f"/residence-surveys/{known.survey_id}/document"),
        "/duplicates": [("GET", f"/duplicates?decided={decided}", None) for decided in ("false", "true")],
        "/duplicates/{candidate_id}": [("GET", f"/duplicates/{pair}", None) for pair in known.pairs],
        "/duplicates/{candidate_id}/decision": [
            ("POST", f"/duplicates/{pair}/decision", {"is_same": True, **REASON}) for pair in known.pairs
        ],
        f"{PERSON}/copay-rates": get(f"{OWN}/copay-rates"),
        f"{PERSON}/copay-notices": post(f"{OWN}/copay-notices", {"valid_from": "2026-08-01"}),
        f"{PERSON}/receipts-applications": post(
            f"{OWN}/receipts-applications", {"applied_on": DAY, "receipts": [{"resident_number": ONE, "receipts": 1_000_000}]}
        ),
        "/copay-waits": get("/copay-waits"),
        "/exchange": get("/exchange"),
        "/card-holdings": get("/card-holdings"),
        "/migration": get("/migration"),
        "/migration/results": [*get("/migration/results"), *post("/migration/results")],
        "/migration/results/document": post("/migration/results/document", {HACHIOJI: "八王子市"}),
        "/migration/plan": post("/migration/plan", {"cut_off_on": "2026-04-01", "municipalities": [HACHIOJI]}),
        "/migration/milestones/{milestone}": post("/migration/milestones/routine", {"planned_on": DAY}),
        "/migration/steps": post("/migration/steps", {"act": "reset_rehearsal", **REASON}),
    }  # fmt: skip
