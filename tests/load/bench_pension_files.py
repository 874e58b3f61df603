"""A national file of special collection divided by 1,741 municipalities and put together again, against reading and writing the same bytes.

`python -m tests.load.bench_pension_files [--records 2000000] [--municipalities 1741] [--runs 3]` with the import roots on PYTHONPATH.

Both ways read each byte twice and write it twice: bare copies the file in pieces of the same size, twice; the product divides it into
files of municipalities, each record looked at and each part signed, and puts them together, each record looked at again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from contracts.layouts.dividing import split
from contracts.layouts.families import encode_front, load_family
from contracts.layouts.merging import merge
from contracts.layouts.national import PIECE_RECORDS

from tests.load.measure import machine, peak_mebibytes, ratio_of, report

GOAL, MOST_MEBIBYTES = 0.5, 1_024
FAMILY = load_family("pension-500")
ON = date(2026, 7, 1)
PERSON = (
    b"2" + b"00000" + b"000" + b"01" + b" " + b"2" + b"20260701" + b"0000000000" + b"1150" + b"   " + b"19450601" + b"1"
    + b"YAMADA".ljust(25)
    + b"\x1b$B" + b"!!" * 25 + b"\x1b(J" + b"1000001" + b" " * 80 + b"\x1b$B" + b"!!" * 80 + b"\x1b(J" + b"0100 20260701"
    + b"00000007200" * 3
).ljust(500)  # fmt: skip


def write_file(path: Path, people: int, municipalities: int) -> None:
    """A national file in which every municipality has as many people, but for the last."""
    each = -(-people // municipalities)
    with path.open("wb") as stream:
        stream.write(encode_front("88888", ON, municipalities, FAMILY))
        for town in range(1, municipalities + 1):
            count = max(0, min(each, people - (town - 1) * each))
            code = f"{town:05}".encode()
            block = np.frombuffer(PERSON, np.uint8)[None, :].repeat(count, axis=0)
            block[:, 1:6] = np.frombuffer(code, np.uint8)
            numbers = np.arange(count) + (town - 1) * each
            for digit in range(10):
                block[:, 30 - digit] = numbers % 10 + ord("0")
                numbers //= 10
            stream.write(PERSON.replace(b"2", b"1", 1)[:1] + code + PERSON[6:21].ljust(494))
            stream.write(block.tobytes())
            stream.write(b"3" + code + PERSON[6:21] + b"%09d" % count + b"%011d" % (count * 7_200) * 3 + b" " * 437)


def copy(source: Path, target: Path) -> None:
    """The same bytes in pieces of the same size, nothing looked at."""
    with source.open("rb") as reading, target.open("wb") as writing:
        while data := reading.read(PIECE_RECORDS * 500):
            writing.write(data)


def bare(source: Path, folder: Path) -> None:
    """Read and write everything twice."""
    copy(source, folder / "first")
    copy(folder / "first", folder / "second")


def product(source: Path, folder: Path, known: set[str]) -> None:
    """Divide and put together; the same bytes, or this is no measurement."""
    found = split(source, folder / "parts", FAMILY, known=known, submitter="88888", created_on=ON)
    handed = {part.path.name: part.sha256 for part in found.parts}
    merged = merge([part.path for part in found.parts], folder / "merged", FAMILY, submitter="88888", created_on=ON, handed=handed)
    if found.faults or merged.faults or len(merged.parts) != len(known):
        raise RuntimeError(f"The file should be in order: {found.faults[:3]} {merged.faults[:3]}")


def measured(act: Callable[[Path], None], folder: Path) -> float:
    """Seconds of one act in an empty folder, which is removed afterwards."""
    place = Path(tempfile.mkdtemp(dir=folder))
    started = time.perf_counter()
    act(place)
    taken = time.perf_counter() - started
    shutil.rmtree(place)
    return taken


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--records", type=int, default=2_000_000)
    arguments.add_argument("--municipalities", type=int, default=1_741)
    arguments.add_argument("--runs", type=int, default=3)
    options = arguments.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(dir=os.environ.get("KOKI_LOAD_FOLDER", ".koki")) as name:
        folder = Path(name)
        source = folder / "national.dat"
        write_file(source, options.records, options.municipalities)
        known = {f"{town:05}" for town in range(1, options.municipalities + 1)}
        whole = folder / "whole"
        whole.mkdir()
        product(source, whole, known)
        if sha256_of(whole / "merged") != sha256_of(source):
            raise RuntimeError("Divided and put together, the file is another one.")
        shutil.rmtree(whole)
        speeds: dict[str, list[float]] = {"bare": [], "product": []}
        mebibytes = 2 * source.stat().st_size / 2**20
        for _ in range(options.runs):
            speeds["bare"].append(mebibytes / measured(lambda place: bare(source, place), folder))
            speeds["product"].append(mebibytes / measured(lambda place: product(source, place, known), folder))
    peak = peak_mebibytes()
    reached = ratio_of(speeds["product"], speeds["bare"]) >= GOAL and peak < MOST_MEBIBYTES
    report(
        "national pension file, divided and merged", product=speeds["product"], ceiling=speeds["bare"], goal=f">= {GOAL}, < 1 GiB",
        reached=reached, unit="MiB/s", more=f"{options.records:,} records, {options.municipalities:,} municipalities, peak {peak:.0f} MiB",
    )  # fmt: skip


if __name__ == "__main__":
    main()
