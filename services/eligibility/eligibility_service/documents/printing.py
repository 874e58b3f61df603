"""Certificates of the ledger on paper: one alone for the window, or a print file of many with the page of each."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from chassis.documents import DocumentRefused, Renderer, Sheet
from pydantic import BaseModel, ValidationError
from pypdf import PdfReader, PdfWriter

from eligibility_service.documents import (
    arrears_letter,
    card,
    comparison,
    copay_notice,
    eligibility_notice,
    limit_certificate,
    specific_disease_certificate,
)
from eligibility_service.documents.arrears_letter.build import ArrearsLetterData
from eligibility_service.documents.card import CardData, render_card
from eligibility_service.documents.comparison.build import ComparisonData
from eligibility_service.documents.copay_notice.build import CopayNoticeData
from eligibility_service.documents.eligibility_notice.build import EligibilityNoticeData
from eligibility_service.documents.limit_certificate.build import LimitCertificateData
from eligibility_service.documents.specific_disease_certificate.build import SpecificDiseaseData

Fields = Mapping[str, Any]
"""The fields of one certificate, as the model of its form takes them."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF that was read back, and for each certificate in order its page (from 1) or why it was refused. No PDF where all were."""

    pdf: bytes | None
    pages: tuple[int | None, ...]
    refusals: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One 帳票: the model of its record, what is built from one, and how one, or the sheets of many, are typeset and read back."""

    model: type[BaseModel]
    build: Callable[[Any], Sheet]
    one: Callable[[Any], bytes]
    many: Callable[[Sequence[Any], Sequence[Sheet]], bytes]


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for everything but cards, which have their own."""
    return Renderer(Path(__file__).parent)


def _form(model: type[BaseModel], folder: Any) -> Form:
    template = f"{Path(folder.__file__).parent.name}/template.typ"
    build: Callable[[Any], Sheet] = folder.build.build

    def many(_: Sequence[Any], sheets: Sequence[Sheet]) -> bytes:
        (pdf,) = renderer().release_many(template, sheets, pages_per_file=len(sheets))
        return pdf

    return Form(model, build, lambda record: renderer().release(template, build(record)), many)


def _cards(records: Sequence[CardData], sheets: Sequence[Sheet]) -> bytes:
    (pdf,) = card.renderer().release_many("card.typ", sheets, pages_per_file=len(sheets), common={"stocks": card.stocks(records)})
    return pdf


FORMS: Final = {
    "card": Form(CardData, card.build, render_card, _cards),
    "eligibility_notice": _form(EligibilityNoticeData, eligibility_notice),
    "limit_certificate": _form(LimitCertificateData, limit_certificate),
    "specific_disease_certificate": _form(SpecificDiseaseData, specific_disease_certificate),
    "arrears_letter": _form(ArrearsLetterData, arrears_letter),
    "comparison": _form(ComparisonData, comparison),
    "copay_notice": _form(CopayNoticeData, copay_notice),
}


def print_one(form: str, records: Sequence[Fields]) -> Printed:
    """A single certificate or letter as a file of its own."""
    (fields,) = records
    try:
        return Printed(FORMS[form].one(FORMS[form].model(**fields)), (1,), (None,))
    except (DocumentRefused, ValidationError) as error:
        return Printed(None, (None,), (_reason(error),))


def print_many(form: str, records: Sequence[Fields]) -> Printed:
    """One print file. What cannot be printed is left out with its reason; the others stand in their order."""
    used = FORMS[form]
    refusals: list[str | None] = [None] * len(records)
    wanted: dict[int, tuple[BaseModel, Sheet]] = {}
    for place, fields in enumerate(records):
        try:
            record = used.model(**fields)
            wanted[place] = record, used.build(record)
        except (DocumentRefused, ValidationError) as error:
            refusals[place] = _reason(error)
    pdf = None
    while wanted and pdf is None:
        try:
            pdf = used.many([record for record, _ in wanted.values()], [sheet for _, sheet in wanted.values()])
        except DocumentRefused as error:
            if error.page is None:
                raise
            place = list(wanted)[error.page - 1]
            refusals[place] = _reason(error)
            del wanted[place]
    pages = {place: page for page, place in enumerate(wanted, start=1)}
    return Printed(pdf, tuple(pages.get(place) for place in range(len(records))), tuple(refusals))


def page_of(content: bytes, page: int | None) -> bytes:
    """One page of a print file; a file of one page, or of one letter (no page), is given byte for byte."""
    reader = PdfReader(io.BytesIO(content))
    if page is None or len(reader.pages) == 1:
        return content
    writer = PdfWriter()
    writer.add_page(reader.pages[page - 1])
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _reason(error: DocumentRefused | ValidationError) -> str:
    if isinstance(error, DocumentRefused):
        return str(error)
    return "、".join(str(found["msg"]).removeprefix("Value error, ") for found in error.errors(include_url=False, include_input=False))
