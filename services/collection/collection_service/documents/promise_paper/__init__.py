# SPDX-License-Identifier: Apache-2.0
"""納付誓約書 and 債務承認書: what somebody signs at the window."""

from collection_service.documents.promise_paper.build import PromisePaper, build
from collection_service.documents.promise_paper.render import render_paper

__all__ = ["PromisePaper", "build", "render_paper"]
