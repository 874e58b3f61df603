"""特別徴収の情報交換: the twelve steps with the payers of the simulator, and every fault of theirs found and named."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis.clock import derived_id
from chassis.settings import Settings
from chassis.testing import Databases
from collection_service import settings
from collection_service.jobs.make_changes import MakeChanges
from collection_service.jobs.take_candidates import TakeCandidates
from collection_service.jobs.take_results import CloseRequests
from contracts.layouts.site_codes import Notice

from services.collection.tests.people import ROOT
from tests.failure.pension_world import (
    ANSWERED,
    CAPTURED,
    CARE,
    LISTED,
    OCTOBER,
    PAID_ON,
    PAYMENT,
    TOWNS,
    Exchange,
    exchange,
    of_town,
    pensions,
)
from tests.simulators.pension.care_office import care_file
from tests.simulators.pension.dials import Dials
from tests.simulators.pension.files import read, write


@pytest.fixture(autouse=True)
def sample_union(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the sample union, and with them its code table."""
    monkeypatch.setattr(settings, "current", lambda: Settings(service="collection", sample_data=True))


@pytest.fixture
async def made(databases: Databases, tmp_path: Path) -> Exchange:
    return await exchange(await databases("collection", ROOT), tmp_path)


async def test_a_cycle_from_the_capture_to_the_money_agrees_at_every_boundary(made: Exchange) -> None:
    """F-01 to F-14 (F-07, F-10), C-13 to C-15: listed = identified = requested = accepted = deducted = settled, in people and in yen."""
    verdicts = await made.candidates()
    await made.care()
    collected = await made.decided()
    preview, requested = await made.requests()
    answers = await made.answers(made.network.answer(await made.sent(), OCTOBER, ANSWERED))
    payments = await made.payments()

    listed = sum(sum(found.values()) for found in verdicts.values())
    assert set(verdicts) == set(TOWNS)
    assert len(collected) == listed == requested["totals"]["lines"]
    assert requested == {
        "totals": {"lines": listed, "amount_1": listed * PAYMENT, "amount_2": listed * PAYMENT},
        "differences": {},
    }
    assert all(not town["blocked_by"] for town in preview["municipalities"].values())
    assert sum(answer["totals"]["accepted"] for answer in answers) == listed
    assert [answer["differences"] for answer in answers] == [{}] * len(answers)
    assert sum(payment["totals"]["settled"] for payment in payments) == listed * PAYMENT
    assert [payment["differences"] for payment in payments] == [{}] * len(payments)
    assert made.network.faults == []
    assert await made.rows("SELECT count(*), sum(settled)::bigint FROM instalment_state WHERE settled > 0") == [(listed, listed * PAYMENT)]


async def test_a_list_that_is_broken_doubled_or_of_another_insurance_is_refused_by_name(made: Exchange) -> None:
    """F-05, I-27: nothing of it is taken, and what is refused stays on the books."""
    (content, *_) = of_town(made.network.list_candidates(Notice.CANDIDATES, CAPTURED, LISTED), "13101")
    broken = content[:-600] + content[-100:]
    care = care_file(pensions(), "13101", Notice.CANDIDATES, CAPTURED, LISTED)
    own_scheme = write(read(content), Notice.CANDIDATES, LISTED, scheme="care")
    other_notice = write(read(content), Notice.REQUEST, LISTED)

    refusals = [
        (await made.take(TakeCandidates(), wrong, LISTED, captured_on=str(CAPTURED)))[1]["differences"]["refused"]
        for wrong in (broken, care, own_scheme, other_notice)
    ]
    first, _ = await made.take(TakeCandidates(), content, LISTED, captured_on=str(CAPTURED))
    again, outcome = await made.take(TakeCandidates(), content, LISTED, captured_on=str(CAPTURED))
    rebuilt, _ = await made.take(TakeCandidates(), write(read(content), Notice.CANDIDATES, CARE), CARE, captured_on=str(CAPTURED))

    codes = ("KOKI-F014", "KOKI-F013", "KOKI-C052", "KOKI-C054")
    assert [code in refusal for code, refusal in zip(codes, refusals, strict=True)] == [True] * 4, refusals
    assert (again["already"], outcome) == (True, {"totals": {}, "differences": {}})
    assert (first["repeated"], rebuilt["new"], rebuilt["repeated"]) == (0, 0, first["new"])


async def test_a_pensioner_who_agrees_only_in_part_is_never_linked_by_the_system(made: Exchange) -> None:
    """F-06, C-13: another address, name, sex or birthday each wait for an officer, who says so by name; strangers are unknown."""
    (content, *_) = of_town(made.network.list_candidates(Notice.CANDIDATES, CAPTURED, LISTED), "13201")
    lines = read(content)
    assert len(lines) >= 6
    changes: list[dict[str, Any]] = [
        {"address": "八王子市架空町１"}, {"name_kana": "ﾍﾞﾂ ｼﾞﾝ"}, {"sex": "1" if lines[2]["sex"] == "2" else "2"},
        {"born_on": date(1930, 2, 3)}, {"name_kana": "ﾍﾞﾂ ｼﾞﾝ", "address": "八王子市架空町１", "born_on": date(1930, 2, 3)},
    ]  # fmt: skip
    changed = [{**line, **change} for line, change in zip(lines, changes, strict=False)] + lines[len(changes) :]
    _, outcome = await made.take(TakeCandidates(), write(changed, Notice.CANDIDATES, LISTED), LISTED, captured_on=str(CAPTURED))

    assert outcome == {"totals": {"doubtful": 4, "unknown": 1, "identified": len(lines) - 5}, "differences": {}}
    found = dict(await made.rows("SELECT basic_pension_number, doubt FROM candidate WHERE state = 'doubtful'"))
    doubts = [found[line["basic_pension_number"]] for line in lines[:4]]
    assert doubts == ["住所が違います。", "カナ氏名が違います。", "性別が違います。", "生年月日が違います。"]
    preview, sent = await made.requests()
    assert preview["municipalities"]["132012"]["blocked_by"] == {"doubtful": 4, "no_decision": len(lines) - 5}
    assert sent["totals"] == {}


async def test_a_request_is_held_back_until_every_difference_to_the_ledgers_is_explained(made: Exchange) -> None:
    """I-01, I-26: who is insured no more, whose amount differs and who was missed hold the file back; for so many cases an officer answers.

    Seen to fail with `blocking` returning nothing.
    """
    made.network.turned(Dials(lost_files=frozenset({"13308"})))
    await made.candidates()
    missed = next(one for one in pensions() if one.municipality_number == "13308" and one.born_on.year < 1950)
    await made.known_from_last_year(missed)
    collected = await made.decided()
    lost = next(found for found in collected if found != derived_id("insured", "133086", missed.resident_number))
    await made.lost_and_not_followed(lost, date(2026, 7, 25))

    preview, outcome = await made.requests()

    held = {code: town["blocked_by"] for code, town in preview["municipalities"].items() if town["blocked_by"]}
    (town,) = await made.rows(f"SELECT municipality_code FROM insured WHERE insured_id = '{lost}'")
    assert held == {"133086": {"missed": 1}, town[0]: {"not_insured": 1}}
    assert set(await made.sent()) == {code for code, long in TOWNS.items() if long not in held}
    assert outcome["differences"][town[0]]["candidates_without_line"] > 0

    await made.explained(town[0], "not_insured", 2)
    assert (await made.requests())[0]["municipalities"][town[0]]["blocked_by"] == {"not_insured": 1}, "two were explained, one is there"
    await made.explained(town[0], "not_insured", 1)
    again, outcome = await made.requests(municipality_code=town[0])
    assert (again["municipalities"][town[0]]["explained"], outcome["differences"]) == ({"not_insured": 1}, {})
    query = f"SELECT request_kind, reason, amount_1 FROM request_line WHERE insured_id = '{lost}'"
    assert await made.rows(query) == [("03", "not_insured", 0)]


async def test_every_line_ends_accepted_rejected_or_timed_out_and_nothing_ends_twice(made: Exchange) -> None:
    """I-07, F-09, F-14: a key that is not known, a pension being changed, an unknown code, another amount, a lost line, a silent town."""
    await made.candidates()
    await made.care()
    await made.decided()
    await made.requests()
    made.network.turned(Dials(rejected=1, changing=1, wrong_codes=1, wrong_amounts=1, lost_lines=1, silent=frozenset({"13308"})))
    files = made.network.answer(await made.sent(), OCTOBER, ANSWERED)
    outcomes = await made.answers(files)

    ended = dict(await made.rows("SELECT outcome, count(*) FROM request_line WHERE state = 'rejected' GROUP BY 1"))
    assert set(ended) >= {"50", "51", "99", "other_amount"}
    waiting = dict(await made.rows("SELECT municipality_code, count(*) FROM request_line WHERE state = 'sent' GROUP BY 1"))
    assert waiting["133086"] == (await made.rows("SELECT count(*) FROM candidate WHERE municipality_code = '133086'"))[0][0]
    assert sum(outcome["differences"].get("not_answered", 0) for outcome in outcomes) > 0
    again = await made.answers({key: write(_with_notice(read(content)), Notice.REQUEST_RESULT, PAID_ON) for key, content in files.items()})
    answered = sum(len(read(content)) for content in files.values())
    assert sum(outcome["differences"]["answers_nothing"] for outcome in again) == answered

    preview, closed = await made.run(CloseRequests(), OCTOBER)

    assert preview["late"] == waiting
    assert closed == {"totals": {"timed_out": sum(waiting.values())}, "differences": {}}
    assert await made.rows("SELECT count(*) FROM request_line WHERE state = 'sent'") == [(0,)]


async def test_what_payers_take_otherwise_than_was_accepted_is_named_and_money_that_is_short_is_refused(made: Exchange) -> None:
    """F-11, F-12, C-15: a death, a lost line, money that is not the sum of its lines, and a file that comes again in another form."""
    await made.until_accepted()
    expected = (await made.rows("SELECT sum(amount_1)::bigint FROM request_line WHERE state = 'accepted'"))[0][0]
    made.network.turned(Dials(short=1))
    assert all("KOKI-C058" in outcome["differences"]["refused"] for outcome in (await made.payments())[-1:])
    local = (await made.rows("SELECT coalesce(sum(amount), 0)::bigint FROM money_entry"))[0][0]
    made.network.turned(Dials(dead=1, lost_lines=1))
    first = await made.payments()
    named = dict(await made.rows(_NAMED))
    made.network.turned(Dials())
    rebuilt = await made.payments(today=date(2026, 11, 11))

    assert set(named) >= {"not_deducted", "no_line"}
    assert sum(outcome["totals"].get("settled", 0) for outcome in first) + local == expected - sum(named.values())
    assert sum(outcome["totals"].get("settled", 0) for outcome in rebuilt) == named["no_line"], "what was lost has come; nothing twice"
    assert dict(await made.rows(_NAMED)) == {"not_deducted": named["not_deducted"]}
    taken = await made.rows("SELECT sum(deducted)::bigint FROM pension_deduction")
    money = await made.rows("SELECT sum(amount)::bigint FROM money_entry")
    assert taken == money == [(expected - named["not_deducted"],)]


_NAMED = "SELECT difference, sum(expected)::bigint FROM pension_deduction WHERE difference <> '' GROUP BY 1"


async def test_a_death_after_the_request_stops_the_deduction_and_the_payment_that_comes_too_late_is_named(made: Exchange) -> None:
    """I-04, F-14: told in November, the payment of December is still taken, that of February is not."""
    collected = await made.until_accepted()
    await made.payments()
    await made.lost(collected[0], date(2026, 10, 21))

    preview, outcome = await made.run(MakeChanges(), date(2026, 11, 20))
    await made.answers(made.network.answer(await made.sent(Notice.LOSS), date(2027, 2, 1), date(2026, 12, 10)), date(2026, 12, 10))
    december = await made.payments(month=date(2026, 12, 1), paid_on=date(2026, 12, 15), today=date(2027, 1, 8))
    february = await made.payments(month=date(2027, 2, 1), paid_on=date(2027, 2, 15), today=date(2027, 3, 10))

    (town,) = preview["municipalities"].values()
    assert town == {"lines": 1, "reasons": {"lost": 1}, "too_late_payments": 1}
    assert outcome == {"totals": {"loss": 1, "too_late_payments": 1}, "differences": {"too_late_payments": 1}}
    assert [payment["differences"] for payment in [*december, *february]] == [{}] * (len(december) + len(february))
    query = f"SELECT paid_month, deducted FROM pension_deduction WHERE insured_id = '{collected[0]}' ORDER BY 1"
    assert await made.rows(query) == [(OCTOBER, PAYMENT), (date(2026, 12, 1), PAYMENT)]
    assert (await made.run(MakeChanges(), date(2026, 11, 30)))[0]["municipalities"] == {}, "nobody is told twice"


def _with_notice(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in line.items() if key != "notice"} for line in lines]


async def test_officers_link_settle_and_explain_by_name_and_the_board_counts_what_is_left(made: Exchange) -> None:
    """C-15: the worklist is for union staff, the board of counts for operators too; each act is carried out once for its key."""
    (content, *_) = of_town(made.network.list_candidates(Notice.CANDIDATES, CAPTURED, LISTED), "13201")
    lines = read(content)
    changed = [{**lines[0], "address": "八王子市架空町１"}, *lines[1:]]
    await made.take(TakeCandidates(), write(changed, Notice.CANDIDATES, LISTED), LISTED, captured_on=str(CAPTURED))
    pensioner = next(one for one in pensions() if one.basic_pension_number == lines[0]["basic_pension_number"])
    insured_id = str(derived_id("insured", "132012", pensioner.resident_number))
    link = {
        "captured_on": str(CAPTURED), "collector_code": pensioner.collector_code, "insured_id": insured_id, "reason": "本人に確かめた",
        "basic_pension_number": pensioner.basic_pension_number, "pension_code": pensioner.pension_code,
    }  # fmt: skip

    async with made.asking("union_staff") as client:
        (waiting,) = (await client.get("/pension-exchange/work")).json()
        answers = [
            (await client.post("/pension-exchange/links", json=link, headers={"Idempotency-Key": "link-0001"})).json() for _ in range(2)
        ]  # fmt: skip
        again = await client.post("/pension-exchange/links", json=link, headers={"Idempotency-Key": "link-0002"})
        explanation = {"municipality_code": "132012", "kind": "missed", "cases": 2, "reason": "転入が届いていない"}
        explained = await client.post(
            f"/pension-exchange/{CAPTURED}/explanations", json=explanation, headers={"Idempotency-Key": "explain-1"}
        )  # fmt: skip
        left = (await client.get("/pension-exchange/work")).json()
    async with made.asking("operator") as client:
        board = (await client.get("/pension-exchange")).json()
        refused = [(await client.get("/pension-exchange/work")).status_code, (await client.post("/pension-exchange/links")).status_code]

    assert (waiting["why"], answers, again.status_code, left) == ("住所が違います。", [{"state": "identified"}] * 2, 404, [])
    assert explained.json()["cases"] == 2
    assert await made.rows(f"SELECT linked_by FROM candidate WHERE insured_id = '{insured_id}'") == [("officer",)]
    assert await made.rows(f"SELECT count(*) FROM pension WHERE insured_id = '{insured_id}'") == [(1,)]
    assert await made.rows("SELECT municipality_code, kind, cases, explained_by FROM exchange_explanation") == [
        ("132012", "missed", 2, "officer")
    ]  # fmt: skip
    (cycle,) = board["cycles"]
    assert (cycle["towns"]["132012"]["listed"], cycle["towns"]["132012"]["identified"]) == (len(lines), len(lines))
    assert (cycle["towns"]["133086"]["listed"], board["open_work"], refused) == (0, 0, [403, 403])
