# SPDX-License-Identifier: Apache-2.0
"""Payment slips as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for payment slips."""
    return Renderer(Path(__file__).parent)
