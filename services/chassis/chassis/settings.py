"""Settings of a service, from the environment (`KOKI_…`); nothing else reads the environment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One service's settings. URLs hold the credentials of that service alone."""

    model_config = SettingsConfigDict(env_prefix="KOKI_", env_ignore_empty=True)

    service: str
    union: str = "13"
    database_url: str = ""
    owner_database_url: str = ""
    broker_url: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = 8000
    object_store: str = ".koki/objects"
    otlp_endpoint: str = ""
    token_public_key_file: Path | None = None
    token_private_key_file: Path | None = None
    business_date: date | None = None
    services: dict[str, str] = Field(default_factory=dict)
    broker_management_url: str = ""
    partitions: tuple[int, ...] = ()
    """Partition numbers this replica consumes; empty: all of them."""
    prefetch: int = 400
    park_seconds: int = 3600
    """How long a message ahead of a gap waits before it becomes a dead letter."""
    pension_codes: Path | None = None
    """Collection: the code table of this site for the exchange with pension payers (YAML); codes that are not published."""
    sample_data: bool = False
    """The sample union: invented sign-ins and confirmations are loaded; never in production."""
