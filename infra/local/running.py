"""`up`, `down`, `status` and `job`: what the person at the keyboard sees of servers and services."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from infra.local.given import GivenPostgres, GivenRabbit
from infra.local.install import install_missing
from infra.local.servers import PrivateServers
from infra.local.services import GATEWAY, Services, ServiceState
from infra.local.steps import Steps

SERVICE_TITLES = {
    "eligibility": "資格",
    "premium": "賦課",
    "benefits": "給付",
    "collection": "収納",
    "statistics": "統計",
    "gateway": "窓口",
}


def up(home: Path, names: Sequence[str], console: Console) -> Services:
    """Bring the system up: install, servers, migrations, services; what runs already is left as it is.

    Servers start side by side; databases are migrated and services started while the broker still boots: it takes as long as they do,
    and they wait for it as they would after its loss. Raises LocalRunProblem.
    """
    servers = PrivateServers.of_environment(home)
    services = Services(servers, names)
    services.require()
    started = time.monotonic()
    with Steps(console) as steps, servers.home.locked("services"), ThreadPoolExecutor(max_workers=2) as pool:
        prepare_programs(servers, steps)
        servers.rabbit.settle()
        started_services, broker = pool.submit(_databases, servers, services, steps), pool.submit(_broker, servers, steps)
        new = started_services.result()
        broker.result()
        with steps.step("サービス") as step:
            services.wait_healthy(lambda states: step.tell(_progress_of(states)))
            step.tell(f"{len(names)}個すべて正常" + (f"({len(new)}個を起動)" if len(new) < len(names) else ""))
    console.print(f"起動しました({time.monotonic() - started:.1f}秒)。データの場所: {servers.home.path}", highlight=False)
    folder = servers.home.value("servers_folder")
    if folder and not Path(folder).is_relative_to(servers.home.path):
        console.print(
            f"サーバーのデータは {folder} にあります(サーバーを動かす一般ユーザーがリポジトリーに入れないため)。",
            highlight=False,
            soft_wrap=True,
        )
    return services


def prepare_programs(servers: PrivateServers, steps: Steps) -> None:
    """Install the programs that private servers need, and the fonts."""
    install_missing(
        postgres=not isinstance(servers.postgres, GivenPostgres),
        rabbit=not isinstance(servers.rabbit, GivenRabbit),
        steps=steps,
    )


def down(home: Path, console: Console) -> None:
    """Stop what `up` started from this home, and nothing else."""
    servers = PrivateServers.of_environment(home)
    with Steps(console) as steps, servers.home.locked("services"):
        with steps.step("サービスを停止") as step:
            stopped = Services(servers).stop()
            step.tell(f"{len(stopped)}個" if stopped else "動いていませんでした")
        with steps.step("PostgreSQL と RabbitMQ を停止"):
            servers.stop()
    console.print("止めました。データは残っています。もう一度動かすには ./koki up", highlight=False)


def status(home: Path, console: Console) -> bool:
    """Show processes, ports, health and queues; tells whether everything is well."""
    servers = PrivateServers.of_environment(home)
    states = Services(servers).states()
    table = Table("名前", "役割", "状態", "プロセス", "住所", title="Koki の状態", title_justify="left")
    for name, given in (("postgresql", isinstance(servers.postgres, GivenPostgres)), ("rabbitmq", isinstance(servers.rabbit, GivenRabbit))):
        process = servers.home.process(name)
        port = "amqp" if name == "rabbitmq" else name
        alive = process is not None or given
        address = "環境変数で指定" if given else f"127.0.0.1:{servers.home.port(port)}"
        table.add_row(name, "サーバー", "[green]動作中[/]" if alive else "[red]停止[/]", str(process.pid) if process else "", address)
    for state in states:
        health = "[green]正常[/]" if state.healthy else f"[red]{state.detail}[/]"
        table.add_row(state.name, SERVICE_TITLES[state.name], health, str(state.process.pid) if state.process else "", state.url)
    console.print(table)
    _show_queues(servers, console)
    return all(state.healthy for state in states)


def show_addresses(services: Services, console: Console) -> None:
    """The addresses to open in a browser."""
    table = Table("画面", "住所", title="ブラウザーで開く住所", title_justify="left")
    table.add_row("窓口端末・運用者コンソール", services.url(GATEWAY))
    console.print(table)


def _databases(servers: PrivateServers, services: Services, steps: Steps) -> list[str]:
    """The databases, and upon them the services; returns the names of those that did not run."""
    with steps.step("PostgreSQL"):
        servers.start_postgres()
    with steps.step("データベースの移行") as step:
        migrated = services.migrate(step.tell)
        step.tell(f"{len(migrated)}件" if migrated else "済んでいます")
    return services.start_missing()


def _broker(servers: PrivateServers, steps: Steps) -> None:
    with steps.step("RabbitMQ"):
        servers.start_broker()


def _progress_of(states: Sequence[ServiceState]) -> str:
    waiting = [state.name for state in states if not state.healthy]
    return f"{len(states) - len(waiting)}/{len(states)} 正常" + (f"(待ち: {'、'.join(waiting)})" if waiting else "")


def _show_queues(servers: PrivateServers, console: Console) -> None:
    try:
        depths = servers.queue_depths()
    except httpx.HTTPError:
        console.print("待ち行列: RabbitMQ が動いていないため分かりません。", highlight=False)
        return
    waiting = {name: depth for name, depth in sorted(depths.items()) if depth}
    if not waiting:
        console.print(f"待ち行列: {len(depths)}本すべて空です。", highlight=False)
        return
    table = Table("待ち行列", "件数", title="待ち行列(空でないもの)", title_justify="left")
    for name, depth in waiting.items():
        table.add_row(name, f"[red]{depth:,}[/]" if name.endswith(".dead") else f"{depth:,}")
    console.print(table)
