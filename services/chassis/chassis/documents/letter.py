# SPDX-License-Identifier: Apache-2.0
"""What the letters of the house have in common: the address in the window, the sender, where to ask, and how to appeal."""

from typing import Self

from contracts.primitives import PostalCode
from pydantic import BaseModel, ConfigDict, Field

from chassis.documents.fitting import fit
from chassis.documents.fonts import GOTHIC, MOJI_JOHO, typefaces
from chassis.documents.readback import Expected

WINDOW_WIDTH = 240.0
"""Points: 88 mm less the inset."""
ADDRESS_SIZES = ((11.0, 3), (10.0, 4), (9.0, 5), (8.0, 6), (7.0, 7))
NAME_SIZES = ((15.0, 1), (13.0, 1), (12.0, 2), (10.0, 3), (8.0, 4))


BY_HAND = "（手渡し）"
"""In the window of a letter that is handed over because its address is withheld (支援措置)."""


class Delivery(BaseModel):
    """送付先: where a letter goes. `address`: one to four lines from the prefecture to the building; `name` without 様.

    `postal_code` None: it is not posted, and `address` is no address (`by_hand`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    postal_code: PostalCode | None
    address: tuple[str, ...] = Field(min_length=1, max_length=4)
    name: str = Field(min_length=1)

    @classmethod
    def by_hand(cls, name: str) -> Self:
        """A letter that a person hands over: nothing of an address stands on it."""
        return cls(postal_code=None, address=(BY_HAND,), name=name)

    def data(self) -> dict[str, object]:
        """For `window` of the forms package. Raises `DocumentRefused` for a character without a shape or a text without room."""
        faces = typefaces()
        address = "\n".join(self.address)
        address_font = faces.choose("".join(self.address), field="送付先住所")
        name_font = faces.choose_for_name(self.name, field="送付先氏名")
        return {
            "postal_code": self._shown_code,
            "address": fit(address, field="送付先住所", room=WINDOW_WIDTH, sizes=ADDRESS_SIZES, font=address_font).data(),
            "name": fit(f"{self.name}　様", field="送付先氏名", room=WINDOW_WIDTH, sizes=NAME_SIZES, font=name_font).data(),
        }

    def expected(self) -> Expected:
        """What must stand in the window."""
        return (("郵便番号", self._shown_code), ("送付先住所", "".join(self.address)), ("送付先氏名", f"{self.name}様"))

    @property
    def _shown_code(self) -> str:
        return f"〒{self.postal_code[:3]}-{self.postal_code[3:]}" if self.postal_code else ""


class Contact(BaseModel):
    """問い合わせ先: the office that answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    office: str
    telephone: str = Field(pattern=r"^[0-9-]{10,13}$")
    hours: str = "平日 午前8時30分から午後5時まで"

    def data(self) -> dict[str, str]:
        typefaces().choose(self.office + self.hours, field="問い合わせ先", families=(GOTHIC, MOJI_JOHO))
        return self.model_dump()

    def expected(self) -> Expected:
        return (("問い合わせ先", self.office), ("電話", self.telephone), ("受付時間", self.hours))


def appeals(board: str) -> tuple[str, ...]:
    """教示: how to appeal against a decision to the 後期高齢者医療審査会. Law: 高齢者の医療の確保に関する法律 第128条・第130条."""
    return (
        f"この決定に不服があるときは、この通知を受け取った日の翌日から3か月以内に、{board}に審査請求をすることができます。",
        "決定の取消しの訴えは、審査請求の裁決を受けた後でなければ起こせません(裁決を知った日の翌日から6か月以内)。",
    )
