"""居所調査票."""

from eligibility_service.documents.survey_sheet.build import SurveySheetData, build
from eligibility_service.documents.survey_sheet.render import render_sheet

__all__ = ["SurveySheetData", "build", "render_sheet"]
