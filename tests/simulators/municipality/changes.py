"""A stream of single changes as three offices would report them one after the other, for the broker or a daily file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice

import numpy as np

from tests.simulators.municipality import codes
from tests.simulators.municipality.ages import years_before
from tests.simulators.municipality.books import HEAD, Books, Newcomer, Row
from tests.simulators.municipality.chance import stream
from tests.simulators.municipality.corrections import correct_income
from tests.simulators.municipality.names import WIDE_SPACE, name_table
from tests.simulators.municipality.population import Population

TRIES = 12
DAYS_BACK = 6
ADDRESS = ("postal_code", "address_prefecture", "address_municipality", "address_town", "address_number", "address_building")
PERSON = ("name", "name_kana", "sex", "born_on")


def changes(seed: int, population: Population, count: int) -> Iterator[Row]:
    """The first `count` changes of a seed; fewer of the same seed are a beginning of more.

    Each is a row of the residents or incomes file with days as text, plus `kind` ("resident" or "income"). `history_number` is one more
    than that resident's last of the same kind (1 for somebody new). Nobody changes after death or departure.
    """
    return islice(Office(seed, population).work(), count)


class Office:
    """Reports what happens in all municipalities of a population, without end."""

    def __init__(self, seed: int, population: Population) -> None:
        self.on = population.on
        self.chance = stream(seed, "changes")
        self.books = [Books(register=register, seed=seed, on=population.on) for register in population.registers]
        self.departed: list[tuple[Books, list[Newcomer]]] = []
        self.kinds: list[tuple[float, Callable[[Books], list[Row]]]] = [
            (0.28, self.income_corrected),
            (0.12, self.died),
            (0.13, self.moved_within),
            (0.07, self.moved_out),
            (0.09, self.moved_in),
            (0.11, self.turns_75),
            (0.05, self.name_changed),
            (0.06, self.head_changed),
            (0.09, self.household_split),
        ]

    def work(self) -> Iterator[Row]:
        """Change after change; those of one occasion (a household that moves) follow each other."""
        sizes = np.cumsum([books.people for books in self.books])
        bounds = np.cumsum([share for share, _ in self.kinds])
        while True:
            books = self.books[int(np.searchsorted(sizes, self.chance.integers(sizes[-1]), side="right"))]
            happens = self.kinds[min(int(np.searchsorted(bounds, self.chance.random())), len(self.kinds) - 1)][1]
            yield from happens(books) or self.moved_in(books)

    # Each occasion returns its changes, or none where nobody was found to whom it could happen.

    def income_corrected(self, books: Books) -> list[Row]:
        """所得の更正: another amount, an answer to an inquiry, a late return, a record that was missing."""
        resident = self.somebody(books, lambda who: True)
        return [] if resident is None else [correct_income(self.chance, books, resident, self.on)]

    def died(self, books: Books) -> list[Row]:
        """死亡: the oldest of a household; where it was the head, another follows."""
        found = self.somebody(books, lambda who: True)
        if found is None:
            return []
        household = books.living(books.household(found))
        resident = min(household, key=lambda who: (books.record(who)["born_on"], who))
        was_head = books.record(resident)["relationship"] == HEAD
        day = self.day(books, household)
        rows = [books.change(resident, **self.happened(codes.DIED, day), status=str(codes.DEAD), ended_on=day)]
        others = [who for who in household if who != resident]
        if was_head and others:
            rows += self.led_by(books, min(others, key=lambda who: (self.is_minor(books, who), books.role(who), who)), others, day)
        return rows

    def moved_within(self, books: Books) -> list[Row]:
        """転居: the whole household to another address of the municipality."""
        found = self.somebody(books, lambda who: True)
        if found is None:
            return []
        household = books.living(books.household(found))
        address = self.address(books)
        moved = self.happened(codes.MOVED_WITHIN, self.day(books, household))
        return [books.change(who, **moved, **address) for who in household]

    def moved_out(self, books: Books) -> list[Row]:
        """転出: the whole household; some of them arrive in another municipality of the union later in the stream."""
        found = self.somebody(books, lambda who: True)
        if found is None:
            return []
        household = books.living(books.household(found))
        day = self.day(books, household)
        self.departed.append((books, [Newcomer(record=books.record(who), income=None, role=books.role(who)) for who in household]))
        gone = {**self.happened(codes.MOVED_OUT, day), "status": str(codes.GONE), "ended_on": day}
        return [books.change(who, **gone) for who in household]

    def moved_in(self, books: Books) -> list[Row]:
        """転入: a household that is new here, with incomes still being asked for where it lived before."""
        strangers = next(books.newcomers)
        elsewhere = [position for position, (origin, _) in enumerate(self.departed) if origin is not books]
        people = strangers
        if elsewhere and self.chance.random() < 0.5:
            _, people = self.departed.pop(elsewhere[0])
        day = (self.on - timedelta(days=int(self.chance.integers(DAYS_BACK)))).isoformat()
        here = {name: strangers[0].record[name] for name in (*ADDRESS, "municipality_code")}
        arrived = {**self.happened(codes.MOVED_IN, day), **here, "resident_since": day, "status": str(codes.RESIDENT), "ended_on": None}
        position, number = books.open_household()
        entered = [books.enter(person, position, number, **arrived) for person in people]
        asked = [self.asked_for(books, resident, day) for resident, _ in entered if not self.is_minor(books, resident)]
        return [row for _, row in entered] + asked

    def turns_75(self, books: Books) -> list[Row]:
        """75歳到達: a household of which the municipality has told nothing so far, because nobody in it was near 75."""
        people = next(books.newcomers)
        birthday = years_before(self.on, 75) + timedelta(days=int(self.chance.integers(-20, 90)))
        shift = birthday - min(date.fromisoformat(person.record["born_on"]) for person in people)
        position, number = books.open_household()
        rows, incomes = [], []
        for person in people:
            born = min(date.fromisoformat(person.record["born_on"]) + shift, self.on - timedelta(days=30))
            since = max(date.fromisoformat(person.record["resident_since"]), born).isoformat()
            told = {"changed_on": since, "notified_on": since, "change_reason": str(codes.MOVED_IN), "resident_since": since}
            resident, row = books.enter(person, position, number, born_on=born.isoformat(), born_on_unknown_text=None, **told)
            rows.append(row)
            if person.income is not None:
                incomes.append(books.enter_income(resident, person.income))
        return rows + incomes

    def name_changed(self, books: Books) -> list[Row]:
        """氏名変更: another family name."""
        resident = self.somebody(books, lambda who: WIDE_SPACE in books.record(who)["name"])
        if resident is None:
            return []
        table = name_table()
        chosen = int(self.chance.integers(table.first_foreign))
        record = books.record(resident)
        name = table.family[chosen] + WIDE_SPACE + record["name"].split(WIDE_SPACE, 1)[1]
        kana = table.family_kana[chosen] + WIDE_SPACE + record["name_kana"].split(WIDE_SPACE, 1)[1]
        day = self.day(books, [resident])
        return [books.change(resident, **self.happened(codes.NAME_CHANGED, day), name=name, name_kana=kana)]

    def head_changed(self, books: Books) -> list[Row]:
        """世帯主変更: another adult of the household becomes its head."""
        resident = self.somebody(books, lambda who: books.record(who)["relationship"] != HEAD and not self.is_minor(books, who))
        if resident is None:
            return []
        household = books.living(books.household(resident))
        return self.led_by(books, resident, household, self.day(books, household))

    def household_split(self, books: Books) -> list[Row]:
        """世帯分離: an adult who is not the head gets a household of their own at the same address."""
        resident = self.somebody(books, lambda who: books.record(who)["relationship"] != HEAD and not self.is_minor(books, who))
        if resident is None:
            return []
        position, number = books.open_household()
        books.move_to(resident, position)
        happened = self.happened(codes.HOUSEHOLD_CHANGED, self.day(books, [resident]))
        return [books.change(resident, **happened, household_number=number, relationship=HEAD)]

    # What the occasions share.

    def somebody(self, books: Books, fits: Callable[[int], bool]) -> int | None:
        """A resident who lives here and fits, or None after some tries."""
        for _ in range(TRIES):
            resident = int(self.chance.integers(books.people))
            if books.lives_here(resident) and fits(resident):
                return resident
        return None

    def day(self, books: Books, people: list[int]) -> str:
        """A day of the last week on which something can happen to these people: not before their last change, not after today."""
        day = (self.on - timedelta(days=int(self.chance.integers(DAYS_BACK + 1)))).isoformat()
        return max([day, *(str(books.record(who)["changed_on"]) for who in people)])

    def happened(self, reason: int, day: str) -> Row:
        """The columns that say what has happened and when; it was reported between that day and today."""
        late = int(self.chance.integers((self.on - date.fromisoformat(day)).days + 1))
        reported = date.fromisoformat(day) + timedelta(days=late)
        return {"change_reason": str(reason), "changed_on": day, "notified_on": reported.isoformat()}

    def led_by(self, books: Books, head: int, household: list[int], day: str) -> list[Row]:
        """A new head for these people; a record for everyone who is something else to the new head."""
        head_role, rows = np.array([books.role(head)]), []
        happened = self.happened(codes.HEAD_CHANGED, day)
        for who in household:
            sex = np.array([int(books.record(who)["sex"])])
            relation = HEAD if who == head else str(codes.relationship(head_role, np.array([books.role(who)]), sex)[0]).zfill(2)
            if relation != books.record(who)["relationship"]:
                rows.append(books.change(who, **happened, relationship=relation))
        return rows

    def address(self, books: Books) -> Row:
        """An address of the municipality at which nobody lives so far."""
        record = next(books.newcomers)[0].record
        return {name: record[name] for name in ADDRESS}

    def asked_for(self, books: Books, resident: int, day: str) -> Row:
        """The first income record of somebody who has moved in: 照会中."""
        return correct_income(self.chance, books, resident, date.fromisoformat(day), inquiring=True)

    def is_minor(self, books: Books, resident: int) -> bool:
        return bool(books.record(resident)["born_on"] > years_before(self.on, 18).isoformat())
