"""通知: which letter tells somebody of the premium of a fiscal year, and why one cannot be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from premium_service.domain.people import Recipient

PROVISIONAL: Final = "暫定の法定数値による保険料です。数値を担当者が確認し、保険料を決定し直してから発行してください。"
NO_RECORD: Final = "住民情報が届いていません。市区町村に住民情報の送付を依頼してください。"
GONE: Final = "亡くなった方か、転出などでこの広域連合の住民でなくなった方です。相続人や新しい住所など、送付先を確かめてください。"
"""Letters to people who are not there any more have been sent by the thousand: somebody must find out where this one should go."""
NOT_REPEATED: Final = "決定のあとに法令・料率の登録が変わり、計算明細を示せません。保険料を決定し直してから発行してください。"


@dataclass(frozen=True, slots=True)
class Planned:
    """A notice of a run that is still to be made, of the decision `revision` of a fiscal year.

    `told`: the revision that the last notice told of, 0 for none. `is_overtaken`: the person has been decided anew since the plan.
    """

    number: int
    insured_id: UUID
    fiscal_year: int
    revision: int
    told: int
    is_overtaken: bool


class CannotBeSent(Exception):
    """There is no notice for this person; the text says in Japanese why, and what to do."""


def sendable(recipient: Recipient | None, *, provisional: bool) -> Recipient:
    """To whom a notice goes. CannotBeSent where nothing can be sent."""
    if provisional:
        raise CannotBeSent(PROVISIONAL)
    if recipient is None:
        raise CannotBeSent(NO_RECORD)
    if recipient.gone:
        raise CannotBeSent(GONE)
    return recipient
