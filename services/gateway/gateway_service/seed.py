"""The sample union: municipalities, terminals and invented sign-ins; passwords are drawn once for an installation and kept in a file.

One-time codes (TOTP) are not set for these accounts; each may set one on its own page.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from datetime import time
from pathlib import Path
from typing import Any, Final

from chassis.clock import derived_id
from chassis.runtime import Runtime
from pwdlib import PasswordHash
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway_service.domain.file_calendar import Direction, Expected
from gateway_service.domain.roles import Role
from gateway_service.settings import GatewaySettings
from gateway_service.store import file_calendar, municipalities
from gateway_service.store.drawn import new_password

MUNICIPALITIES: Final = {"131016": "千代田区", "132012": "八王子市", "133086": "奥多摩町"}
UNION: Final = ("138991", "東京都後期高齢者医療広域連合")
"""The union as a sender of files of its own; its code is invented for the sample, with a right check digit."""
_EXPECTED: Final = (("up", "residents", time(18)), ("down", "qualifications", time(12)))
_ACCOUNTS: Final[tuple[tuple[str, str, Role, str | None], ...]] = (
    ("chiyoda", "千代田区 窓口", Role.WINDOW_CLERK, "131016"),
    ("hachioji", "八王子市 窓口", Role.WINDOW_CLERK, "132012"),
    ("okutama", "奥多摩町 窓口", Role.WINDOW_CLERK, "133086"),
    ("union", "広域連合 資格係", Role.UNION_STAFF, None),
    ("premium", "広域連合 賦課係", Role.UNION_STAFF, None),
    ("operator", "運用 当番", Role.OPERATOR, None),
    ("operator2", "運用 副当番", Role.OPERATOR, None),
    ("auditor", "監査 担当", Role.AUDITOR, None),
)


def sample_sign_ins(path: Path | None = None) -> list[dict[str, Any]]:
    """The invented sign-ins of this installation: user_name, password, display_name, role, municipality_code (None: the union).

    Read from the file that `seed` wrote (`KOKI_GATEWAY_SAMPLE_FILE`); empty before the first seeding.
    """
    return list(_read(path or GatewaySettings().sample_file).get("sign_ins", []))


def sample_municipal_secrets(path: Path | None = None) -> dict[str, str]:
    """Municipality code → secret for `POST /municipal/files`, of this installation."""
    return dict(_read(path or GatewaySettings().sample_file).get("municipal_secrets", {}))


async def seed(runtime: Runtime) -> None:
    """Load the sample union when KOKI_SAMPLE_DATA is true; a second time only what is missing or no longer agrees with the file."""
    if not runtime.settings.sample_data:
        return
    settings = GatewaySettings()
    known = _drawn(_read(settings.sample_file), settings.municipal_secrets)
    _write(settings.sample_file, known)
    hasher = PasswordHash.recommended()
    async with runtime.units.open() as uow:
        for code, name in (*MUNICIPALITIES.items(), UNION):
            found = await municipalities.find(uow.connection, code)
            secret = known["municipal_secrets"][code]
            stored = found.secret_hash if found else None
            fits = stored is not None and await asyncio.to_thread(hasher.verify, secret, stored)
            new = None if fits else await asyncio.to_thread(hasher.hash, secret)
            await municipalities.put(uow.connection, code, name, new, is_union=code == UNION[0])
        for code, name in MUNICIPALITIES.items():
            await _put_terminal(uow.connection, code, f"{name} 端末1")
            for direction, kind, by_hour in _EXPECTED:
                expected = Expected(Direction(direction), code, kind, by_hour)
                if not await file_calendar.has_setting(uow, expected):
                    await file_calendar.set_expected(uow, expected, since=uow.today, by="sample")
        await _put_terminal(uow.connection, None, "広域連合 端末1")
        for sign_in in known["sign_ins"]:
            await _put_account(uow.connection, sign_in, hasher)


async def _put_terminal(connection: AsyncConnection, code: str | None, name: str) -> None:
    statement = text(
        "INSERT INTO terminal (id, name, municipality_code, binds_itself, registered_by) VALUES (:id, :name, :code, true, 'sample') "
        "ON CONFLICT DO NOTHING"
    )
    await connection.execute(statement, {"id": derived_id("sample terminal", name), "name": name, "code": code})


async def _put_account(connection: AsyncConnection, sign_in: dict[str, Any], hasher: PasswordHash) -> None:
    name, password = sign_in["user_name"], sign_in["password"]
    stored = (
        await connection.execute(text("SELECT password_hash FROM account WHERE user_name = :name"), {"name": name})
    ).scalar_one_or_none()
    if stored and await asyncio.to_thread(hasher.verify, password, stored):
        return
    code = sign_in["municipality_code"]
    # The operator runs the machines and sees nobody: no municipality at all. NULL is the whole union.
    scope = [code] if code else [] if sign_in["role"] == Role.OPERATOR else None
    await connection.execute(
        text(
            "INSERT INTO account (id, user_name, display_name, password_hash, roles, municipalities) "
            "VALUES (:id, :name, :display, :hash, :roles, :scope) "
            "ON CONFLICT (user_name) DO UPDATE SET password_hash = excluded.password_hash"
        ),
        {
            "id": derived_id("sample account", name),
            "name": name,
            "display": sign_in["display_name"],
            "hash": await asyncio.to_thread(hasher.hash, password),
            "roles": [sign_in["role"]],
            "scope": scope,
        },
    )


def _drawn(known: dict[str, Any], given_secrets: dict[str, str]) -> dict[str, Any]:
    """What is known, with passwords and secrets drawn for what is missing; secrets given by setting come first."""
    passwords = {found["user_name"]: found["password"] for found in known.get("sign_ins", [])}
    kept = known.get("municipal_secrets", {})
    return {
        "sign_ins": [
            {
                "user_name": name,
                "password": passwords.get(name) or new_password(),
                "display_name": display,
                "role": str(role),
                "municipality_code": code,
            }
            for name, display, role, code in _ACCOUNTS
        ],
        "municipal_secrets": {
            code: given_secrets.get(code) or kept.get(code) or secrets.token_urlsafe(24) for code in (*MUNICIPALITIES, UNION[0])
        },
    }


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
    beside.replace(path)
