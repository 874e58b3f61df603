"""How every service is started: `python -m <service>_service all | api | worker | migrate | job NAME | openapi`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import uvicorn
from rich.console import Console
from rich.progress import Progress

from chassis import jobs
from chassis.database import migrate
from chassis.runtime import Runtime, Service
from chassis.settings import Settings
from chassis.web import create_app

_console = Console(stderr=True)


def main(service: Service, arguments: Sequence[str]) -> int:
    """Run one service as the arguments say; returns the exit status."""
    command, *rest = arguments or ["all"]
    if command == "openapi":
        app = create_app(service, Settings(service=service.name, database_url="postgresql://nobody@localhost/none"), worker=False)
        print(json.dumps(app.openapi(), ensure_ascii=False, indent=2, sort_keys=True))
        return 0
    settings = Settings(service=service.name)
    if command == "migrate":
        asyncio.run(_migrate(service, settings))
        return 0
    if command == "job" and rest:
        return asyncio.run(_job(service, settings, rest[0], dict(option.split("=", 1) for option in rest[1:] if "=" in option)))
    if command in ("all", "api", "worker"):
        app = create_app(service, settings, worker=command != "api")
        uvicorn.run(
            app, host=settings.http_host, port=settings.http_port, log_level="warning", access_log=False, timeout_graceful_shutdown=10
        )
        return 0
    _console.print(f"{service.name}: 指定が分かりません: {' '.join(arguments)}（all・api・worker・migrate・job 名前・openapi）")
    return 2


async def _migrate(service: Service, settings: Settings) -> None:
    await migrate(settings.owner_database_url, service.root)
    if service.seed:
        runtime = Runtime(service, settings)
        try:
            await service.seed(runtime)
        finally:
            await runtime.engine.dispose()


async def _job(service: Service, settings: Settings, name: str, parameters: dict[str, str]) -> int:
    """Prepare, show the preview, approve by name (`approved_by=…`), execute with a progress bar, show the reconciliation.

    `prepared_by=…`: who has prepared it, where that must be somebody else.
    """
    found = {job.name: job for job in service.jobs}
    if name not in found:
        _console.print(f"{service.name} に処理「{name}」はありません。あるもの: {', '.join(found) or 'なし'}")
        return 2
    approved_by = parameters.pop("approved_by", "")
    prepared_by = parameters.pop("prepared_by", "") or approved_by or "command line"
    if approved_by == prepared_by and jobs.needs_another(found[name]):
        _console.print(f"{name} は、準備した人とは別の人が承認します。prepared_by=準備した人 approved_by=承認した人 を付けてください。")
        return 2
    runtime = Runtime(service, settings)
    runtime.start(worker=False)
    try:
        run_id = await jobs.prepare(found[name], dict(parameters), runtime.units, by=prepared_by)
        async with runtime.units.open() as uow:
            (run,) = await jobs.runs(uow, run_id=run_id)
        _console.print(f"{name} {run_id}: {run['total']:,} 件")
        _console.print_json(data=run["preview"])
        if not approved_by:
            _console.print("内容を確かめ、approved_by=担当者名 を付けてもう一度実行すると処理します。")
            return 0
        await jobs.approve(run_id, runtime.units, by=approved_by)
        with Progress(console=_console) as progress:
            task = progress.add_task(name, total=run["total"])
            # Workers of the service take chunks of the same run: the outcome is empty while one of them is still at its last.
            outcome: dict[str, Any] = {}
            while not outcome:
                outcome = await jobs.execute(found[name], run_id, runtime.units, progress=lambda done: progress.advance(task, done))
                await asyncio.sleep(0 if outcome else 1)
        print(json.dumps(outcome, ensure_ascii=False))
        return 1 if outcome.get("differences") else 0
    finally:
        await runtime.stop()
