"""Who may see what: every route asks, every refusal is logged, and nobody sees a person of another municipality."""

from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from gateway_service.api.upstream import Upstream
from gateway_service.domain.roles import RIGHTS, Right, Role, has_right
from sqlalchemy import text

from services.gateway.tests.municipal import income, residents_file
from services.gateway.tests.world import GatewayWorld, hidden

OPEN = {"/health", "/sign-in", "/terminal", "/static/{name}", "/v1/traces"}
EXAMPLES = {
    "municipality_code": "132012", "resident_number": "1", "intake_id": "01980000-0000-7000-8000-000000000001", "service": "premium",
    "certificate_id": "01980000-0000-7000-8000-000000000001", "assessment_id": "01980000-0000-7000-8000-000000000001",
    "fiscal_year": "2026", "run_id": "01980000-0000-7000-8000-000000000001", "identifier": "01980000-0000-7000-8000-000000000001",
    "trace_id": "0" * 32, "terminal_id": "01980000-0000-7000-8000-000000000001", "name": "assess", "path:path": "nowhere",
    **dict.fromkeys(
        ("approval_id", "handover_id", "letter_id", "release_id", "survey_id", "candidate_id", "request_id", "document_id",
         "list_id", "trial_id", "comparison_id", "entry_id", "application_id", "case_id", "decision_id"),
        "01980000-0000-7000-8000-000000000001",
    ),
    "kind": "loss_notified", "generation": "1", "act": "delivery", "subject": "limit_class", "number": "1", "milestone": "routine",
    "declaration": "2025", "year": "2025", "relief": "remission", "letter": "receipt",
}  # fmt: skip


def routes(gateway: GatewayWorld) -> list[tuple[str, str, str]]:
    """(method, path as written, path with examples) of every route."""
    found = []
    for route in iter_route_contexts(gateway.app.routes):
        path = route.path or ""
        filled = path
        for name, value in EXAMPLES.items():
            filled = filled.replace(f"{{{name}}}", value)
        found += [(method, path, filled) for method in route.methods or () if method != "HEAD"]
    return found


async def test_nobody_sees_anything_without_a_sign_in_or_a_token(gateway: GatewayWorld) -> None:
    stranger = gateway.browser()
    for method, path, filled in routes(gateway):
        if path in OPEN or path.startswith("/openapi"):
            continue
        assert "{" not in filled, f"give {path} an example"
        answer = await stranger.request(method, filled)
        led_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert answer.status_code in (401, 403) or led_away, f"{method} {path}: {answer.status_code}"


@pytest.mark.parametrize("user_name", ["chiyoda", "operator", "auditor"])
async def test_each_role_is_kept_out_of_what_is_not_its_own_and_the_attempt_is_logged(gateway: GatewayWorld, user_name: str) -> None:
    closed = {
        "chiyoda": (
            "/console",
            "/console/traces",
            "/access-log",
            "/people/131016/1/access",
            "/trials",
            "/law-changes",
            "/finder",
        ),
        "operator": ("/people", "/people/131016/1", "/worklist", "/print-log", "/access-log", "/api/people/131016/1", "/counts"),
        "auditor": ("/people", "/people/131016/1", "/worklist", "/console", "/console/intake"),
    }[user_name]
    browser = await gateway.sign_in(user_name)
    for path in closed:
        assert (await browser.get(path)).status_code == 403, path
    refused = await gateway.rows("SELECT detail FROM access_log WHERE user_name = :u AND result = 'refused'", u=user_name)
    assert [row.detail for row in refused] == list(closed)


def test_an_operator_has_no_right_that_shows_people() -> None:
    assert RIGHTS[Role.OPERATOR] == {Right.OPERATE, Right.USE_OWN_ACCOUNT}
    assert not has_right(frozenset({"operator", "no such role"}), Right.SEE_PEOPLE)


async def test_people_of_another_municipality_are_not_there_and_the_attempt_is_logged(gateway: GatewayWorld) -> None:
    clerk = await gateway.sign_in("chiyoda")
    csrf = hidden(await clerk.get("/people"))
    for path in (
        "",
        "/household",
        "/assessment",
        "/instalments",
        "/history",
        "/documents",
        "/documents/issue",
        "/documents/notices/2026.pdf",
    ):
        assert (await clerk.get(f"/people/132012/1{path}")).status_code == 404, path
    assert (await clerk.get("/api/people/132012/1")).status_code == 404
    form = {"csrf": csrf, "key": "01980000-0000-7000-8000-000000000001"}
    assert (await clerk.post("/people/132012/1/documents/issue", data=form)).status_code == 404

    logged = await gateway.rows("SELECT about, result, detail FROM access_log WHERE user_name = 'chiyoda' AND action <> 'sign_in'")
    assert {(tuple(row.about), row.result, row.detail) for row in logged} == {(("132012:1",), "refused", "other municipality")}
    assert len(logged) == 10


async def test_no_route_about_a_person_asks_a_service_for_a_clerk_of_another_municipality(
    gateway: GatewayWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every route with a municipality in its path; a form without its fields may be refused before that (422)."""
    asked = []

    async def ask(self: Upstream, service: str, path: str, *_: Any, **__: Any) -> Any:
        asked.append(path)
        raise AssertionError(path)

    monkeypatch.setattr(Upstream, "ask", ask)
    clerk = await gateway.sign_in("chiyoda")
    form = {"csrf": hidden(await clerk.get("/people")), "key": "01980000-0000-7000-8000-000000000001"}
    about = [found for found in routes(gateway) if "{municipality_code}" in found[1] and found[1].startswith(("/people", "/api"))]
    answers = {}
    for method, path, filled in about:
        data = form if method == "POST" else None
        answers[f"{method} {path}"] = (await clerk.request(method, filled, data=data)).status_code

    assert len(about) > 40
    assert asked == []
    allowed = {"GET": {403, 404}, "POST": {403, 404, 422}}
    assert {where: code for where, code in answers.items() if code not in allowed[where.split()[0]]} == {}


async def test_worklist_and_print_log_show_the_own_municipality_alone(gateway: GatewayWorld) -> None:
    async with gateway.runtime.units.open() as uow:
        for code, number in (("131016", "111"), ("132012", "222")):
            await uow.connection.execute(
                text(
                    "INSERT INTO work_item (case_id, municipality_code, resident_number, insured_id, kind, fiscal_year, waiting_since) "
                    "VALUES (gen_random_uuid(), :c, :n, gen_random_uuid(), 'income_missing', 2026, '2026-06-01')"
                ),
                {"c": code, "n": number},
            )
            await uow.connection.execute(
                text(
                    "INSERT INTO print_log (certificate_id, municipality_code, resident_number, insured_id, kind, valid_from, valid_until, "
                    "document_sha256, issued_at) VALUES (gen_random_uuid(), :c, :n, gen_random_uuid(), 'eligibility_confirmation', "
                    "'2026-08-01', '2027-07-31', '', '2026-07-13 10:00+09')"
                ),
                {"c": code, "n": number},
            )
    for user_name, seen in (("chiyoda", ("111",)), ("hachioji", ("222",)), ("union", ("111", "222"))):
        browser = await gateway.sign_in(user_name)
        for path in ("/worklist", "/print-log"):
            page = (await browser.get(path)).text
            assert [number for number in ("111", "222") if f">{number}<" in page] == list(seen), (user_name, path)


async def test_the_operator_sees_counts_of_errors_and_no_value_of_a_row(gateway: GatewayWorld) -> None:
    file = residents_file([income(1, status="9")], kind="incomes")
    result = await gateway.taken_in(file)
    assert result["errors"][0]["value"] == "9"
    operator = await gateway.sign_in("operator")
    page = (await operator.get(f"/console/intake/{result['intake_id']}")).text
    assert "KOKI-R106" in page
    assert "000000000000001" not in page


async def test_what_is_not_there_is_said_in_japanese_and_pages_stay_with_themselves(gateway: GatewayWorld) -> None:
    browser = await gateway.sign_in("chiyoda")
    answer = await browser.get("/no/such/page")
    assert answer.status_code == 404
    assert "この住所の画面はありません。" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


async def test_a_surprise_is_a_page_that_says_what_happened_without_telling_secrets(
    gateway: GatewayWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await gateway.sign_in("chiyoda")

    async def fails(*_: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("gateway_service.store.municipalities.names", fails)
    answer = await browser.get("/people")
    assert answer.status_code == 500
    assert "システムの内部で誤りが起きました。" in answer.text
    assert "この操作では、何も変更されません。" in answer.text
    assert "secret detail" not in answer.text


async def test_nothing_is_shown_when_the_log_cannot_be_written(gateway: GatewayWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await gateway.sign_in("chiyoda")

    async def fails(*_: Any) -> None:
        raise OSError("no database")

    monkeypatch.setattr(gateway.app.state.gateway.log, "write", fails)
    answer = await browser.get("/worklist")
    assert answer.status_code == 500
    assert "作業一覧</h1>" not in answer.text
