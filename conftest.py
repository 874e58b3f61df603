"""Fixtures for every test of the house.

The folder `contracts/` bears the name of the package inside it: the package is imported here, or pytest would take the folder for it.
Properties are tried without a deadline: a busy machine is no counterexample.
"""

from hypothesis import settings

import contracts

__all__ = ["contracts"]

pytest_plugins = ["chassis.testing"]

settings.register_profile("koki", deadline=None)
settings.load_profile("koki")
