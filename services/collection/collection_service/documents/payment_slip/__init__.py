# SPDX-License-Identifier: Apache-2.0
"""納付書: the letter that goes with them, and one slip for each instalment."""

from collection_service.documents.payment_slip.build import Slip, SlipLetter, build
from collection_service.documents.payment_slip.render import renderer

__all__ = ["Slip", "SlipLetter", "build", "renderer"]
