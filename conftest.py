# SPDX-License-Identifier: Apache-2.0
"""For every test of the repository.

The folder `contracts/` bears the name of the package inside it: the package is imported first, or pytest would take the folder for it.
Properties are tried without a deadline: a busy machine is no counterexample.
"""

import contracts
from hypothesis import settings

__all__ = ["contracts"]

settings.register_profile("koki", deadline=None)
settings.load_profile("koki")
