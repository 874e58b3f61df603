# SPDX-License-Identifier: Apache-2.0
"""What every certificate says of its owner and its insurer, from one immutable record, and how it is fitted into its room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Self

from chassis.documents import GOTHIC, MOJI_JOHO, fit
from chassis.documents.fonts import typefaces
from contracts.eras import format_day
from contracts.events.eligibility import CertificateKind
from contracts.primitives import InsuredNumber, InsurerNumber, Sex
from pydantic import BaseModel, ConfigDict, Field, model_validator

ROOM: Final = 162.0
"""Points from the left edge of the values to the right edge of a card's lines."""
NAME_SIZES: Final = ((19.0, 1), (16.0, 1), (13.0, 1), (11.0, 2), (9.0, 2), (7.0, 3), (5.5, 4))
KANA_SIZES: Final = ((9.0, 1), (7.0, 1), (5.0, 2))
ADDRESS_SIZES: Final = ((12.0, 2), (11.0, 2), (10.0, 2), (9.5, 2), (10.0, 3), (9.0, 3), (8.0, 4), (7.0, 5), (6.0, 6))
WITHHELD: Final = "（記載を省略しています）"
COLOURS: Final = (("藤", "#5a4a86", "#f4f1fa"), ("若草", "#3f6b2e", "#f1f8ec"), ("桃", "#96405a", "#fdf1f4"), ("空", "#245f87", "#eef6fb"))
"""The colour of the year, so that an expired card is seen at a glance: name, lines, paper; without a setting of the union they come in
turn, by the year in which the card expires."""


class Bearer(BaseModel):
    """The owner of one certificate. `valid_through` is the last day it is good for, as printed.

    `address`: one to three lines; with `address_withheld` (支援措置) none is ever printed. `born_on_unknown_text` replaces the birthday
    where the resident record has no complete one. `colour`: a name of COLOURS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: CertificateKind | None = None
    insured_number: InsuredNumber
    name: str = Field(min_length=1)
    kana: str = ""
    sex: Sex
    born_on: date
    born_on_unknown_text: str = ""
    address: tuple[str, ...] = Field(default=(), max_length=3)
    address_withheld: bool = False
    acquired_on: date
    issued_on: date
    valid_from: date
    valid_through: date
    insurer_number: InsurerNumber
    insurer_name: str = Field(min_length=1)
    serial: str = Field(min_length=1, max_length=24)
    colour: str | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if not self.acquired_on <= self.valid_from <= self.valid_through:
            raise ValueError("資格取得年月日・発効期日・有効期限がこの順になっていません。日付を確かめてください。")
        if not (self.address or self.address_withheld):
            raise ValueError("住所がありません。住所を入れるか、記載の省略を指定してください。")
        return self

    @property
    def shown_address(self) -> str:
        return WITHHELD if self.address_withheld else "\n".join(self.address)

    @property
    def shown_birth(self) -> str:
        return self.born_on_unknown_text or shown(self.born_on)

    @property
    def shown_sex(self) -> str:
        return "" if self.sex is Sex.UNKNOWN else self.sex.term


@dataclass(frozen=True, slots=True)
class Colour:
    """Lines and paper of one year."""

    name: str
    deep: str
    pale: str


def colour_of(bearer: Bearer) -> Colour:
    """The colour that the union has set, else the one whose turn it is."""
    named = {colour[0]: colour for colour in COLOURS}
    return Colour(*(named[bearer.colour] if bearer.colour else COLOURS[bearer.valid_through.year % len(COLOURS)]))


def fitted_name(bearer: Bearer) -> Mapping[str, Mapping[str, object]]:
    """`address`, `kana` and `name` in their room. Raises `DocumentRefused` for a character no font shows, or a text without room."""
    faces, address = typefaces(), bearer.shown_address
    return {
        "address": fitted(address, "住所", ADDRESS_SIZES, faces.choose(address.replace("\n", ""), field="住所")),
        "kana": fitted(bearer.kana, "フリガナ", KANA_SIZES, faces.choose(bearer.kana, field="フリガナ", families=(GOTHIC, MOJI_JOHO))),
        "name": fitted(bearer.name, "氏名", NAME_SIZES, faces.choose_for_name(bearer.name)),
    }


def fitted(text: str, field: str, sizes: tuple[tuple[float, int], ...], font: str) -> dict[str, object]:
    """A text as large as it fits into the room of a card's values."""
    return fit(text, field=field, room=ROOM, sizes=sizes, font=font).data()


shown = lru_cache(maxsize=65536)(format_day)
"""A day in the Japanese era."""
