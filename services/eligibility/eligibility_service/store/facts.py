"""What stands on a certificate that is about to be made: kind and validity by the law of the day, rate, class, address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CertificateKind
from contracts.primitives import insurer_number

from eligibility_service.domain.certificates import Family, needed
from eligibility_service.domain.limits import CLASS_TERMS, NoClass, long_stay_printed, paper_kind
from eligibility_service.law import settings_of, specific_disease_limit, specific_diseases
from eligibility_service.store.addressing import address_lines, delivery_to
from eligibility_service.store.bulk import frame_of
from eligibility_service.store.copay_rates import RateOnDay, rates_on
from eligibility_service.store.needs import NEED, SANCTION, union_of
from eligibility_service.store.registers import delivery_of

Row = dict[str, Any]

_FACTS: Final = f"""
SELECT c.certificate_id, c.municipality_code, c.resident_number, c.insured_id, c.origin, c.family, c.kind, c.kind_reason, c.valid_from,
       c.valid_until, c.disease, q.insured_number, q.acquired_on, q.lost_on, r.name, r.name_kana, r.sex, r.born_on,
       r.born_on_unknown_text, r.postal_code, r.address_prefecture, r.address_municipality, r.address_town, r.address_number,
       r.address_building, r.address_withheld, h.holds, p.insured_id IS NOT NULL AS has_applied, {SANCTION} AS sanction, a.approval_id,
       l.effective_on AS class_effective_on, l.long_stay_from
FROM certificate c
JOIN resident_shown r USING (municipality_code, resident_number)
JOIN qualification q USING (municipality_code, resident_number, insured_id)
LEFT JOIN card_holding h USING (insured_id)
LEFT JOIN arrears_case a USING (insured_id)
LEFT JOIN certificate_application p ON p.insured_id = c.insured_id AND p.subject = 'eligibility_confirmation' AND p.withdrawn_on IS NULL
LEFT JOIN certificate_application l ON l.insured_id = c.insured_id AND l.subject = 'limit' AND l.withdrawn_on IS NULL
WHERE c.certificate_id = ANY ($1::uuid[]) AND c.state = 'due'
ORDER BY c.municipality_code, c.resident_number, c.family FOR UPDATE OF c
"""
FORMS: Final = {
    CertificateKind.ELIGIBILITY_NOTICE: "eligibility_notice",
    CertificateKind.LIMIT_CERTIFICATE: "limit_certificate",
    CertificateKind.REDUCTION_CERTIFICATE: "limit_certificate",
    CertificateKind.SPECIFIC_DISEASE_CERTIFICATE: "specific_disease_certificate",
}
"""Kinds that are not printed as the card."""


async def facts_of(uow: UnitOfWork, certificates: Sequence[UUID]) -> tuple[list[Row], list[tuple[UUID, str]], list[UUID]]:
    """The rows to print, what is refused and why, and what nobody needs any more because its person is insured no more."""
    raw = await driver(uow.connection)
    facts = [dict(row) for row in await raw.fetch(_FACTS, list(certificates))]
    gone = [row["certificate_id"] for row in facts if row["lost_on"] is not None and row["lost_on"] <= uow.today]
    facts = [row for row in facts if row["lost_on"] is None or row["lost_on"] > uow.today]
    rows, refused = [], []
    for on in sorted({max(uow.today, row["valid_from"]) for row in facts}):
        of_day = [row for row in facts if max(uow.today, row["valid_from"]) == on]
        rates = await rates_on(uow, [row["insured_id"] for row in of_day], on=on)
        for row in await _of_kind(uow, of_day, on=on):
            try:
                rows.append(_with_rate(row, rates[row["insured_id"]], on=on))
            except NoClass as error:
                refused.append((row["certificate_id"], str(error)))
    rows.sort(key=lambda row: (row["municipality_code"], row["resident_number"], row["family"]))
    return await _with_letters(uow, await _numbered(uow, rows)), refused, gone


async def _of_kind(uow: UnitOfWork, facts: list[Row], *, on: date) -> list[Row]:
    """With the union's settings of the day; a card with kind, reason and validity by the law of the day."""
    union = await union_of(uow)
    cards = [row for row in facts if row["family"] == Family.CARD]
    names = ("kind", "kind_reason", "valid_from", "valid_until")
    frame = frame_of([[str(row[name]) if name == "insured_id" else row[name] for name in NEED] for row in cards], NEED)
    needs = needed(frame, on=on, union=union).select(names).to_dicts()
    needs_by_id = {row["certificate_id"]: need for row, need in zip(cards, needs, strict=True)}
    found = []
    for row in facts:
        made = {**row, **needs_by_id.get(row["certificate_id"], {})}
        settings = settings_of(union, on=max(on, made["valid_from"]))
        contact = settings.contact_office, settings.contact_telephone
        of_union = {"insurer_name": settings.insurer_name, "colour": settings.certificate_colour, "contact": contact}
        found.append(made | of_union)
    return found


def _with_rate(row: Row, rate: RateOnDay, *, on: date) -> Row:
    """With rate and class of the day; of the class, what is printed on this certificate. NoClass where a 認定証 has nothing to show."""
    kind, family = CertificateKind(row["kind"]), Family(row["family"])
    approval = row["approval_id"] if kind is CertificateKind.STATUS_CERTIFICATE else None
    percent = rate.rate_percent if family is Family.CARD and kind is not CertificateKind.STATUS_CERTIFICATE else None
    shown = {**row, "copay_rate": percent, "limit_class": None, "approval_id": approval}
    if family is Family.LIMIT:
        shown |= {"kind": paper_kind(rate.limit_class, on=on).value, "limit_class": rate.limit_class}
    elif kind is CertificateKind.ELIGIBILITY_CONFIRMATION and row["class_effective_on"] is not None and rate.limit_class is not None:
        shown["limit_class"] = rate.limit_class
    if shown["limit_class"] is None:
        return shown | {"class_effective_on": None, "long_stay_from": None}
    effective_on = max(row["class_effective_on"] or row["valid_from"], row["valid_from"])
    return shown | {"class_effective_on": effective_on, "long_stay_from": long_stay_printed(shown["limit_class"], row["long_stay_from"])}


async def _numbered(uow: UnitOfWork, rows: list[Row]) -> list[Row]:
    """Each with a number that no other certificate has had or will have."""
    raw = await driver(uow.connection)
    serials = await raw.fetch("SELECT nextval('certificate_serial') AS serial FROM generate_series(1, $1::int)", len(rows))
    return [{**row, "serial": serial["serial"]} for row, serial in zip(rows, serials, strict=True)]


async def _with_letters(uow: UnitOfWork, rows: list[Row]) -> list[Row]:
    """What goes as a letter, with the place that its owner has named for the post (送付先)."""
    letters = [row for row in rows if form_of(row) == "eligibility_notice"]
    if not letters:
        return rows
    named = await delivery_of(uow, [(row["municipality_code"], row["resident_number"]) for row in letters], on=uow.today)
    return [{**row, "delivery": delivery_to(row, named)} if form_of(row) == "eligibility_notice" else row for row in rows]


def form_of(row: Row) -> str:
    """The document in which a certificate is printed."""
    return FORMS.get(CertificateKind(row["kind"]), "card")


def fields_of(row: Row, uow: UnitOfWork) -> Row:
    """The facts as the documents take them."""
    fields = {
        "kind": row["kind"],
        "insured_number": row["insured_number"],
        "name": row["name"],
        "kana": row["name_kana"],
        "sex": row["sex"],
        "born_on": row["born_on"],
        "born_on_unknown_text": row["born_on_unknown_text"] or "",
        "address": () if row["address_withheld"] else address_lines(row),
        "address_withheld": row["address_withheld"],
        "acquired_on": row["acquired_on"],
        "issued_on": uow.today,
        "valid_from": row["valid_from"],
        "valid_through": row["valid_until"],
        "insurer_number": insurer_number(row["municipality_code"]),
        "insurer_name": row["insurer_name"],
        "serial": f"{row['serial']:010d}",
        "colour": row["colour"],
    }
    rate = f"{row['copay_rate'] // 10}割" if row["copay_rate"] else None
    shown_class = {
        "limit_class": CLASS_TERMS[row["limit_class"]] if row["limit_class"] else "",
        "class_effective_on": row["class_effective_on"],
        "long_stay_from": row["long_stay_from"],
    }
    match form_of(row):
        case "eligibility_notice":
            office, telephone = row["contact"]
            contact = {"office": office, "telephone": telephone}
            return fields | {"copay_rate": rate, "delivery": row["delivery"], "contact": contact}
        case "limit_certificate":
            return fields | shown_class
        case "specific_disease_certificate":
            on = row["valid_from"]
            return fields | {"disease": specific_diseases(on)[row["disease"]], "monthly_limit": specific_disease_limit(on)}
    return fields | {"copay_rate": rate} | shown_class
