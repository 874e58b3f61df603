"""HTML for people: templates, their filters, the headers that keep a page to itself, and refusals as pages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import structlog
from chassis.clock import JAPAN
from chassis.problems import Problem
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from contracts import eras
from gateway_service.api.gateway import current_trace_id, gateway_of
from gateway_service.api.guard import SESSION_COOKIE, csrf_of
from gateway_service.domain import words
from gateway_service.domain.roles import Right, Role, has_right

log = structlog.get_logger("screens")
_HERE: Final = Path(__file__).parent
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
STYLE: Final = (_HERE / "static" / "koki.css").read_bytes()
STYLE_NAME: Final = f"koki-{hashlib.sha256(STYLE).hexdigest()[:12]}.css"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def as_pdf(content: bytes, name: str) -> Response:
    """A PDF that a service has made, shown in the browser under a name (without .pdf) and kept nowhere."""
    headers = {**HEADERS, "Content-Disposition": f'inline; filename="{name}.pdf"', "Content-Security-Policy": "default-src 'none'"}
    return Response(content, media_type="application/pdf", headers=headers)


def era_day(value: date | str | None) -> Markup:
    """昭和20年6月1日 with 1945-06-01 small beside it."""
    day = as_day(value)
    if day is None:
        return Markup('<span class="none">—</span>')
    return Markup('<span class="day" title="{1}">{0} <small>{1}</small></span>').format(eras.format_day(day), day.isoformat())


def short_day(value: date | str | None) -> Markup:
    """R8.7.31, with the western day on pointing."""
    day = as_day(value)
    if day is None:
        return Markup('<span class="none">—</span>')
    return Markup('<span class="day" title="{1}">{0}</span>').format(eras.format_day_short(day), day.isoformat())


def list_day(value: str | None) -> Markup:
    """A day of a list; what is no whole day, such as a birthday that is not known, as it was written."""
    if value and not _ISO_DAY.fullmatch(value):
        return Markup("{}").format(value)
    return short_day(value) if value else Markup("")


def eras_within(value: str | None) -> str:
    """A text with its days in era form."""
    return _ISO_DAY.sub(lambda found: eras.format_day_short(date.fromisoformat(found.group())), value or "")


def as_day(value: date | str | None) -> date | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value)[:10])


def moment(value: datetime | str | None) -> Markup:
    """A time of record, in Japan, to the second."""
    if not value:
        return Markup('<span class="none">—</span>')
    when = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    local = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(JAPAN)
    return Markup('<time class="when" datetime="{}">{}</time>').format(local.isoformat(), local.strftime("%Y-%m-%d %H:%M:%S"))


def yen(value: int | None) -> Markup:
    """12,345円, with the unit small."""
    if value is None:
        return Markup('<span class="none">—</span>')
    return Markup('<span class="yen">{}<small>円</small></span>').format(f"{value:,}")


def signed(value: int) -> Markup:
    """A difference with its sign: +12,345円, −300円, ±0円."""
    return Markup('<span class="yen {}">{}<small>円</small></span>').format(
        "more" if value > 0 else "less" if value < 0 else "", f"+{value:,}" if value > 0 else f"−{-value:,}" if value else "±0"
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        era_day=era_day,
        short_day=short_day,
        list_day=list_day,
        eras_within=eras_within,
        moment=moment,
        yen=yen,
        signed=signed,
        count=lambda value: f"{value:,}",
        action=words.action,
        result=words.result,
    )
    environment.globals.update(
        style=f"/static/{STYLE_NAME}", fiscal_year=eras.format_fiscal_year, year_term=eras.format_year, Right=Right, Role=Role
    )
    return environment


_templates = _environment()


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page with what every page needs: who is signed in, what the menu offers, the token of its forms."""
    session = getattr(request.state, "session", None)
    gateway = gateway_of(request)
    content = _templates.get_template(template).render(
        session=session,
        may=lambda right: session is not None and has_right(session.roles, right),
        csrf=csrf_of(request.cookies.get(SESSION_COOKIE, "")),
        path=request.url.path,
        today=gateway.runtime.clock.today(),
        business_date_set=gateway.runtime.settings.business_date is not None,
        trace_id=current_trace_id(),
        **values,
    )
    return HTMLResponse(content, status_code=status, headers=HEADERS)


class ScreenRoute(APIRoute):
    """A route for people: refusals and surprises become pages, and whoever is not signed in is led to the sign-in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def as_page(request: Request) -> Response:
            try:
                return await handle(request)
            except Problem as problem:
                if problem.status == 401 and request.url.path != "/sign-in":
                    return RedirectResponse(f"/sign-in?next={quote(_way_back(request))}", status_code=303, headers=HEADERS)
                return problem_page(request, problem)
            except RequestValidationError:
                return problem_page(request, Problem(422, "KOKI-422", "入力に誤りがあります。", "前の画面に戻り、入力を確かめてください。"))
            except Exception as error:
                log.error("surprise", path=request.scope.get("path"), error=type(error).__name__, exc_info=error)
                title = "システムの内部で誤りが起きました。"
                return problem_page(
                    request, Problem(500, "KOKI-500", title, "もう一度試し、続くときは追跡番号を添えて運用担当に連絡してください。")
                )

        return as_page


def _way_back(request: Request) -> str:
    return request.url.path if request.method == "GET" else "/"


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """What happened, whether anything was saved, what to do, and the number to quote."""
    saved = problem.more.get("saved") or ("何も保存されていません。" if request.method == "POST" else "この操作では、何も変更されません。")
    return page(request, "problem.html", status=problem.status, problem=problem, saved=saved)
