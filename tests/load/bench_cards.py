# SPDX-License-Identifier: Apache-2.0
"""How fast cards leave the house, against Typst alone on the same template, measured in turn in the same run.

`python -m tests.load.bench_cards [--cards 10000] [--singles 1000] [--rounds 3]` with the import roots of pyproject.toml on PYTHONPATH.

bare      a loop around one Typst compiler: the same template, the same data (made before the clock starts), the same options
typeset   `Renderer.render_many` / `render`: through the chassis, not read back
released  `render_cards` / `render_card`: from records to files, with every page read back; this is what a print run does
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from importlib.metadata import version
from itertools import product
from pathlib import Path

import typst
from chassis.documents.fonts import typefaces
from chassis.documents.renderer import HOUSE_PACKAGES, NO_CLOCK
from contracts.primitives import Sex
from eligibility_service.documents import card as card_document
from eligibility_service.documents.card import CardData, build, render_card, render_cards
from eligibility_service.documents.card.render import renderer, stocks

from tests.load.measure import machine, ratio_of, report

GOAL = 0.7
BYTES_A_PAGE = 1_500

SURNAMES = [
    a + b
    for a, b in product(
        "佐高伊渡山中小加吉松木清池橋石前岡長後近村遠青坂福太西金三原竹上柴酒宮安谷今丸杉大新平菊齋邉濵髙", "藤橋田邊本村口川島野"
    )
]
GIVEN_NAMES = [a + b for a, b in product("正幸義春和喜健宗善庄節久文静富恵敏良悦登照光靖淑澄綾貞絹初美千豊", "雄男一次吉助子江枝代")]
TOWNS = [
    *(f"千代田区{town}" for town in ("飯田橋", "一番町", "岩本町", "内神田", "永田町", "猿楽町", "九段南", "紀尾井町", "神保町", "富士見")),
    *(f"八王子市{town}" for town in ("暁町", "石川町", "打越町", "上恩方町", "片倉町", "絹ケ丘", "椚田町", "小比企町", "散田町", "諏訪町")),
    *(f"八王子市{town}" for town in ("高尾町", "館町", "寺田町", "中野上町", "七国", "西浅川町", "東中野", "別所", "元本郷町", "鑓水")),
    *(f"西多摩郡奥多摩町{town}" for town in ("海澤", "梅沢", "川井", "氷川", "日原", "棚澤", "丹三郎", "留浦", "小河内")),
]


def people(count: int, first: int) -> list[CardData]:
    """Invented people of the sample union, different for every `first`, so that no run profits from the one before."""
    return [_card(first + index) for index in range(count)]


def _card(number: int) -> CardData:
    born = date(1925, 4, 1) + timedelta(days=number * 37 % 9000)
    return CardData(
        insured_number=f"{number:08d}",
        name=f"{SURNAMES[number * 61 % len(SURNAMES)]}　{GIVEN_NAMES[number * 37 % len(GIVEN_NAMES)]}",
        kana="コウキ　タロウ",
        sex=Sex.MALE if number % 2 else Sex.FEMALE,
        born_on=born,
        address=(f"東京都{TOWNS[number * 7 % len(TOWNS)]}{number % 40 + 1}番地{number % 97}",),
        acquired_on=max(date(2008, 4, 1), born.replace(year=born.year + 75, day=1)),
        issued_on=date(2026, 7, 13),
        valid_from=date(2026, 7, 13),
        valid_through=date(2026, 7, 31),
        copay_rate="1割" if number % 4 else "2割",
        insurer_number="39131016",
        insurer_name="東京都後期高齢者医療広域連合",
        serial=f"第{number:09d}号",
    )


def bare_typst() -> Callable[[Sequence[object], Mapping[str, object], bool], bytes]:
    folder = Path(card_document.__file__).parent
    compiler = typst.Compiler(root=folder, font_paths=typefaces().for_typst, ignore_system_fonts=True, package_path=HOUSE_PACKAGES)

    def compile_(records: Sequence[object], common: Mapping[str, object], tags: bool) -> bytes:
        data = json.dumps({"common": common, "records": records}, ensure_ascii=False)
        pdf = compiler.compile(folder / "card.typ", format="pdf", sys_inputs={"data": data}, timestamp=NO_CLOCK, pdf_tags=tags)
        assert isinstance(pdf, bytes)
        return pdf

    return compile_


def rates(count: int, pages: int, first: int, ways: dict[str, Callable[[list[CardData]], Callable[[], object]]]) -> dict[str, list[float]]:
    """Pages a second of each way, in turn, each time on people of its own; the first round warms fonts and caches and is not counted."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    numbers = iter(range(first, 10**8, pages))
    for number in range(count + 1):
        for name, prepare in ways.items():
            run = prepare(people(pages, next(numbers)))
            started = time.perf_counter()
            run()
            if number:
                found[name].append(pages / (time.perf_counter() - started))
    return found


def told(name: str, found: dict[str, list[float]], more: str) -> None:
    for way in ("typeset", "released"):
        reached = ratio_of(found[way], found["bare"]) >= GOAL
        report(f"{name}, {way}", product=found[way], ceiling=found["bare"], goal=f">= {GOAL}", reached=reached, unit="pages/s", more=more)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cards", type=int, default=10_000)
    arguments.add_argument("--singles", type=int, default=1_000)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    print(f"{machine()}, typst {version('typst')}, pypdf {version('pypdf')}")
    bare = bare_typst()

    def bare_files(cards: list[CardData]) -> Callable[[], object]:
        records, common = [build(card).data for card in cards], {"stocks": stocks(cards)}
        return lambda: [bare(records[start : start + 1000], common, False) for start in range(0, len(records), 1000)]

    def typeset_files(cards: list[CardData]) -> Callable[[], object]:
        records, common = [build(card).data for card in cards], {"stocks": stocks(cards)}
        return lambda: list(renderer().render_many("card.typ", records, common=common))

    def released_files(cards: list[CardData]) -> Callable[[], object]:
        return lambda: list(render_cards(cards))

    found = rates(options.rounds, options.cards, 10_000_000, {"bare": bare_files, "typeset": typeset_files, "released": released_files})
    told("cards in files of 1,000", found, f"{options.cards:,} cards a run")

    def bare_singles(cards: list[CardData]) -> Callable[[], object]:
        records = [build(card).data for card in cards]
        return lambda: [bare([record], {}, True) for record in records]

    def typeset_singles(cards: list[CardData]) -> Callable[[], object]:
        records = [build(card).data for card in cards]
        return lambda: [renderer().render("card.typ", record, tags=True) for record in records]

    def released_singles(cards: list[CardData]) -> Callable[[], object]:
        return lambda: [render_card(card) for card in cards]

    found = rates(
        options.rounds, options.singles, 60_000_000, {"bare": bare_singles, "typeset": typeset_singles, "released": released_singles}
    )
    told("cards as single files", found, f"{options.singles:,} cards a run, {len(render_card(people(1, 5)[0])):,} bytes each")

    size = len(next(iter(render_cards(people(1000, 90_000_000))))) / 1000
    told_size = {"product": [size], "ceiling": [float(BYTES_A_PAGE)]}
    reached = size <= BYTES_A_PAGE
    report("bytes a page in a file of 1,000", **told_size, goal=f"<= {BYTES_A_PAGE:,}", reached=reached, unit="bytes", more="subset fonts")


if __name__ == "__main__":
    main()
