# SPDX-License-Identifier: Apache-2.0
"""被保険者台帳, 異動整理簿, 75歳到達者・予定者: a list of people on A4 landscape, in volumes of a bounded number of pages."""

from eligibility_service.documents.people_list.build import ListPaper, render

__all__ = ["ListPaper", "render"]
