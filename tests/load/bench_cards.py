# SPDX-License-Identifier: Apache-2.0
"""How fast cards leave the house, against Typst alone on the same template, measured in turn in the same run.

`python -m tests.load.bench_cards [--cards 10000] [--singles 1000] [--rounds 3]` with the import roots of pyproject.toml on PYTHONPATH.

bare      a loop around one Typst compiler: the same template, the same data (made before the clock starts), the same options
typeset   `Renderer.render_many` / `render`: through the chassis, not read back
released  `render_cards` / `render_card`: from records to files, with every page read back; this is what a print run does
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from importlib.metadata import version
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pypdf
import typst
from chassis.documents.fonts import typefaces
from chassis.documents.renderer import HOUSE_PACKAGES, NO_CLOCK
from contracts.primitives import Sex
from eligibility_service.documents import card as card_document
from eligibility_service.documents.card import CardData, build, render_card, render_cards
from eligibility_service.documents.card.render import renderer, stocks

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


def timed(pages: int, run: Callable[[], object]) -> float:
    """Pages a second."""
    start = time.perf_counter()
    run()
    return pages / (time.perf_counter() - start)


def rounds(count: int, pages: int, first: int, ways: dict[str, Callable[[list[CardData]], Callable[[], object]]]) -> dict[str, list[float]]:
    """Each way once a round, one after the other, each on people of its own."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    numbers = iter(range(first, 10**8, pages))
    for number in range(count + 1):
        for name, prepare in ways.items():
            rate = timed(pages, prepare(people(pages, next(numbers))))
            if number:  # the first round warms fonts, caches and the codes
                rates[name].append(rate)
    return rates


def report(title: str, rates: dict[str, list[float]]) -> None:
    """One line a way: the median rate, and the median of its ratio to the bare loop of the same round."""
    for name, values in rates.items():
        ratio = statistics.median(own / alone for own, alone in zip(values, rates["bare"], strict=True))
        spread = f"{min(values):.0f} to {max(values):.0f}, {len(values)} rounds"
        line = f"cards.{title}.{name:<9}{statistics.median(values):7.0f} pages/s ({spread})"
        print(line if name == "bare" else f"{line}  ratio to bare {ratio:.2f} (goal 0.70)")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cards", type=int, default=10_000)
    arguments.add_argument("--singles", type=int, default=1_000)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("typst", "pypdf"))
    print(f"machine: {_processor()}, Python {platform.python_version()}, {versions}")

    bare = bare_typst()

    def bare_files(cards: list[CardData]) -> Callable[[], object]:
        records, common = [build(card).data for card in cards], {"stocks": stocks(cards)}
        return lambda: [bare(records[start : start + 1000], common, False) for start in range(0, len(records), 1000)]

    def typeset_files(cards: list[CardData]) -> Callable[[], object]:
        records, common = [build(card).data for card in cards], {"stocks": stocks(cards)}
        return lambda: list(renderer().render_many("card.typ", records, common=common))

    report(
        "files_of_1000",
        rounds(
            options.rounds,
            options.cards,
            10_000_000,
            {
                "bare": bare_files,
                "typeset": typeset_files,
                "released": lambda cards: lambda: list(render_cards(cards)),
            },
        ),
    )

    def bare_singles(cards: list[CardData]) -> Callable[[], object]:
        records = [build(card).data for card in cards]
        return lambda: [bare([record], {}, True) for record in records]

    def typeset_singles(cards: list[CardData]) -> Callable[[], object]:
        records = [build(card).data for card in cards]
        return lambda: [renderer().render("card.typ", record, tags=True) for record in records]

    report(
        "single_files",
        rounds(
            options.rounds,
            options.singles,
            50_000_000,
            {
                "bare": bare_singles,
                "typeset": typeset_singles,
                "released": lambda cards: lambda: [render_card(card) for card in cards],
            },
        ),
    )

    file = next(iter(render_cards(people(1000, 90_000_000))))
    resources: Any = pypdf.PdfReader(BytesIO(file)).pages[0]["/Resources"]
    fonts = [font["/BaseFont"] for font in resources["/Font"].values()]
    print(f"cards.bytes_a_page {len(file) / 1000:.0f} (goal 1,500), fonts {', '.join(fonts)}")
    print(f"cards.bytes_single {len(render_card(people(1, 91_000_000)[0])):,}")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} × {models[0]}" if models else platform.processor()


if __name__ == "__main__":
    main()
