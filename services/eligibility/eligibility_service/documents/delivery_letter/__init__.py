"""送付先変更のお知らせ."""

from eligibility_service.documents.delivery_letter.build import DeliveryLetterData, build
from eligibility_service.documents.delivery_letter.render import render_letter

__all__ = ["DeliveryLetterData", "build", "render_letter"]
