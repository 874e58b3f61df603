"""証の申請: for a limit class, a specific disease, or a 資格確認書; each stands until it is withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CertificateKind

from eligibility_service.domain.certificates import Family, IssueReason
from eligibility_service.domain.limits import LONG_STAY_CLASS, NoClass, paper_kind, paper_on
from eligibility_service.law import long_stay_days, period_of, specific_diseases
from eligibility_service.rules.certificates import certificate_kind, insurance_card_for_everybody
from eligibility_service.rules.limits import Paper
from eligibility_service.rules.periods import effective_on, is_long_stay, long_stay_shown_from
from eligibility_service.store.certificates import Wanted
from eligibility_service.store.copay_rates import rates_on
from eligibility_service.store.needs import union_of


class Subject(StrEnum):
    """申請の種類."""

    ELIGIBILITY_CONFIRMATION = "eligibility_confirmation"
    LIMIT = "limit"
    SPECIFIC_DISEASE = "specific_disease"


SUBJECT_TERMS: Final = {
    Subject.ELIGIBILITY_CONFIRMATION: "資格確認書の交付",
    Subject.LIMIT: "限度額区分の認定・併記",
    Subject.SPECIFIC_DISEASE: "特定疾病の認定",
}


class NotAccepted(Exception):
    """The application gives nothing; the reason in Japanese."""


@dataclass(frozen=True, slots=True)
class Application:
    """What is applied for. `stay_days`: days in hospital in the 12 months before, for 長期入院該当."""

    subject: Subject
    applied_on: date
    stay_days: int | None = None
    disease: str | None = None


_CLOSE: Final = "UPDATE certificate_application SET withdrawn_on = $3 WHERE insured_id = $1 AND subject = $2 AND withdrawn_on IS NULL"
_ADD: Final = """
INSERT INTO certificate_application (application_id, municipality_code, resident_number, insured_id, subject, applied_on, effective_on,
                                     stay_days, long_stay_from, disease, entered_by, entered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""


async def accept(uow: UnitOfWork, insured: dict[str, Any], application: Application, *, by: str) -> Wanted:
    """Take an application of somebody insured today; it replaces an earlier one of the subject. What is to be issued for it.

    NotAccepted where the law gives nothing for it, with the reason.
    """
    if application.applied_on > uow.today:
        raise NotAccepted("申請日が今日より後です。")
    begins = effective_on(application.applied_on, acquired_on=insured["acquired_on"])
    application_id = uuid7()
    wanted, long_stay_from = await _wanted(uow, insured, application, application_id, begins)
    raw = await driver(uow.connection)
    await raw.execute(_CLOSE, insured["insured_id"], application.subject.value, uow.today)
    await raw.execute(
        _ADD,
        application_id,
        insured["municipality_code"],
        insured["resident_number"],
        insured["insured_id"],
        application.subject.value,
        application.applied_on,
        begins,
        application.stay_days,
        long_stay_from,
        application.disease,
        by,
        uow.now,
    )
    return wanted


async def _wanted(
    uow: UnitOfWork, insured: dict[str, Any], application: Application, application_id: UUID, begins: date
) -> tuple[Wanted, date | None]:
    _, until = period_of(await union_of(uow), on=uow.today)
    match application.subject:
        case Subject.ELIGIBILITY_CONFIRMATION:
            if certificate_kind.on(uow.today) is insurance_card_for_everybody:
                raise NotAccepted("資格確認書は令和6年12月2日から交付します。")
            return Wanted(reason=IssueReason.APPLICATION, application_id=application_id), None
        case Subject.SPECIFIC_DISEASE:
            if application.disease not in specific_diseases(uow.today):
                raise NotAccepted("特定疾病の種類を選んでください。")
            return (
                Wanted(
                    Family.DISEASE,
                    IssueReason.APPLICATION,
                    CertificateKind.SPECIFIC_DISEASE_CERTIFICATE,
                    begins,
                    until,
                    application_id,
                    application.disease,
                ),
                None,
            )
        case Subject.LIMIT:
            limit_class = (await rates_on(uow, [insured["insured_id"]], on=uow.today))[insured["insured_id"]].limit_class
            long_stay_from = _long_stay(application, limit_class, on=uow.today)
            try:
                if paper_on(limit_class, on=uow.today) is Paper.PRINTED:
                    return Wanted(reason=IssueReason.APPLICATION, application_id=application_id), long_stay_from
                kind = paper_kind(limit_class, on=uow.today)
            except NoClass as error:
                raise NotAccepted(str(error)) from error
            return Wanted(Family.LIMIT, IssueReason.APPLICATION, kind, begins, until, application_id), long_stay_from


def _long_stay(application: Application, limit_class: str | None, *, on: date) -> date | None:
    """長期入院該当年月日; None where nothing was said of a stay. NotAccepted for another class, or a stay that is not long enough."""
    if application.stay_days is None:
        return None
    if limit_class != LONG_STAY_CLASS:
        raise NotAccepted("長期入院該当は、限度額の区分が区分Ⅱの人が申請できます。")
    threshold = long_stay_days(on)
    if not is_long_stay(application.stay_days, more_than=threshold):
        raise NotAccepted(f"入院日数が{threshold}日を超えていません。申請前12か月の日数を確かめてください。")
    return long_stay_shown_from(application.applied_on)


async def of_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """The applications of a person, the latest first."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """SELECT application_id, subject, applied_on, effective_on, stay_days, long_stay_from, disease, withdrawn_on
        FROM certificate_application WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY applied_on DESC, entered_at DESC""",
        municipality_code,
        resident_number,
    )
    return [{**dict(row), "subject_term": SUBJECT_TERMS[Subject(row["subject"])]} for row in rows]


async def withdraw(uow: UnitOfWork, insured_id: UUID, subject: Subject) -> bool:
    """The person asks for it no more; False where nothing stood."""
    done = await (await driver(uow.connection)).execute(_CLOSE, insured_id, subject.value, uow.today)
    return bool(done != "UPDATE 0")
