"""Settings come from the environment alone; what is empty is as if it were not there."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from chassis.settings import Settings
from pydantic import ValidationError


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KOKI_")]:
        monkeypatch.delenv(name)


def test_every_setting_has_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "KOKI_DATABASE_URL": "postgresql://premium_app:x@127.0.0.1/premium",
        "KOKI_UNION": "01",
        "KOKI_HTTP_PORT": "8123",
        "KOKI_BUSINESS_DATE": "2026-07-13",
        "KOKI_SERVICES": '{"premium": "http://127.0.0.1:8123"}',
        "KOKI_PARTITIONS": "[0, 2]",
        "KOKI_SAMPLE_DATA": "true",
        "KOKI_TOKEN_PUBLIC_KEY_FILE": "keys/public.pem",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = Settings(service="premium")
    assert found.database_url == given["KOKI_DATABASE_URL"]
    assert (found.union, found.http_port, found.business_date) == ("01", 8123, date(2026, 7, 13))
    assert found.services == {"premium": "http://127.0.0.1:8123"}
    assert (found.partitions, found.sample_data, found.token_public_key_file) == ((0, 2), True, Path("keys/public.pem"))


def test_an_empty_variable_leaves_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOKI_BUSINESS_DATE", "")
    monkeypatch.setenv("KOKI_OTLP_ENDPOINT", "")
    found = Settings(service="premium")
    assert found.business_date is None
    assert found.otlp_endpoint == ""
    assert found.sample_data is False, "invented people never come by default"


def test_a_value_that_is_no_day_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOKI_BUSINESS_DATE", "令和8年")
    with pytest.raises(ValidationError, match="business_date"):
        Settings(service="premium")


def test_every_service_says_its_name() -> None:
    with pytest.raises(ValidationError, match="service"):
        Settings()
