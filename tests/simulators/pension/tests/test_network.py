"""The pension network of the simulator: the same seed makes the same bytes, parts are the whole, and each way carries its own."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from contracts.layouts.site_codes import Notice

from tests.simulators.municipality.population import populate
from tests.simulators.pension.dials import Dials
from tests.simulators.pension.files import read, write
from tests.simulators.pension.network import Network, network_of
from tests.simulators.pension.payers import SMALLEST_PENSION
from tests.simulators.pension.register import half_width, in_pairs, pensions_of

CAPTURED, MADE = date(2026, 4, 1), date(2026, 5, 20)
PEOPLE = populate(400, 1, CAPTURED)
PENSIONS = pensions_of(PEOPLE, 1)
KNOWN = frozenset({"13101", "13201", "13308"})


@pytest.fixture
def network() -> Network:
    return network_of(PENSIONS, known=KNOWN)


def test_the_same_seed_makes_the_same_pensions_and_another_seed_others() -> None:
    assert pensions_of(PEOPLE, 1) == PENSIONS
    assert pensions_of(PEOPLE, 2) != PENSIONS
    assert len({one.basic_pension_number for one in PENSIONS}) == len(PENSIONS)


def test_lists_hold_whoever_is_old_enough_and_paid_enough_each_by_the_way_of_its_payer(network: Network) -> None:
    """F-01, F-02, F-13: the mutual aid of local officials does not pass the pension service; each line keeps its payer."""
    files = network.list_candidates(Notice.CANDIDATES, CAPTURED, MADE)
    listed: dict[str, list[dict[str, Any]]] = {"service": [], "local": []}
    for (route, _), content in files.items():
        listed[route] += read(content)
    old_enough = [one for one in PENSIONS if one.born_on <= date(1951, 4, 1)]
    wanted = Counter(one.collector_code for one in old_enough if one.year_amount >= SMALLEST_PENSION)

    found = Counter(line["collector_code"] for lines in listed.values() for line in lines)
    assert found == wanted
    assert {line["collector_code"] for line in listed["local"]} == {"200"}
    assert "200" not in {line["collector_code"] for line in listed["service"]}
    assert sum(count for count, _ in network.totals.values()) == sum(found.values())


def test_a_file_that_is_lost_is_not_delivered_and_the_missing_are_named_before_the_cut_off(network: Network) -> None:
    """F-08, I-07"""
    network.turned(Dials(lost_files=frozenset({"13308"})))
    files = network.list_candidates(Notice.CANDIDATES, CAPTURED, MADE)
    assert "13308" not in {town for _, town in files}
    sent = {town: content for (route, town), content in files.items() if route == "service"}
    assert network.missing(sent) == ["13308"]


def test_a_request_in_which_anything_is_wrong_is_named_and_the_others_are_answered(network: Network) -> None:
    files = network.list_candidates(Notice.CANDIDATES, CAPTURED, MADE)
    sent = {
        town: write([{**line, "request_kind": "01", "amount_1": 100} for line in read(content)], Notice.REQUEST, MADE)
        for (route, town), content in files.items() if route == "service"
    }  # fmt: skip
    sent["13101"] = sent["13101"][:-500]

    answers = network.answer(sent, date(2026, 10, 1), MADE)

    assert {name for name, _ in network.faults} == {"13101.dat"}
    assert {town for _, town in answers} == {"13201", "13308"}


def test_names_are_cut_and_replaced_as_the_records_need_it() -> None:
    assert half_width("キャットゥ　ジョン") == "ｷﾔﾂﾄｳ ｼﾞﾖﾝ"
    assert len(half_width("ガ" * 20)) == 25
    assert in_pairs("髙橋 1") == "〓橋　１"
