# SPDX-License-Identifier: Apache-2.0
"""納付証明書: what was paid in a calendar year, for the deduction of social insurance premiums."""

from collection_service.documents.payment_certificate.build import CertificateData, PaidPart, build
from collection_service.documents.payment_certificate.render import render_certificate

__all__ = ["CertificateData", "PaidPart", "build", "render_certificate"]
