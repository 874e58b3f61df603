"""`python -m gateway_service account …`: give somebody an account, set a new password, take off the one-time code, or close the account.

It runs with the application's database URL, on the machine of the installation; the password is drawn and shown once.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from chassis.clock import uuid7
from chassis.runtime import Runtime, Service
from chassis.settings import Settings
from pwdlib import PasswordHash
from rich.console import Console

from gateway_service.domain.access_chain import Access
from gateway_service.domain.roles import Role
from gateway_service.store import municipalities, sign_ins
from gateway_service.store.access_log import AccessLog
from gateway_service.store.drawn import new_password

_console = Console(highlight=False)


def main(service: Service, arguments: Sequence[str]) -> int:
    """0 when it was done, 2 for a wrong use, with the reason in Japanese."""
    parser = argparse.ArgumentParser(prog="python -m gateway_service account", description="利用者を登録し、パスワードを作り直します。")
    parser.add_argument("user_name", help="利用者名")
    parser.add_argument("--name", help="表示する名前(新しい利用者には必要)")
    parser.add_argument("--role", choices=[str(role) for role in Role], help="役割(新しい利用者には必要)")
    parser.add_argument("--municipality", action="append", default=[], help="見られる市区町村コード(書かなければ広域連合のすべて)")
    parser.add_argument("--close", action="store_true", help="利用を終える")
    chosen = parser.parse_args(list(arguments))
    return asyncio.run(_act(service, chosen))


async def _act(service: Service, chosen: argparse.Namespace) -> int:
    runtime = Runtime(service, Settings(service=service.name))
    try:
        password, hasher = new_password(), PasswordHash.recommended()
        async with runtime.units.open() as uow:
            known = await sign_ins.find_account(uow.connection, chosen.user_name)
            if known is None and (chosen.close or not (chosen.name and chosen.role)):
                _console.print(f"利用者「{chosen.user_name}」はありません。登録するには --name と --role を付けてください。")
                return 2
            unknown = set(chosen.municipality) - set(await municipalities.names(uow.connection))
            if unknown:
                _console.print(f"市区町村コード {'、'.join(sorted(unknown))} はありません。")
                return 2
            if chosen.close:
                await sign_ins.close_account(uow.connection, chosen.user_name, uow.now)
            elif known:
                await sign_ins.reset_account(uow.connection, chosen.user_name, hasher.hash(password))
            else:
                # An operator sees nobody, whatever was asked for.
                scope = [] if chosen.role == Role.OPERATOR else chosen.municipality or None
                await sign_ins.add_account(
                    uow.connection, uuid7(), chosen.user_name, chosen.name, hasher.hash(password), [chosen.role], scope
                )
        what = "closed" if chosen.close else "password set" if known else f"added as {chosen.role}"
        entry = Access(runtime.clock.now(), "command line", "account", "done", detail=f"{chosen.user_name}: {what}")
        await AccessLog(runtime.engine).write(entry)
        _console.print("利用を終えました。" if chosen.close else f"利用者名 {chosen.user_name}  パスワード {password}(一度だけ表示します)")
        return 0
    finally:
        await runtime.engine.dispose()
