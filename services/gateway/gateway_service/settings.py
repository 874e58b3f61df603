"""Settings that only the gateway has, from the environment (`KOKI_GATEWAY_…`); the common ones are in chassis.settings."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class GatewaySettings(BaseSettings):
    """Everything has a default that is right for one machine; an installation in a network sets the networks and `https`."""

    model_config = SettingsConfigDict(env_prefix="KOKI_GATEWAY_", env_ignore_empty=True)

    https: bool = False
    """Whether people reach the gateway by https (directly or through a proxy): then cookies are sent over https alone."""
    idle_minutes: int = 30
    """A session ends when nothing was done for so long."""
    session_hours: int = 12
    """A session ends after so long in any case."""
    trusted_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks whose machines may hand in spans, besides this machine itself."""
    largest_file_bytes: int = 4 * 1024**3
    """The largest data file of a municipality; 2,000,000 residents need about 0.5 GiB."""
    sample_file: Path = Path(".koki/sample-sign-ins.json")
    """Sample data only: where the invented sign-ins and secrets of this installation are kept (mode 0600)."""
    municipal_secrets: dict[str, str] = Field(default_factory=dict)
    """Sample data only: code → secret for the municipal API; empty: drawn at random and kept in `sample_file`."""
