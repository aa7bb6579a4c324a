"""The console's templates to pages, and to the parts of them that follow by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from adapter.demo.console_board import Board
from adapter.web.failure import Failure, phrase

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
"""Our own script and stylesheet, forms and events of our own, and nothing else."""


def page(template: str, values: Mapping[str, object], status: int = 200) -> web.Response:
    text = _environment().get_template(template).render(values)
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


def part(name: str, values: Mapping[str, object]) -> str:
    """The HTML of one part of the page: `prison`, `visits` or `mails`."""
    return _environment().get_template(f"console_{name}.html").render(values)


def said(board: Board) -> str:
    """The news in one sentence, for those who listen to the page."""
    if not board.visits:
        return ""
    newest = max(board.visits, key=lambda visit: visit.history[-1].at)
    return f"Visit {newest.human_id}: {newest.words}."


def failure_page(_request: web.BaseRequest, failure: Failure, request_id: str) -> web.Response:
    values = {"status": failure.status, "title": phrase(failure.status), "request_id": request_id}
    answer = page("console_failure.html", values, failure.status)
    answer.headers.update(failure.headers)
    return answer


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("adapter.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
