"""`./koki demo`: the sample union from the municipalities' files to cards, premiums, instalments and screens, with its figures."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.local.problems import LocalRunProblem
from infra.local.steps import Steps
from infra.local.thread import Figures, Thread
from tests.simulators.municipality.files import write_union

SMALLEST = 50
SAMPLE_DAY = date(2026, 7, 13)


def run(arguments: Sequence[str]) -> int:
    """Bring the system up (unless a gateway is named) and run the thread; 0 when every boundary agrees."""
    chosen = _parser().parse_args(list(arguments))
    console = Console(highlight=False)
    home = _home()
    if chosen.gateway:
        url, sample = chosen.gateway, json.loads(Path(chosen.sign_ins).read_text(encoding="utf-8"))
    else:
        url, sample = _bring_up(home, console)
    started = time.monotonic()
    operators = [found for found in sample["sign_ins"] if found["role"] == "operator"]
    thread = Thread(url, operators, sample["municipal_secrets"])
    with Steps(console) as steps:
        _run(thread, steps, chosen.residents, chosen.seed, home / "sample")
    _show(thread.figures, time.monotonic() - started, console)
    _show_sign_ins(url, sample["sign_ins"], console)
    return 1 if thread.figures.differences else 0


def _run(thread: Thread, steps: Steps, residents: int, seed: int, folder: Path) -> None:
    figures = thread.figures
    with steps.step("市区町村の住民・所得ファイルを作成") as step:
        files = write_union(residents, seed, SAMPLE_DAY, folder, told=lambda register: step.tell(register.municipality.name))
    with steps.step("ファイルの受付と検査") as step:
        thread.sign_in()
        thread.hand_in(files, step.tell)
    with steps.step("被保険者台帳の作成") as step:
        wanted = {("eligibility", "municipal.residents_batch_sealed.v1"): figures.residents}
        thread.wait_loaded(wanted, step.tell)
        figures.insured = thread.rows("eligibility", "said", "eligibility.insured_batch_sealed.v1")
        wanted = {
            ("premium", "municipal.residents_batch_sealed.v1"): figures.residents,
            ("premium", "municipal.incomes_batch_sealed.v1"): figures.incomes,
            ("premium", "eligibility.insured_batch_sealed.v1"): figures.insured,
            ("statistics", "eligibility.insured_batch_sealed.v1"): figures.insured,
            ("collection", "municipal.residents_batch_sealed.v1"): figures.residents,
        }
        thread.wait_loaded(wanted, step.tell)
    with steps.step("保険料の本算定") as step:
        totals = thread.run_job("premium", "assess", {"scope": "all"}, step.tell)
        figures.assessed = totals.get("decided", 0) + totals.get("unchanged", 0)
        figures.pending = totals.get("pending", 0)
        figures.yen = totals.get("yen_in_force", 0)
    with steps.step("期割") as step:
        assessed = thread.rows("premium", "said", "premium.assessments_batch_sealed.v1")
        thread.wait_loaded({("collection", "premium.assessments_batch_sealed.v1"): assessed}, step.tell)
    with steps.step("資格確認書の一括作成") as step:
        thread.run_job("eligibility", "issue-cards", {}, step.tell)
        totals = thread.totals_of_all_runs("eligibility", "issue-cards")
        figures.cards, figures.cards_refused = totals.get("issued", 0), totals.get("refused", 0)
    with steps.step("納入通知書の一括作成") as step:
        thread.run_job("collection", "issue-notices", {}, step.tell)
        totals = thread.totals_of_all_runs("collection", "issue-notices")
        figures.notices, figures.notices_refused = totals.get("issued", 0), totals.get("refused", 0)
        figures.instalments = totals.get("instalments", 0)


def _show(figures: Figures, seconds: float, console: Console) -> None:
    table = Table("項目", "数", title="見本の広域連合(架空の住民)の結果", title_justify="left")
    table.columns[1].justify = "right"
    balanced = figures.sent == figures.accepted + figures.rejected + figures.parked
    equation = f"{figures.sent:,} = {figures.accepted:,} + {figures.rejected + figures.parked:,}"
    rows: list[tuple[str, str]] = [
        ("送られた件数 = 受理 + 返却", equation if balanced else f"[red]{equation} 一致しません[/]"),
        ("被保険者", f"{figures.insured:,} 人"),
        ("資格確認書", f"{figures.cards:,} 枚" + (f"(作成できず確認待ち {figures.cards_refused:,})" if figures.cards_refused else "")),
        ("保険料の決定", f"{figures.assessed:,} 人(所得待ち {figures.pending:,} 人)"),
        ("保険料の合計", f"{figures.yen:,} 円"),
        (
            "納入通知書",
            f"{figures.notices:,} 通" + (f"(作成できず確認待ち {figures.notices_refused:,})" if figures.notices_refused else ""),
        ),
        ("期別の納付", f"{figures.instalments:,} 件"),
        ("時間", f"{seconds:.1f} 秒"),
    ]
    if not balanced:
        figures.differences.append(f"intake: {equation}")
    for row in rows:
        table.add_row(*row)
    for difference in figures.differences:
        table.add_row("[red]一致しないもの[/]", difference)
    console.print(table)


def _show_sign_ins(url: str, sign_ins: Sequence[dict[str, Any]], console: Console) -> None:
    table = Table("役割", "利用者名", "パスワード", title=f"画面: {url}", title_justify="left")
    for found in sign_ins:
        table.add_row(found["display_name"], found["user_name"], found["password"])
    console.print(table)


def _bring_up(home: Path, console: Console) -> tuple[str, dict[str, Any]]:
    from infra.local.running import up
    from infra.rabbitmq.definitions import SERVICES

    services = up(home, SERVICES, console)
    file = services.home.path / "sample-sign-ins.json"
    return services.url("gateway"), json.loads(file.read_text(encoding="utf-8"))


def _home() -> Path:
    from infra.local.home import default_home

    return Path(default_home())


def _residents(text: str) -> int:
    if not text.isdigit() or int(text) < SMALLEST:
        raise argparse.ArgumentTypeError(f"{SMALLEST}以上の人数を書いてください。")
    return int(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise LocalRunProblem(f"指定が正しくありません: {message}。使い方は ./koki demo --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="./koki demo", description="見本の広域連合(架空の住民)で、ファイルの受付から画面までを通して動かします。")
    parser.add_argument("--residents", type=_residents, default=2_000, metavar="人数", help="住民の人数(50〜2,000,000。初めは2,000)")
    parser.add_argument("--seed", type=int, default=1, metavar="番号", help="同じ番号なら同じ住民になります(初めは1)")
    parser.add_argument("--gateway", metavar="URL", help="すでに動いている窓口サービスの住所(書かなければ、この機械で起動します)")
    parser.add_argument("--sign-ins", metavar="ファイル", help="--gateway のときの、見本の利用者と市区町村の秘密のファイル")
    return parser
