"""The codes that the simulator writes (code tables of layout koki-1) and who is what to whom in a household."""

from __future__ import annotations

import numpy as np

from tests.simulators.municipality.chance import Numbers

HEAD_CODE = 2
MOVED_IN, BORN, MOVED_WITHIN, MOVED_OUT, DIED, HEAD_CHANGED, HOUSEHOLD_CHANGED = 10, 12, 20, 30, 40, 50, 51
NAME_CHANGED, ENTERED_BY_OFFICE, REMOVED_BY_OFFICE, CORRECTED_BY_OFFICE = 60, 70, 71, 72
RESIDENT, GONE, DEAD, REMOVED = 1, 2, 3, 4

# Rows: the role of the head; columns: the role of the other (elder, spouse, child, child's spouse, grandchild, sibling); man / woman.
_RELATIONS = np.array(
    [
        [(90, 90), (10, 11), (20, 20), (21, 22), (23, 23), (40, 40)],
        [(10, 11), (90, 90), (20, 20), (21, 22), (23, 23), (90, 90)],
        [(30, 31), (30, 31), (20, 20), (10, 11), (20, 20), (45, 45)],
        [(32, 33), (32, 33), (10, 11), (90, 90), (20, 20), (90, 90)],
        [(36, 37), (36, 37), (30, 31), (30, 31), (40, 40), (90, 90)],
        [(40, 40), (41, 42), (43, 43), (90, 90), (90, 90), (40, 40)],
    ],
    dtype=np.int64,
)


def relationship(head_role: Numbers, role: Numbers, sex: Numbers) -> Numbers:
    """続柄コード of people who are not the head themselves, seen from a head with that role."""
    return np.asarray(_RELATIONS[head_role, role, np.clip(sex, 1, 2) - 1])
