# SPDX-License-Identifier: Apache-2.0
"""試算表: a rate trial on paper, for the council of the union: estimates, rates, effects."""
