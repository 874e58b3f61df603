"""The HTTP face: who asks, refusals that a person can read and quote, health, and the operator's acts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chassis import dead_letters, jobs
from chassis.testing import Databases, eventually

from services.chassis.tests.http.test_tokens import key_files
from services.chassis.tests.http.world import Web, a_web
from services.chassis.tests.jobs.counting import Counting


def _is_japanese(text: str) -> bool:
    return any("\u3040" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff" for letter in text)


def _problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["code"], found["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert found["type"] == f"urn:koki:problem:{code}"
    assert _is_japanese(found["title"])
    return found


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer "}]
)
async def test_who_brings_no_token_of_the_gateway_is_asked_to_sign_in(databases: Databases, tmp_path: Path, header: dict[str, str]) -> None:
    async with a_web(databases, tmp_path) as web:
        _problem(await web.client.get("/me", headers=header), 401, "KOKI-401")


async def test_a_token_of_another_key_opens_nothing(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        other = Web(web.client, web.runtime, type(web.signer)(key_files(tmp_path, "other")[0]), web.owner_url)
        _problem(await web.client.get("/me", headers=other.token()), 401, "KOKI-401")
        assert (await web.client.get("/me", headers=web.token())).json() == {"user": "clerk", "everywhere": True}


async def test_operations_are_for_operators_alone(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        for path in ("/operations/summary", "/operations/dead-letters"):
            _problem(await web.client.get(path, headers=web.token(roles=["window_clerk"])), 403, "KOKI-403")
            assert (await web.client.get(path, headers=web.token(roles=["operator"]))).status_code == 200


async def test_a_refusal_says_what_is_wrong_what_to_do_and_more(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        found = _problem(await web.client.get("/refused", headers=web.token()), 409, "KOKI-X001")
        assert (found["title"], found["detail"], found["subject"]) == ("できません。", "先に取り消してください。", "131016:1")


async def test_a_surprise_keeps_its_words_to_itself_and_names_its_trace(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        answer = await web.client.get("/surprise", headers=web.token())
        _problem(answer, 500, "KOKI-500")
        assert "佐藤" not in answer.text
        assert "RuntimeError" not in answer.text


async def test_input_that_does_not_fit_is_named_by_field_and_never_repeated(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        answer = await web.client.get("/number/千代田", headers=web.token())
        assert _problem(answer, 422, "KOKI-422")["fields"] == [{"field": "path.number", "rule": "int_parsing"}]
        assert "千代田" not in answer.text


async def test_health_names_what_does_not_work(databases: Databases, tmp_path: Path, broker: str) -> None:
    async with a_web(databases, tmp_path) as web:
        answer = await web.client.get("/health")
        assert (answer.status_code, answer.json()) == (503, {"database": True, "relay": False})
    async with a_web(databases, tmp_path, broker=broker) as web:
        answer = await web.client.get("/health")
        assert (answer.status_code, answer.json()) == (200, {"database": True, "relay": True})


async def test_the_summary_counts_what_waits(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        async with web.runtime.units.open() as uow:
            await dead_letters.set_aside(uow, body=b"{}", content_type="text/plain", reason_code="X", reason="x")
            uow.send(b"{}", exchange="collection.events", routing_key="x", subject="y")
        summary = (await web.client.get("/operations/summary", headers=web.token(roles=["operator"]))).json()
        assert (summary["outbox"], summary["dead_letters"], summary["parked"], summary["jobs"]) == (1, 1, 0, [])
        assert summary["outbox_age_seconds"] >= 0


async def test_a_dead_letter_is_replayed_or_given_up_by_name_and_only_once(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        async with web.runtime.units.open() as uow:
            made = [await dead_letters.set_aside(uow, body=b"{}", content_type="text/plain", reason_code="X", reason="x") for _ in range(2)]
        operator = web.token("operator.1", roles=["operator"])
        listed = (await web.client.get("/operations/dead-letters", headers=operator)).json()
        assert {entry["id"] for entry in listed} == {str(identifier) for identifier in made}
        assert all("body" not in entry for entry in listed)

        path = f"/operations/dead-letters/{made[0]}"
        _problem(await web.client.post(f"{path}/abandon", headers=operator, json={"reason": " "}), 422, "KOKI-411")
        assert (await web.client.post(f"{path}/abandon", headers=operator, json={"reason": "試験送信"})).status_code == 200
        _problem(await web.client.post(f"{path}/abandon", headers=operator, json={"reason": "もう一度"}), 404, "KOKI-404")
        assert (await web.client.post(f"/operations/dead-letters/{made[1]}/replay", headers=operator)).status_code == 200

        gone = (await web.client.get("/operations/dead-letters?state=abandoned", headers=operator)).json()
        assert [(entry["decided_by"], entry["decision_reason"]) for entry in gone] == [("operator.1", "試験送信")]


async def test_a_job_is_planned_approved_and_done_by_a_worker(databases: Databases, tmp_path: Path, broker: str) -> None:
    async with a_web(databases, tmp_path, broker=broker, jobs=(Counting(),)) as web:
        operator = web.token("operator.1", roles=["operator"])
        run = (await web.client.post("/operations/jobs/count", headers=operator, json={"month": "2026-07"})).json()
        assert (run["state"], run["total"], run["done"], run["parameters"]) == ("prepared", 50, 0, {"month": "2026-07"})
        path = f"/operations/jobs/runs/{run['id']}"

        async def is_in(state: str) -> bool:
            return bool((await web.client.get(path, headers=operator)).json()["state"] == state)

        assert (await web.client.post(f"{path}/approve", headers=operator)).json()["approved_by"] == "operator.1"
        await eventually(lambda: is_in("reconciled"))
        _problem(await web.client.post(f"{path}/approve", headers=operator), 409, "KOKI-410")


async def test_an_operator_may_not_approve_the_own_run_of_a_job_that_another_approves(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path, jobs=(Counting(approved_by_another=True),)) as web:
        first, second = (web.token(name, roles=["operator"]) for name in ("operator.1", "operator.2"))
        run = (await web.client.post("/operations/jobs/count", headers=first, json={})).json()
        path = f"/operations/jobs/runs/{run['id']}/approve"
        _problem(await web.client.post(path, headers=first), 409, "KOKI-412")
        approved = (await web.client.post(path, headers=second)).json()
        assert (approved["started_by"], approved["approved_by"], approved["approved_by_another"]) == ("operator.1", "operator.2", True)


async def test_a_run_that_cannot_be_done_stops_and_leaves_the_service_standing(databases: Databases, tmp_path: Path, broker: str) -> None:
    job = Counting(fails_at=2)
    async with a_web(databases, tmp_path, broker=broker, jobs=(job,)) as web:
        run_id = await jobs.prepare(job, {}, web.runtime.units, by="operator.1")
        operator, path = web.token(roles=["operator"]), f"/operations/jobs/runs/{run_id}"
        await web.client.post(f"{path}/approve", headers=operator)

        async def has_failed() -> bool:
            return bool((await web.client.get(path, headers=operator)).json()["state"] == "failed")

        await eventually(has_failed)
        found = (await web.client.get(path, headers=operator)).json()
        assert (found["done"], found["result"]) == (10, {"error": "ValueError: this chunk cannot be done"})
        assert (await web.client.get("/health")).status_code == 200


async def test_a_job_or_run_that_does_not_exist_is_not_found(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        operator = web.token(roles=["operator"])
        _problem(await web.client.post("/operations/jobs/nothing", headers=operator, json={}), 404, "KOKI-404")
        nobody = "00000000-0000-7000-8000-000000000000"
        _problem(await web.client.get(f"/operations/jobs/runs/{nobody}", headers=operator), 404, "KOKI-404")
