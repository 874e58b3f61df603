"""python -m tests.simulators.municipality: write the files of the sample union."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.simulators.municipality.changes import changes
from tests.simulators.municipality.faults import FAULT_TERMS, FAULTS, spoil
from tests.simulators.municipality.files import KINDS, WrittenFile, write_changes, write_union
from tests.simulators.municipality.population import FEWEST, MOST, Register, populate
from tests.simulators.municipality.summary import Summary, summary_of
from tests.simulators.municipality.union import HACHIOJI, MUNICIPALITIES, divide

LARGE = 100_000
"""From so many residents on a progress bar is shown."""
ROWS = {
    "住民": "residents",
    "世帯": "households",
    "75歳以上": "of_75",
    "　うち女": "women_of_75",
    "3か月以内に75歳": "soon_75",
    "死亡": "died",
    "転出": "moved_out",
    "所得: 申告済": "declared",
    "所得: 未申告": "undeclared",
    "所得: 照会中": "inquiring",
    "所得: 記録なし": "without_income",
}


def arguments() -> argparse.ArgumentParser:
    """The options, explained in Japanese."""
    codes = "、".join(f"{m.code} {m.name}" for m in MUNICIPALITIES)
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulators.municipality",
        description=f"見本の広域連合の市区町村({codes})になり、住民情報と所得情報のファイルを作ります。人はすべて架空です。",
    )
    parser.add_argument("--residents", type=int, default=50, help=f"住民の数({FEWEST}〜{MOST:,}、既定 50)")
    parser.add_argument("--seed", type=int, default=1, help="乱数の種。同じ種からは同じファイルができます(既定 1)")
    parser.add_argument("--on", type=date.fromisoformat, required=True, help="業務日(例 2026-07-13)")
    parser.add_argument("--out", type=Path, required=True, help="書き出すフォルダー")
    parser.add_argument("--encoding", choices=["UTF-8", "CP932"], default="UTF-8", help="文字コード(既定 UTF-8)")
    parser.add_argument("--generation", type=int, default=1, help="世代番号(既定 1)")
    parser.add_argument(
        "--fault", choices=list(FAULTS), help="誤りを一つ入れます: " + "、".join(f"{k} {v}" for k, v in FAULT_TERMS.items())
    )
    parser.add_argument(
        "--fault-in", default=f"{HACHIOJI.code}/residents", help="誤りを入れるファイル(市区町村コード/種類、既定 132012/residents)"
    )
    parser.add_argument("--changes", type=int, default=0, help="続けて起きる異動の数。changes.jsonl と、次の世代のファイルに書きます")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Write what the options ask for; 0, or 2 with a Japanese message when they do not fit."""
    console, errors = Console(), Console(stderr=True)
    options = arguments().parse_args(argv)
    code, _, kind = options.fault_in.partition("/")
    if not FEWEST <= options.residents <= MOST:
        errors.print(f"住民の数 {options.residents} は作れません。{FEWEST}〜{MOST:,} にしてください。")
        return 2
    if code not in {m.code for m in MUNICIPALITIES} or kind not in KINDS:
        errors.print(f"--fault-in の「{options.fault_in}」は、市区町村コード/種類(例 132012/residents)の形ではありません。")
        return 2
    began = time.monotonic()
    files, summaries = _write(options, console)
    console.print(_table(summaries))
    for file in files:
        console.print(f"  {file.data.name}  {file.rows:,}件", highlight=False, soft_wrap=True)
    console.print(f"{options.out} に書きました({time.monotonic() - began:.1f}秒)。", highlight=False, soft_wrap=True)
    if options.changes:
        _write_changes(options, console)
    if options.fault:
        return _spoil(options, files, console, errors)
    return 0


def _write(options: argparse.Namespace, console: Console) -> tuple[list[WrittenFile], list[Summary]]:
    summaries: list[Summary] = []
    shares = list(divide(options.residents).values())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=options.residents < LARGE, transient=True) as progress:
        task = progress.add_task("住民を作っています", total=options.residents)

        def told(register: Register) -> None:
            progress.advance(task, shares[len(summaries)])
            summaries.append(summary_of(register, options.on))

        files = write_union(
            options.residents, options.seed, options.on, options.out, encoding=options.encoding, generation=options.generation, told=told
        )
    return files, summaries


def _write_changes(options: argparse.Namespace, console: Console) -> None:
    population = populate(options.residents, options.seed, options.on)
    rows = list(changes(options.seed, population, options.changes))
    path = options.out / "changes.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    write_changes(rows, options.on, options.out, encoding=options.encoding, generation=options.generation + 1)
    console.print(
        f"異動 {len(rows):,}件を {path.name} と世代 {options.generation + 1} のファイルに書きました。", highlight=False, soft_wrap=True
    )


def _spoil(options: argparse.Namespace, files: list[WrittenFile], console: Console, errors: Console) -> int:
    code, _, kind = options.fault_in.partition("/")
    file = next(file for file in files if (file.municipality_code, file.kind) == (code, kind))
    try:
        spoiled = spoil(options.fault, file, seed=options.seed, files=files)
    except ValueError as error:
        errors.print(str(error), highlight=False, soft_wrap=True)
        return 2
    (options.out / "fault.json").write_text(spoiled.as_json(), "utf-8")
    where = f"{spoiled.row}行目" if spoiled.row else "ファイル全体"
    column = f"の {spoiled.column}" if spoiled.column else ""
    value = f"「{spoiled.value}」" if spoiled.value else ""
    term = FAULT_TERMS[spoiled.fault]
    console.print(
        f"誤りを入れました: {term}。{spoiled.file.data.name} {where}{column}{value}。fault.json に書いてあります。", highlight=False
    )
    return 0


def _table(summaries: list[Summary]) -> Table:
    table = Table(title="見本の広域連合")
    table.add_column("")
    for line in summaries:
        table.add_column(line.name, justify="right")
    table.add_column("計", justify="right")
    for term, name in ROWS.items():
        figures = [int(getattr(line, name)) for line in summaries]
        table.add_row(term, *(f"{figure:,}" for figure in (*figures, sum(figures))))
    return table


if __name__ == "__main__":
    sys.exit(main())
