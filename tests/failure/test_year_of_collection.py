"""A fiscal year of collection with the simulators, their faults turned: at its end everybody has paid, been refunded or owes, to the yen.

The payers' side keeps books of its own (what the bank took, what lay in the tills, what the pension payers paid in), and the ledger must
agree with them person by person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from chassis import jobs
from chassis.clock import derived_id
from chassis.problems import Problem
from chassis.settings import Settings
from chassis.testing import Databases
from chassis.unit_of_work import Units
from collection_service import settings
from collection_service.jobs.issue_demands import IssueDemands
from collection_service.jobs.issue_slips import IssueSlips
from collection_service.jobs.make_debit_file import MakeDebitFile
from collection_service.jobs.pay_refunds import PayRefunds
from collection_service.jobs.take_convenience_payments import TakeConveniencePayments
from collection_service.jobs.take_debit_results import TakeDebitResults
from collection_service.store.receipts import Receipt
from contracts.layouts.families import read_family

from services.collection.tests.accounts import account, arrived, branches, mandate, person, requests, run
from services.collection.tests.api.refund_window import window
from services.collection.tests.api.test_refund_payments import BANK
from services.collection.tests.people import CHIYODA, ROOT, apply, assessed, rows
from services.collection.tests.receipts import take
from tests.failure.pension_world import OCTOBER, PAYMENT, Exchange, exchange
from tests.simulators.banks.bank import FAULTS as BANK_FAULTS
from tests.simulators.banks.bank import FUNDS, RESULT, Dials, answer
from tests.simulators.banks.stores import CONFIRMED, TAKEN_BACK, Payment, pay, tell
from tests.simulators.pension.dials import Dials as PensionDials

ACCOUNTS, STORES, COUNTER, NEVER = (1, 2, 3, 4), (5, 6, 7), 8, (9, 10)
ANNUAL: Final = 58_050
LOWERED: Final = 20_000
"""What the premium of person 7 is from December on."""
LAST_DAY: Final = date(2027, 3, 31)
DUE = "SELECT DISTINCT number, due_on FROM charge_entry WHERE number < 100 ORDER BY 1"
AWAITED = "SELECT max(business_day) FROM receipt_file_expected"
PAID_IN = """
SELECT a.resident_number, sum(CASE WHEN m.debit = 'cash' THEN m.amount ELSE -m.amount END)::bigint
FROM money_entry m JOIN assessment a USING (insured_id, fiscal_year) WHERE 'cash' IN (m.debit, m.credit) GROUP BY 1
"""
NAMED = "SELECT difference, sum(expected)::bigint FROM pension_deduction WHERE difference <> '' GROUP BY 1"
AT_THE_END = """
SELECT a.resident_number, a.annual_amount, coalesce(sum(s.settled), 0)::bigint, coalesce(sum(s.unpaid), 0)::bigint,
       (SELECT coalesce(sum(CASE WHEN m.credit = 'overpaid' THEN m.amount WHEN m.debit = 'overpaid' THEN -m.amount ELSE 0 END), 0)::bigint
        FROM money_entry m WHERE (m.insured_id, m.fiscal_year) = (a.insured_id, a.fiscal_year))
FROM assessment a LEFT JOIN instalment_state s USING (insured_id, fiscal_year) GROUP BY a.insured_id, a.fiscal_year
"""


@pytest.fixture(autouse=True)
def sample_union(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the sample union, and with them its code tables."""
    monkeypatch.setattr(settings, "current", lambda: Settings(service="collection", sample_data=True))


class Year:
    """The year of ordinary collection, instalment by instalment. `books`: resident number → yen that the payers' side knows of."""

    def __init__(self, made: Exchange, folder: Path) -> None:
        self.made, self.folder = made, folder
        self.books: Counter[str] = Counter()
        self.demands = 0

    @asynccontextmanager
    async def on(self, day: date) -> AsyncIterator[Units]:
        async with self.made.database.units(today=day, store=self.made.store) as units:
            yield units

    async def debits(self, number: int, due_on: date) -> None:
        """The bank takes what it can; once its file has lost a line, once it sends the same file twice."""
        async with self.on(due_on - timedelta(days=10)) as units:
            await run(units, MakeDebitFile(), due_on=str(due_on))
            sent = (await requests(units))[-1]
            ((results_day,),) = await rows(units, AWAITED)
        results = answer(sent, Dials(shares={FUNDS: 0.2}, accounts={account(3).account_number: FUNDS}, seed=number))
        async with self.on(results_day) as units:
            if number == 8:
                broken = await arrived(units, "debit_results", BANK_FAULTS["lost_line_recounted"](results))
                with pytest.raises(Problem):
                    await jobs.prepare(TakeDebitResults(), {"file": broken}, units, by="first")
            for _ in range(2 if number == 5 else 1):
                await run(units, TakeDebitResults(), file=await arrived(units, "debit_results", results))
        for line in read_family(results, RESULT).data.frame.filter(result_code="0").iter_rows(named=True):
            self.books[str(int(line["account_number"]))] += line["amount"]

    async def tills(self, number: int, due_on: date) -> None:
        """Slips are paid at stores; person 5 once pays twice, and a payment of person 6 was a mistake."""
        paid: list[Payment] = []
        async with self.on(due_on) as units:
            for payer in STORES:
                query = f"SELECT slip_code FROM slip WHERE resident_number = '{payer}' AND number = {number} AND state = 'issued'"
                codes = await rows(units, f"{query} ORDER BY slip_number DESC LIMIT 1")
                for time in range(2 if (payer, number) == (5, 2) else 1):
                    paid += [pay(CHIYODA, code, on=due_on, number=f"{payer}-{number}-{time}") for (code,) in codes]
        await self._told(due_on + timedelta(days=4), [(CONFIRMED, one) for one in paid])
        for one in paid:
            self.books[one.number.partition("-")[0]] += one.amount
        if number == 4:
            mistaken = next(one for one in paid if one.number.startswith("6-"))
            await self._told(due_on + timedelta(days=6), [(TAKEN_BACK, mistaken)])
            self.books["6"] -= mistaken.amount

    async def _told(self, day: date, what: list[tuple[str, Payment]]) -> None:
        if what:
            async with self.on(day) as units:
                sha256 = await arrived(units, "convenience_payments", *tell(what, self.folder, on=day))
                await run(units, TakeConveniencePayments(), file=sha256)

    async def counter(self, number: int, due_on: date, amount: int) -> None:
        """Person 8 pays at the counter."""
        insured_id = derived_id("insured", COUNTER)
        async with self.on(due_on) as units:
            await take(units, Receipt("counter", f"c-{number}", CHIYODA, amount, due_on, insured_id, 2026, number), today=due_on)
        self.books[str(COUNTER)] += amount

    async def demanded(self, due_on: date) -> None:
        """督促状 for whatever is unpaid seventeen days later."""
        async with self.on(due_on + timedelta(days=17)) as units:
            _, outcome = await run(units, IssueDemands(), municipality_code=CHIYODA)
            assert outcome["differences"] == {}
            self.demands += outcome["totals"]["issued"]

    async def pensions(self) -> int:
        """The pension payers take October, December and February; a pensioner has died, a line is lost. Yen that they paid in."""
        paid_in = 0
        for month, dials in (
            (OCTOBER, PensionDials()),
            (date(2026, 12, 1), PensionDials(dead=1)),
            (date(2027, 2, 1), PensionDials(lost_lines=1)),
        ):
            self.made.network.turned(dials)
            taken_on = (month + timedelta(days=40)).replace(day=10)
            outcomes = await self.made.payments(month=month, paid_on=month.replace(day=15), today=taken_on)
            paid_in += sum(outcome["totals"].get("settled", 0) for outcome in outcomes)
        return paid_in

    async def refunded(self, payer: int, day: date) -> int:
        """What somebody has paid too much is given back, decided by two officers; yen of the decision without addition."""
        async with window(self.made.database, self.made.store, today=day) as there:
            case = await there.case_of(payer)
            decided = await there.approved(f"/refund-cases/{case['case_id']}/proposal", {"kind": "refund", "reason": "二重納付のため"})
            decision = decided["decisions"][-1]
            code = (await there.send(f"/refund-decisions/{decision}/notice", {})).json()["claim_code"]
            await there.approved(f"/refund-decisions/{decision}/account", {**BANK, "claim_code": code})
            pay_on = day + timedelta(days=3)
            run_id = await jobs.prepare(PayRefunds(), {"municipality_code": CHIYODA, "pay_on": str(pay_on)}, there.units, by="first")
            await jobs.approve(run_id, there.units, by="second")
            outcome = await jobs.execute(PayRefunds(), run_id, there.units)
            assert outcome["differences"] == {}
        async with window(self.made.database, self.made.store, today=pay_on + timedelta(days=1)) as there:
            await there.send(f"/refund-payments/{run_id}/results", {"results": [{"number": 1, "is_paid": True}]})
            assert (await there.case_of(payer))["closed_on"] is not None
        amount: int = outcome["totals"]["amount"]
        return amount


async def test_at_the_end_of_a_year_everybody_has_paid_been_refunded_or_owes_to_the_yen(databases: Databases, tmp_path: Path) -> None:
    """C-01, C-04, C-05, C-09, C-18, F-11, F-12: accounts, slips, counter, pensions; faults of bank, stores and pension payers."""
    made = await exchange(await databases("collection", ROOT), tmp_path)
    year = Year(made, tmp_path)
    special = await made.until_accepted()
    async with year.on(date(2026, 7, 13)) as units:
        await branches(units)
        for number in (*ACCOUNTS, *STORES, COUNTER, *NEVER):
            await person(units, number, ANNUAL)
        for number in ACCOUNTS:
            await mandate(units, number)
        await run(units, IssueSlips(), municipality_code=CHIYODA)
        due: list[tuple[int, date]] = [(found[0], found[1]) for found in await rows(units, DUE)]
    assert len(due) == 8

    refunds = 0
    for number, due_on in due:
        await year.debits(number, due_on)
        await year.tills(number, due_on)
        await year.counter(number, due_on, 7_650 if number == 1 else 7_200)
        await year.demanded(due_on)
        if number == 3:
            refunds += await year.refunded(5, due_on + timedelta(days=20))
        if number == 5:
            async with year.on(date(2026, 12, 10)) as units:
                await apply(units, assessed(7, LOWERED, sequence=2))
                await run(units, IssueSlips(), municipality_code=CHIYODA)
    paid_in = await year.pensions()
    year.books["5"] -= refunds

    async with year.on(LAST_DAY) as units:
        found = dict(await rows(units, PAID_IN))
        states: list[Any] = await rows(units, AT_THE_END)
    ordinary = {number: found.get(number, 0) for number in map(str, (*ACCOUNTS, *STORES, COUNTER, *NEVER))}
    assert ordinary == {number: year.books[number] for number in ordinary}
    assert found["special"] == paid_in, "money of the pension payers = what was settled from pensions"
    assert sum(found.values()) == sum(ordinary.values()) + paid_in
    for resident_number, annual, settled, unpaid, overpaid in states:
        assert annual == settled + unpaid, resident_number
        if resident_number != "special":
            assert ordinary[resident_number] == settled + overpaid, resident_number
    whole = {state[0]: state for state in states if state[0] != "special"}
    assert [whole[str(number)][3] for number in NEVER] == [ANNUAL, ANNUAL]
    assert whole[str(COUNTER)][3] == whole["5"][3] == 0
    assert whole["7"][1] == LOWERED
    assert whole["7"][4] == year.books["7"] - LOWERED > 0, "what was too much waits with its case"
    assert refunds == 7_200, "paid twice, given back once, nothing to add in so few days"
    named = dict(await made.rows(NAMED))
    assert named.keys() == {"not_deducted", "no_line"}
    assert len(special) * PAYMENT * 3 - paid_in == sum(named.values()), "who died and which lines were lost is named, and nobody else"
    assert year.demands >= 2 * len(due), "those who never pay were demanded every instalment"
