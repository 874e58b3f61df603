# SPDX-License-Identifier: Apache-2.0
"""資格に関する通知: letters about a notice, a decision or a qualification; alike but for their words."""

from eligibility_service.documents.ledger_letter.build import LetterData, build
from eligibility_service.documents.ledger_letter.render import render_letter
from eligibility_service.documents.ledger_letter.words import WORDS, LetterKind

__all__ = ["WORDS", "LetterData", "LetterKind", "build", "render_letter"]
