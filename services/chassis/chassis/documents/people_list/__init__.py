# SPDX-License-Identifier: Apache-2.0
"""名簿: a list of people on A4 landscape, in volumes of a bounded number of pages."""

from chassis.documents.people_list.build import ListPaper, render

__all__ = ["ListPaper", "render"]
