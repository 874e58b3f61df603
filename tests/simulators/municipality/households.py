"""Who lives with whom: households with at least one member of 74 or over (the households concerned with the scheme)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from tests.simulators.municipality.ages import MEN, OLDEST, WOMEN, births_of_the_old, day_number
from tests.simulators.municipality.chance import Days, Flags, Numbers, pick, stream

ELDER, SPOUSE, CHILD, CHILDS_SPOUSE, GRANDCHILD, SIBLING = range(6)
YEAR = 365.2425


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of household: its members (the elder first), how often it occurs, who is its head how often, how many elders are women.

    `women` and `men` say how often an old woman or man lives in this form, relative to the number of them.
    """

    name: str
    members: tuple[int, ...]
    share: float
    women: float
    men: float
    heads: tuple[tuple[int, float], ...] = ((ELDER, 1.0),)


SHAPES = (
    Shape("alone", (ELDER,), 0.300, women=1.0, men=0.42),
    Shape("couple", (ELDER, SPOUSE), 0.350, women=0.05, men=1.0, heads=((ELDER, 0.94), (SPOUSE, 0.06))),
    Shape("couple and child", (ELDER, SPOUSE, CHILD), 0.095, women=0.05, men=1.0, heads=((ELDER, 0.78), (CHILD, 0.22))),
    Shape("parent and child", (ELDER, CHILD), 0.155, women=1.0, men=0.2, heads=((ELDER, 0.45), (CHILD, 0.55))),
    Shape("parent, child's couple", (ELDER, CHILD, CHILDS_SPOUSE), 0.030, women=1.0, men=0.2, heads=((ELDER, 0.2), (CHILD, 0.8))),
    Shape(
        "three generations",
        (ELDER, CHILD, CHILDS_SPOUSE, GRANDCHILD),
        0.020,
        women=1.0,
        men=0.2,
        heads=((ELDER, 0.2), (CHILD, 0.7), (CHILDS_SPOUSE, 0.1)),
    ),
    Shape(
        "three generations of five", (ELDER, CHILD, CHILDS_SPOUSE, GRANDCHILD, GRANDCHILD), 0.012, women=1.0, men=0.2, heads=((CHILD, 1.0),)
    ),
    Shape("two couples", (ELDER, SPOUSE, CHILD, CHILDS_SPOUSE, GRANDCHILD), 0.013, women=0.05, men=1.0, heads=((ELDER, 0.4), (CHILD, 0.6))),
    Shape("siblings", (ELDER, SIBLING), 0.025, women=1.0, men=0.6, heads=((ELDER, 0.8), (SIBLING, 0.2))),
)
LARGEST = ((20, 2), (60, 3), (np.inf, 5))
"""Below so many people, households of at most so many: a small sample needs enough households for the notable people."""
SIZES = np.array([len(shape.members) for shape in SHAPES], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Households:
    """People in household order: members of one household are neighbours, the elder first.

    `first` and `shape` have one entry per household; the others one per person. `other_name` marks those with a second family name.
    """

    first: Numbers
    shape: Numbers
    household: Numbers
    role: Numbers
    sex: Numbers
    born: Days
    head: Flags
    other_name: Flags

    @property
    def people(self) -> int:
        return len(self.role)


def gather_households(seed: int, municipality_code: str, on: date, people: int) -> Households:
    """Exactly `people` people in households; a remainder that does not fill the last household lives alone."""
    chance = stream(seed, municipality_code, "households")
    largest = next(size for below, size in LARGEST if people < below)
    shape = pick(chance, [form.share if len(form.members) <= largest else 0.0 for form in SHAPES], people)
    filled = int(np.searchsorted(np.cumsum(SIZES[shape]), people, side="right"))
    missing = people - int(SIZES[shape[:filled]].sum())
    shape = np.concatenate([shape[:filled], np.zeros(missing, dtype=np.int64)])
    sizes = SIZES[shape]
    first = np.cumsum(sizes) - sizes
    household = np.repeat(np.arange(len(shape)), sizes)
    slot = np.arange(people) - first[household]
    slots = np.full((len(SHAPES), int(SIZES.max())), ELDER)
    for index, form in enumerate(SHAPES):
        slots[index, : len(form.members)] = form.members
    role = slots[shape[household], slot]

    sex, born = _births(chance, on, shape, first, household, slot, role)
    head_role = np.zeros(len(shape), dtype=np.int64)
    for index, form in enumerate(SHAPES):
        mine = np.flatnonzero(shape == index)
        drawn = pick(chance, [weight for _, weight in form.heads], len(mine))
        head_role[mine] = np.array([r for r, _ in form.heads])[drawn]
    return Households(
        first=first,
        shape=shape,
        household=household,
        role=role,
        sex=sex,
        born=born,
        head=role == head_role[household],
        other_name=_other_names(chance, household, role, sex, first),
    )


def _births(
    chance: np.random.Generator, on: date, shape: Numbers, first: Numbers, household: Numbers, slot: Numbers, role: Numbers
) -> tuple[Numbers, Days]:
    people, today = len(role), day_number(on)
    elder_sex, elder_born = np.zeros(len(shape), dtype=np.int64), np.zeros(len(shape), dtype=np.int64)
    for index, form in enumerate(SHAPES):
        mine = np.flatnonzero(shape == index)
        has_partner = SPOUSE in form.members
        elder_sex[mine], elder_born[mine] = births_of_the_old(chance, on, len(mine), women=form.women, men=form.men, couple=has_partner)

    def years(mean: float, spread: float, least: float, most: float) -> Days:
        return (np.clip(chance.normal(mean, spread, people), least, most) * YEAR).astype(np.int64)

    sex, born = elder_sex[household], elder_born[household]
    # The husband is usually the older one; where the wife is the elder of the row, she is about as old as he or older.
    # What one person draws counts for the whole household ([elder]), so that everyone's age is reckoned from the same days.
    elder = first[household]
    spouse = np.where(sex == MEN, born + years(3.0, 3.4, -12, 18), born + years(1.5, 1.5, 0, 8))[elder]
    mother = np.where((sex == WOMEN) | ~_has_spouse(shape)[household], born, spouse)
    child = (mother + years(28.5, 4.5, 18, 43))[elder]
    grandchild = (child + years(31, 4, 21, 42))[elder] + np.where(slot == 4, years(3, 0.6, 1.5, 5), 0)
    draw = chance.random(people)
    child_sex = np.where(draw < 0.56, MEN, WOMEN)[elder]
    born = np.select(
        [role == SPOUSE, role == CHILD, role == CHILDS_SPOUSE, role == GRANDCHILD, role == SIBLING],
        [spouse, child, child + years(0, 3, -9, 9), grandchild, born + years(0, 4, -10, 12)],
        born,
    )
    sex = np.select(
        [role == SPOUSE, role == CHILD, role == CHILDS_SPOUSE, (role == GRANDCHILD) | (role == SIBLING)],
        [MEN + WOMEN - sex, child_sex, MEN + WOMEN - child_sex, np.where(draw < 0.48, MEN, WOMEN)],
        sex,
    )
    born = np.clip(born, today - int((OLDEST + 0.9) * YEAR), today - 20 - (draw * 900).astype(np.int64))
    return sex, born


def _has_spouse(shape: Numbers) -> Flags:
    has_spouse: Flags = np.array([SPOUSE in form.members for form in SHAPES], dtype=np.bool_)
    return has_spouse[shape]


def _other_names(chance: np.random.Generator, household: Numbers, role: Numbers, sex: Numbers, first: Numbers) -> Flags:
    """A married daughter, her husband and her children bear his name; one sister in two has married."""
    draw = chance.random(len(role))
    has_son_in_law = np.zeros(len(first), dtype=np.bool_)
    has_son_in_law[household[(role == CHILDS_SPOUSE) & (sex == MEN)]] = True
    is_young = (role == CHILD) | (role == CHILDS_SPOUSE) | (role == GRANDCHILD)
    bears_his_name: Flags = (has_son_in_law[household] & is_young) | ((role == SIBLING) & (sex == WOMEN) & (draw < 0.5))
    return bears_his_name
