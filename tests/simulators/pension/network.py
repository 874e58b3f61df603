"""The ways between payers and municipalities: the pension service gathers the mutual aid associations, the agency divides and collects.

地方公務員共済組合連合会 has a way of its own to the agency (F-13): its files do not pass the pension service and are checked as well.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from contracts.layouts.dividing import split
from contracts.layouts.merging import merge
from contracts.layouts.national import name_of
from contracts.layouts.problems import FileError
from contracts.layouts.site_codes import Notice

from tests.simulators.pension.dials import Dials
from tests.simulators.pension.files import AGENCY, FAMILY, by_town, read, write
from tests.simulators.pension.payers import Payer
from tests.simulators.pension.register import Pension

SERVICE, LOCAL = "000", "200"
THROUGH_SERVICE: Final = ("000", "100", "300")
"""日本年金機構 (社会保険庁 until 2009) and the associations that go through it."""
ROUTES: Final = {"service": THROUGH_SERVICE, "local": (LOCAL,)}
Files = dict[tuple[str, str], bytes]
"""(route, five-digit municipality) → file."""


@dataclass(slots=True)
class Network:
    """Payers and the agency. `known`: five-digit municipalities; `faults`: every fault that the agency has named, with its file."""

    payers: dict[str, Payer]
    known: frozenset[str]
    dials: Dials = field(default_factory=Dials)
    faults: list[tuple[str, FileError]] = field(default_factory=list)
    totals: dict[str, tuple[int, int]] = field(default_factory=dict)

    def turned(self, dials: Dials) -> None:
        """Turn the dials, of the network and of its payers."""
        self.dials = dials
        for payer in self.payers.values():
            payer.dials = replace(dials, short=dials.short if payer.collector_code == SERVICE else 0)

    def list_candidates(self, notice: Notice, captured_on: date, made_on: date) -> Files:
        """①–⑤: what each municipality gets."""
        found: Files = {}
        for route, members in ROUTES.items():
            lines = [line for collector in members for line in self.payers[collector].capture(captured_on)]
            found |= self._delivered(route, lines, notice, made_on)
        return found

    def missing(self, sent: Mapping[str, bytes]) -> list[str]:
        """⑧: municipalities that have not sent a request yet; asked before the cut-off."""
        return sorted(self.known - sent.keys())

    def answer(self, sent: Mapping[str, bytes], heeded_on: date, made_on: date) -> Files:
        """⑦–⑩: requests of municipalities put together for the whole country, sent on to the payers, and what they answer."""
        lines = [line for line in self._gathered(sent, made_on) if line["municipality_number"] not in self.dials.silent]
        found: Files = {}
        for route, members in ROUTES.items():
            answers = [answer for collector in members for answer in self.payers[collector].answer(lines, heeded_on)]
            for notice in sorted({answer["notice"] for answer in answers}):
                own = [answer for answer in answers if answer["notice"] == notice]
                found |= self._delivered(route, own, Notice(notice), made_on)
        return found

    def pay(self, paid_month: date, paid_on: date, made_on: date) -> tuple[Files, dict[tuple[str, str], int]]:
        """⑪⑫: results and money of one payment of pensions, by route and municipality."""
        found: Files = {}
        yen: dict[tuple[str, str], int] = {}
        for route, members in ROUTES.items():
            lines: list[dict[str, Any]] = []
            for collector in members:
                own, _ = self.payers[collector].deduct(paid_month, paid_on)
                lines += own
            for town, of_town in by_town(lines).items():
                yen[route, town] = sum(line["amount_1"] for line in of_town) - (self.dials.short if route == "service" else 0)
            found |= self._delivered(route, lines, Notice.COLLECTION_RESULT, made_on)
        return found, yen

    def _delivered(self, route: str, lines: Sequence[dict[str, Any]], notice: Notice, made_on: date) -> Files:
        """③④⑤: the national file of a route divided by the agency; what is lost on the way is not delivered."""
        if not lines:
            return {}
        with _folder() as folder:
            source = folder / f"{route}.dat"
            source.write_bytes(write(lines, notice, made_on))
            handed = split(source, folder / "parts", FAMILY, known=self.known, submitter=AGENCY, created_on=made_on)
            self.faults += handed.faults
            self.totals[f"{route} {notice}"] = (handed.totals.records, handed.totals.amounts[0] if handed.totals.amounts else 0)
            return {
                (route, part.municipality_number): part.path.read_bytes()
                for part in handed.parts if part.municipality_number not in self.dials.lost_files
            }  # fmt: skip

    def _gathered(self, sent: Mapping[str, bytes], made_on: date) -> list[dict[str, Any]]:
        """⑧: one national file of all requests; a file in which anything is wrong is named and left out."""
        with _folder() as folder:
            for town, content in sent.items():
                (folder / name_of(town)).write_bytes(content)
            paths = sorted(folder.glob("*.dat"))
            merged = merge(paths, folder / "national", FAMILY, submitter=AGENCY, created_on=made_on)
            self.faults += merged.faults
            if merged.faults:
                wrong = {name for name, _ in merged.faults}
                paths = [path for path in paths if path.name not in wrong]
                merge(paths, folder / "national", FAMILY, submitter=AGENCY, created_on=made_on)
            return read((folder / "national").read_bytes()) if paths else []


def network_of(pensions: Sequence[Pension], *, known: frozenset[str], seed: int = 1) -> Network:
    """The network that pays these pensions."""
    collectors = [collector for members in ROUTES.values() for collector in members]
    return Network({collector: Payer(collector, pensions, seed=seed) for collector in collectors}, known)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = TemporaryDirectory()
    try:
        yield Path(folder.name)
    finally:
        shutil.rmtree(folder.name, ignore_errors=True)
