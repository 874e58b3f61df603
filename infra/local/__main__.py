"""The command line behind `./koki`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Annotated, Any

from rich.console import Console

from infra.local.japanese import Command, Group, typer
from infra.local.problems import LocalRunProblem

console = Console(highlight=False)


app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    suggest_commands=False,
    options_metavar="[オプション]",
    subcommand_metavar="コマンド [引数]...",
    pretty_exceptions_enable=False,
    help="Koki(後期高齢者医療広域連合システム)を、この機械で動かし、確かめるための入口です。",
)
_PASS_ON: dict[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True}
_PASS_HELP_ON_TOO: dict[str, Any] = {**_PASS_ON, "help_option_names": []}
_ESTIMATES = {"instalments": "collection", "late-charge": "collection", "copay-rate": "eligibility"}
"""Kind of case → the service that answers it; premium answers the others."""


def command(name: str, settings: dict[str, Any] | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command; with `_PASS_ON`, options and arguments that it does not know go to the program behind it."""
    return app.command(name, cls=Command, options_metavar="[オプション]", context_settings=settings or {})


@command("up")
def up(
    services: Annotated[list[str] | None, typer.Argument(help="起動するサービス。書かなければ6つすべて。", metavar="サービス")] = None,
) -> None:
    """システムを起動します。

    足りないものを入れ、専用の PostgreSQL と RabbitMQ、6つのサービスを動かします。2回目からは、止まっているものだけを起動します。
    KOKI_DATABASE_URL と KOKI_BROKER_URL(管理者の URL)があれば、そのサーバーを使います。
    """
    from infra.local.home import default_home
    from infra.local.running import show_addresses
    from infra.local.running import up as bring_up
    from infra.rabbitmq.definitions import SERVICES

    names = [_service(name) for name in services] if services else SERVICES
    show_addresses(bring_up(default_home(), names, console), console)


@command("down")
def down() -> None:
    """up が起動したものだけを止めます(データは残ります)。"""
    from infra.local.home import default_home
    from infra.local.running import down as bring_down

    bring_down(default_home(), console)


@command("status")
def status() -> None:
    """動いているものの状態を表示します。

    サーバーとサービスのプロセス、ポート、健康状態、待ち行列の件数。すべて正常なら終了コード0、そうでなければ1。
    """
    from infra.local.home import default_home
    from infra.local.running import status as show_status

    if not show_status(default_home(), console):
        raise typer.Exit(1)


@command("demo", _PASS_HELP_ON_TOO)
def demo(context: typer.Context) -> None:
    """見本の広域連合のデータを流します。

    住民と所得のファイルから、被保険者証・保険料・期割・画面までを通して動かします。
    """
    _go_to("infra.local.demo", "run", context)


@command("test", _PASS_ON)
def test(context: typer.Context, fast: Annotated[bool, typer.Option("--fast", help="障害と画面のテストを省きます。")] = False) -> None:  # noqa: PT028  not a test
    """検査とテストをすべて実行します。

    ほかの引数は pytest に渡します。パスを書けば、そこだけをテストします。
    """
    from infra.local.home import default_home
    from infra.local.testing import run_tests

    raise typer.Exit(run_tests(default_home(), fast=fast, arguments=context.args, console=console))


@command("check")
def check() -> None:
    """プログラムの検査だけを実行します。

    書式、型、依存の向き、契約の生成物、ライブラリーの脆弱性。サーバーは要りません。
    """
    from infra.local.testing import run_checks

    raise typer.Exit(run_checks(console))


@command("contracts", _PASS_HELP_ON_TOO)
def contracts(context: typer.Context) -> None:
    """契約の生成物を作り直します。

    イベント・API・ファイルの定義から作ります。--check を付けると、最新かどうかだけを確かめます。
    """
    _go_to("contracts.generate", "main", context)


@command("estimate", _PASS_HELP_ON_TOO)
def estimate(context: typer.Context) -> None:
    """保険料(premium)、期割(instalments)、延滞金(late-charge)、負担割合(copay-rate)を試算します。

    例: ./koki estimate premium < 事例.jsonl  サーバーは要りません。
    """
    kind = context.args[0] if context.args else ""
    _go_to(f"{_ESTIMATES.get(kind, 'premium')}_service.estimate", "main", context)


@command("job", _PASS_ON)
def job(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="サービスの名前(premium など)。", metavar="サービス")],
    name: Annotated[str, typer.Argument(help="バッチ処理の名前。", metavar="処理")],
) -> None:
    """サービスのバッチ処理を実行します。

    続くオプションは、その処理に渡します。例: ./koki job premium assess --year 2026
    """
    from infra.local.home import default_home
    from infra.local.servers import PrivateServers
    from infra.local.services import Services

    services = Services(PrivateServers.of_environment(default_home()))
    raise typer.Exit(services.job(_service(service), [name, *context.args]))


@command("logs")
def logs(
    service: Annotated[
        str | None, typer.Argument(help="サービス、postgresql か rabbitmq。書かなければ全サービス。", metavar="[名前]")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="新しい行が出るたびに表示します。終わりは Ctrl+C。")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="さかのぼって表示する行数。", metavar="行数")] = 20,
) -> None:
    """記録(ログ)の終わりを表示します。"""
    from infra.local.home import Home, default_home
    from infra.local.logs import show_logs

    show_logs(Home(default_home()), service, lines=lines, follow=follow, console=console)


def _service(name: str) -> str:
    from infra.rabbitmq.definitions import SERVICES

    if name not in SERVICES:
        raise LocalRunProblem(f"{name} というサービスはありません。選べる名前: {'、'.join(SERVICES)}")
    return name


def _go_to(module: str, function: str, context: typer.Context) -> None:
    """Hand over to a command that another part of the repository implements; its return value is the exit code."""
    try:
        program = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise LocalRunProblem(f"この命令のプログラム {module} がリポジトリーにありません。") from error
    raise typer.Exit(getattr(program, function)(context.args) or 0)


def main() -> None:
    """Run a command; a problem that a person can solve ends with its text alone."""
    try:
        app(prog_name="./koki")
    except LocalRunProblem as problem:
        Console(stderr=True, highlight=False).print(f"[bold red]できません:[/] {problem}", soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
