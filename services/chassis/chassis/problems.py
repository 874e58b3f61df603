"""Refusals over HTTP: RFC 9457 problems, in Japanese, each with a stable code."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from opentelemetry import trace

log = structlog.get_logger("http")


class Problem(Exception):
    """What is wrong, where, and what to do. `code` never changes its meaning; `title` and `detail` are read by people."""

    def __init__(self, status: int, code: str, title: str, detail: str = "", **more: Any) -> None:
        super().__init__(f"{code} {title} {detail}")
        self.status, self.code, self.title, self.detail, self.more = status, code, title, detail, more


NOT_SIGNED_IN = ("KOKI-401", "サインインが必要です。")
NOT_ALLOWED = ("KOKI-403", "この操作を行う権限がありません。")
NOT_FOUND = ("KOKI-404", "該当するものが見つかりません。")


def response(problem: Problem) -> JSONResponse:
    """The problem as application/problem+json, with the id of its trace."""
    trace_id = trace.get_current_span().get_span_context().trace_id
    content = {
        "type": f"urn:koki:problem:{problem.code}",
        "status": problem.status,
        "code": problem.code,
        "title": problem.title,
        "detail": problem.detail,
        "trace": f"{trace_id:032x}" if trace_id else None,
        **problem.more,
    }
    return JSONResponse(content, status_code=problem.status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every refusal and every surprise of `app` as a problem."""

    async def refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return response(error)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        fields = [{"field": ".".join(map(str, found["loc"])), "rule": found["type"]} for found in error.errors()]
        problem = Problem(422, "KOKI-422", "入力に誤りがあります。", "各項目の内容を確かめて、もう一度送ってください。", fields=fields)
        return response(problem)

    async def surprise(request: Request, error: Exception) -> JSONResponse:
        log.error("surprise", path=request.url.path, error=type(error).__name__, exc_info=error)
        detail = "処理は行われていません。もう一度試し、続くときは追跡番号を添えて運用担当に連絡してください。"
        return response(Problem(500, "KOKI-500", "システムの内部で誤りが起きました。", detail))

    app.add_exception_handler(Problem, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, surprise)
