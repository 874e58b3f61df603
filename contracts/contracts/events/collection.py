"""What collection decides."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event
from contracts.events.subjects import AboutResident, AboutYear
from contracts.primitives import FiscalYear, MunicipalityCode, ResidentNumber, Yen


class CollectionMethod(StrEnum):
    """徴収方法: by notice, slip or bank account, or from the pension."""

    ORDINARY = "ordinary"
    SPECIAL = "special"


class Instalment(BaseModel):
    """期別: one instalment (number within the year, calendar month of the period, due day, yen, and how it is collected).

    Numbers 101 to 106 are taken from the pension in April, June, August, October, December and February, on the day it is paid.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    month: int
    due_on: date
    amount: Yen
    method: CollectionMethod | None = None


class InstalmentsSet(AboutYear, Event):
    """期割決定: the instalments of one assessment; their sum is `annual_amount`: what is charged, less what is remitted."""

    type: ClassVar[str] = "collection.instalments_set.v1"
    owner: ClassVar[str] = "collection"
    stream: ClassVar[str | None] = "instalments"

    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    assessment_id: UUID
    fiscal_year: FiscalYear
    annual_amount: Yen
    instalments: tuple[Instalment, ...]


class CollectionMethodDecided(AboutYear, Event):
    """徴収方法決定: how the premium of a person and fiscal year is collected; `first_due_on`: its first 納期限 under the ordinance.

    From that day premium counts the time limit of 法160条の2. Said where it is another than the usual one.
    """

    type: ClassVar[str] = "collection.collection_method_decided.v1"
    owner: ClassVar[str] = "collection"
    stream: ClassVar[str | None] = "collection_method"

    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    fiscal_year: FiscalYear
    method: CollectionMethod
    first_due_on: date


class ArrearsReported(AboutResident, Event):
    """滞納情報: what an insured person owes on `effective_on`; the whole state, so that the last report is enough.

    `oldest_due_on`: 納期限 of the oldest instalment that is not paid in full, None with an amount of 0. `last_paid_on`: the last
    day on which anything was paid, in part or in full.
    """

    type: ClassVar[str] = "collection.arrears_reported.v1"
    owner: ClassVar[str] = "collection"

    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    unpaid_amount: Yen
    oldest_due_on: date | None = None
    last_paid_on: date | None = None
