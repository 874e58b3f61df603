"""相手方: whom a letter about arrears reaches, and under which number the person is insured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from asyncpg import Connection
from chassis.commands import Person
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.recipients import Recipient
from collection_service.store.addressees import addressee_of

_FIND: Final = """
SELECT k.m, k.n, i.insured_number, ad.* FROM unnest($1::text[], $2::text[]) AS k(m, n)
LEFT JOIN addressee_shown ad ON (ad.municipality_code, ad.resident_number) = (k.m, k.n)
LEFT JOIN LATERAL (
    SELECT insured_number FROM assessment a JOIN insured USING (insured_id)
    WHERE (a.municipality_code, a.resident_number) = (k.m, k.n) ORDER BY a.fiscal_year DESC, insured_id LIMIT 1
) AS i ON true
"""


async def of(raw: Connection[Any], people: Iterable[Person]) -> dict[Person, Recipient]:
    """Each of these residents, known or not."""
    keys = list(dict.fromkeys(people))
    rows = await raw.fetch(_FIND, [code for code, _ in keys], [number for _, number in keys])
    return {(row["m"], row["n"]): Recipient((row["m"], row["n"]), addressee_of(row), row["insured_number"]) for row in rows}


async def known(uow: UnitOfWork, person: Person) -> Recipient | None:
    """A resident of whom a record has come, for a command at the window; None where there is none."""
    found = (await of(await driver(uow.connection), [person]))[person]
    return found if found.addressee is not None else None
