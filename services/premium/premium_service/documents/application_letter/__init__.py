"""受付票, 減免決定通知書, 減免却下通知書, 徴収猶予決定通知書, 徴収猶予却下通知書."""

from premium_service.documents.application_letter.build import ApplicationLetter, build
from premium_service.documents.application_letter.render import render_letter

__all__ = ["ApplicationLetter", "build", "render_letter"]
