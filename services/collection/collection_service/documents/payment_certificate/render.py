# SPDX-License-Identifier: Apache-2.0
"""Payment certificates as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from collection_service.documents.payment_certificate.build import CertificateData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for payment certificates."""
    return Renderer(Path(__file__).parent)


def render_certificate(certificate: CertificateData) -> bytes:
    """One certificate, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(certificate))
