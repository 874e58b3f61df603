"""The thread of the sample union, through the gateway alone: files in, ledger, premiums, cards, instalments, counts.

It speaks as the municipalities (files over HTTP) and as two operators (their acts as JSON): one prepares each batch job, the other
approves it. It reads no database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from infra.local.problems import LocalRunProblem
from tests.simulators.municipality.files import WrittenFile
from tests.simulators.municipality.sender import upload

PATIENCE_SECONDS = 1_800.0
T = TypeVar("T")
Told = Callable[[str], None]


@dataclass
class Figures:
    """What the thread counted, each at its own boundary."""

    residents: int = 0
    incomes: int = 0
    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    parked: int = 0
    insured: int = 0
    assessed: int = 0
    pending: int = 0
    yen: int = 0
    cards: int = 0
    cards_refused: int = 0
    notices: int = 0
    notices_refused: int = 0
    instalments: int = 0
    differences: list[str] = field(default_factory=list)


class Thread:
    """One run against one gateway."""

    def __init__(self, gateway_url: str, sign_ins: Sequence[Mapping[str, str]], secrets: Mapping[str, str]) -> None:
        """`sign_ins`: user_name and password of an operator, and of a second one, who approves; `secrets`: municipality code → secret of
        the municipal API."""
        self.client, self._second = (
            httpx.Client(base_url=gateway_url, timeout=120, trust_env=False, follow_redirects=False) for _ in range(2)
        )
        self.secrets = secrets
        self.figures = Figures()
        self._sign_ins = sign_ins

    def sign_in(self) -> None:
        """Sign in as people do: page, form, cookie; each with a cookie of their own."""
        for client, who in zip((self.client, self._second), self._sign_ins, strict=False):
            client.get("/sign-in").raise_for_status()
            form = {"user_name": who["user_name"], "password": who["password"], "csrf": client.cookies["koki_form"]}
            answer = client.post("/sign-in", data=form)
            if answer.status_code != 303:
                raise LocalRunProblem(f"{who['user_name']} でサインインできませんでした({answer.status_code})。")

    def hand_in(self, files: Sequence[WrittenFile], told: Told) -> None:
        """Upload every file as its municipality, wait for each result and count it."""
        for number, file in enumerate(files, 1):
            told(f"{number}/{len(files)} {file.data.name}({file.rows:,}件)")
            answer = upload(self.client, file, secret=self.secrets[file.municipality_code])
            if answer.status != 202:
                raise LocalRunProblem(f"{file.data.name} は受け付けられませんでした: {answer.body}")
            self._count(self._result(str(answer.body["intake_id"]), file))

    def _result(self, intake_id: str, file: WrittenFile) -> dict[str, Any]:
        auth = (file.municipality_code, self.secrets[file.municipality_code])

        def finished() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.get(f"/municipal/files/{intake_id}", auth=auth).raise_for_status().json()
            return found if found["state"] in ("accepted", "accepted_with_errors", "refused") else None

        return _wait(finished, "ファイルの検査")

    def _count(self, result: dict[str, Any]) -> None:
        if result["state"] == "refused":
            raise LocalRunProblem(_refusal(result["errors"]))
        if result["kind"] == "residents":
            self.figures.residents += result["accepted"]
        else:
            self.figures.incomes += result["accepted"]
        self.figures.sent += result["rows"]
        self.figures.accepted += result["accepted"]
        self.figures.rejected += result["rejected"]
        self.figures.parked += result["parked"]

    def operations(self, service: str, path: str, body: Any = None, *, act: bool = False, second: bool = False) -> Any:
        """Ask or act as the operator, or as the second one; raises LocalRunProblem with what the service answered."""
        url, client = f"/api/operations/{service}/{path}", self._second if second else self.client
        answer = client.post(url, json=body) if act else client.get(url)
        if answer.status_code >= 400:
            raise LocalRunProblem(f"{service} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def rows(self, service: str, side: str, event_type: str) -> int:
        """Rows of the sealed batches of a type that a service has said or loaded (`side`)."""
        found = self.operations(service, "summary")[f"{side}_batches"]
        return sum(batch["rows"] for batch in found if batch["type"] == event_type)

    def wait_loaded(self, wanted: Mapping[tuple[str, str], int], told: Told) -> None:
        """Wait until each (service, event type) has loaded so many rows."""

        def all_there() -> bool:
            found = {(service, kind): self.rows(service, "loaded", kind) for service, kind in wanted}
            for service in {service for service, _ in wanted}:
                if dead := self.operations(service, "summary")["dead_letters"]:
                    raise LocalRunProblem(f"{service} に配達不能が{dead}件あります。運用コンソールの「配達不能」で理由を確かめてください。")
            told("、".join(f"{service} {found[service, kind]:,}/{rows:,}" for (service, kind), rows in wanted.items()))
            return all(found[key] >= rows for key, rows in wanted.items())

        _wait(all_there, "一括データの読み込み")

    def run_job(self, service: str, name: str, parameters: Mapping[str, str], told: Told) -> dict[str, int]:
        """Prepare a batch job, let the second operator approve it, and follow it; returns its totals. What did not agree is kept among the
        differences."""
        run = self.operations(service, f"jobs/{name}", dict(parameters), act=True)
        self.operations(service, f"jobs/runs/{run['id']}/approve", act=True, second=True)

        def finished() -> dict[str, Any] | None:
            found: dict[str, Any] = self.operations(service, f"jobs/runs/{run['id']}")
            told(f"{found['done']:,}/{found['total']:,}")
            if found["state"] == "failed":
                raise LocalRunProblem(
                    f"{service} の処理 {name} が止まりました({found['result']})。./koki logs {service} で理由を確かめてください。"
                )
            return found if found["state"] in ("reconciled", "different") else None

        result = _wait(finished, name)["result"]
        if result["differences"]:
            self.figures.differences.append(f"{service} {name}: {result['differences']}")
        totals: dict[str, int] = result["totals"]
        return totals

    def totals_of_all_runs(self, service: str, name: str) -> dict[str, int]:
        """The totals of every finished run of a job together: what a second demonstration finds done already counts too."""
        found: dict[str, int] = {}
        for run in self.operations(service, "summary")["jobs"]:
            for key, value in (run["result"].get("totals", {}) if run["job"] == name else {}).items():
                found[key] = found.get(key, 0) + value
        return found


def _refusal(errors: Sequence[Mapping[str, Any]]) -> str:
    """Why a file of the sample union was refused, and what to do about it."""
    if any(error["code"] == "KOKI-G001" for error in errors):
        return (
            "この場所には、別の人数か番号で作った見本がすでに読み込まれています。同じ指定で実行すれば、続きから動きます。"
            "別の見本を試すには、新しい場所を名指してください: KOKI_HOME=新しいフォルダー ./koki demo …"
        )
    reasons = "".join(f"\n  {error['code']} {error['message']}{error['remedy']}" for error in errors[:3])
    return f"ファイルが受け付けられませんでした。{reasons}"


def _wait(question: Callable[[], T | None], what: str) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.1
    while not (found := question()):
        if time.monotonic() > deadline:
            raise LocalRunProblem(
                f"{what}が{PATIENCE_SECONDS / 60:.0f}分たっても終わりません。./koki status と ./koki logs で確かめてください。"
            )
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)
    return found
