"""簡易申告書: a form to fill in at home or at the window, or what was taken in."""

from premium_service.documents.simple_declaration.build import DeclarationSheet, build
from premium_service.documents.simple_declaration.render import render_sheet

__all__ = ["DeclarationSheet", "build", "render_sheet"]
