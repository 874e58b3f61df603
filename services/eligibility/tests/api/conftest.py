"""The HTTP face of eligibility on a real database, with tokens signed as the gateway signs them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, Databases
from chassis.tokens import Principal, Signer
from chassis.web import create_app
from eligibility_service.bootstrap import SERVICE
from joserfc.jwk import OKPKey

from services.eligibility.tests.world import World, a_world, another_day


@dataclass(frozen=True)
class Window:
    """Terminals of several people at one service."""

    world: World
    client: httpx.AsyncClient
    signer: Signer

    def as_(self, *roles: str, of: frozenset[str] | None, user: str = "tester") -> dict[str, str]:
        """Headers of somebody with these roles, for the people of these municipalities (None: all)."""
        token = self.signer.sign(Principal(user, frozenset(roles), of, "terminal-1"), now=int(time.time()))
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an Ed25519 key pair."""
    folder = tmp_path_factory.mktemp("keys")
    key = OKPKey.generate_key("Ed25519")
    (folder / "private.pem").write_bytes(key.as_pem(private=True))
    (folder / "public.pem").write_bytes(key.as_pem(private=False))
    return folder


@asynccontextmanager
async def a_window(databases: Databases, keys: Path, *, today: date = SAMPLE_DAY) -> AsyncIterator[Window]:
    """A service without workers on a fresh database, on the business day `today`."""
    async with a_world(databases, today=today) as world, a_window_on(world, keys, today=today) as window:
        yield window


@asynccontextmanager
async def a_window_on(world: World, keys: Path, *, today: date) -> AsyncIterator[Window]:
    """The same database at the window on a business day."""
    async with another_day(world, today) as world:
        settings = Settings(
            service="eligibility",
            database_url=world.database.url,
            object_store=str(world.folder),
            token_public_key_file=keys / "public.pem",
            business_date=today,
        )
        app = create_app(SERVICE, settings, worker=False)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://eligibility") as client:
            yield Window(world, client, Signer(keys / "private.pem"))
        await app.state.runtime.engine.dispose()
