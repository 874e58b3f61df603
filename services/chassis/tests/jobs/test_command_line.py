"""A job from the command line: what is law to people needs the names of two."""

from __future__ import annotations

from pathlib import Path

import pytest
from chassis.run import main
from chassis.runtime import Service

from services.chassis.tests.jobs.counting import ROOT, Counting


@pytest.mark.parametrize("names", [["approved_by=officer"], ["approved_by=officer", "prepared_by=officer"]])
def test_one_name_is_not_enough_where_another_approves_and_nothing_is_prepared(
    names: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KOKI_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    service = Service(name="collection", title="test", root=ROOT, routers=(), jobs=(Counting(approved_by_another=True),))
    assert main(service, ["job", "count", *names]) == 2
    assert "準備した人とは別の人" in capsys.readouterr().err.replace("\n", "")
